"""What a merchant sells: items by SKU.

Words: an *item* is one sellable thing; its *scale* is the decimals its quantities have (0 counts pieces); its
*backorder limit* is how many base units may be promised beyond what is on the shelf.
Invariants: a SKU is unique within a tenant and never changes; the scale never changes, because every quantity ever
recorded depends on it.
"""

from core.catalogue.item import AmendItem, CreateItem, Item, ItemAmended, ItemCreated, ItemNotFound, SkuTaken

__all__ = ["AmendItem", "CreateItem", "Item", "ItemAmended", "ItemCreated", "ItemNotFound", "SkuTaken"]
