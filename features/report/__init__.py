"""The living document: what a run of the features recorded, as one page (`make report`)."""
