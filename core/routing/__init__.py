"""Which vendor an accepted order goes to, and why.

Words: the *vendor* supplies the order; *own* stands for the tenant's own stock.
Invariant: every decision names the rule that made it and the candidates there were.
"""
