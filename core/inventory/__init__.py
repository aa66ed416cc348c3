"""The stock ledger: the one truth about how much of an item is where, in which state.

Words: a *location* keeps stock. A *balance* is one (item, location, lot) with a quantity in each *bucket*:
available, reserved, committed, picked, quality_control, damaged, safety_stock, in_transit. *Nominal accounts*
(supplier, customer, adjustment, scrap) stand for the world outside, *transfer* for the way between two shelves: it is
empty again at the end of every group. An *entry* moves a positive quantity from one account to another and is never
changed; the entries of one act form a *group*. What is kept by lot has a balance a *lot*; a *kit* has none, its
components have. An *allotment* says for which channel something is kept.
Invariants: every entry takes from one account what it gives to another, so groups sum to zero; a balance is the
fold of its entries; no bucket is negative, but ``available`` may go down to minus the backorder limit;
available + reserved + committed >= 0, because nothing is picked from an empty shelf; what stands in transit is what
transfers have under way; nothing is reserved or promised of a lot that is not available or is past its day; a serial is
one unit over all shelves.
"""
