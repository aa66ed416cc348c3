"""The machine's own clock, ids and secrets."""
