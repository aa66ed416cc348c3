"""The twin of every storage port, in memory: same promises, same refusals, faults on request."""
