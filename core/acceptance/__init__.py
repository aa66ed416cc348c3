"""From request to promise in one transaction: risk, credit, allocation, routing, acceptance, for a whole batch.

Words: the *facts* are everything the batch's decisions depend on, gathered and locked beforehand; an *outcome* is what
was decided of one submission. Decisions are made one after the other in memory, each seeing the effects of those
before it; a submission that is refused or held changes nothing.
Invariants: a batch of n gives what n batches of one give; nothing is promised that neither a shelf nor the item's
backorder limit covers; an order is promised whole or not at all.
"""
