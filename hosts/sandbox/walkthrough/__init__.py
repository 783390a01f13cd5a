"""The walk-through at `/sandbox/`: a phone with the channel app beside the messages as they pass. Not a shortcut into the hub:
what the phone does, its gateway and its channel send, signed, as they always do."""
