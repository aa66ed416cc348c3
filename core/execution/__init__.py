"""The later life of an accepted order, each step in one transaction: the order's own decision, the stock, the credit.

Words: a change is *decided* by the order alone (core.orders.lifecycle); what it means for the ledger is read off its
events; units that are due and promised from nowhere are *reallocated* by the tenant's allocation policy, never to a
location that has rejected this order.
Invariants: what the ledger has committed or picked for an order is what its lines have promised and not sent; what a
customer owes follows what is due of his orders.
"""
