"""The command line: for whoever runs Fluxor, and for scripts (``--json`` everywhere, exit codes)."""
