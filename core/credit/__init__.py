"""What a B2B customer may owe.

Words: an *account* has a limit and an *exposure*: open orders and unpaid invoices, in minor units.
Invariants: accepting an order on account never takes the exposure over the limit; an order whose customer has no
account passes.
"""
