"""How risky an order is, by named rules with weights that are the tenant's policy.

Words: a *signal* is a fact about an order; a *hit* is a rule whose signal fired; the *score* is the sum of the
weights of the hits, in thousandths, at most 1000.
Invariants: every decision can be explained by its hits; the default policy can accept, send to review and reject.
"""
