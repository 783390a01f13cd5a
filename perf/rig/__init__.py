"""What `make perf` builds around the load: database, hub, sandbox, meters, the comparison of the books, the report."""
