"""Merchants who share an installation and see nothing of each other.

Words: a *tenant* is one merchant; its *shard* is the share of work it belongs to: one worker at a time does a shard's
work, so two workers never compete for one tenant's stock.
Invariant: a tenant's shard never changes.
"""
