"""Which use case answers which command: one container a slice, one line a command."""
