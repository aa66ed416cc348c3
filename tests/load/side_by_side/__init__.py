"""Queues of others beside ours, on the same servers in the same quarter of an hour."""
