"""Ways in: HTTP, worker, command line. They decode, dispatch and encode; the rules are elsewhere."""
