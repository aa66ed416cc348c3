"""What a merchant sells: items by SKU.

Words: an *item* is one sellable thing; its *scale* is the decimals its quantities have (0 counts pieces); its
*backorder limit* is how many base units may be promised beyond what is on the shelf. How an item is *tracked*, what
*components* make it a kit and which *units* it is counted in beside its own: see core.kernel.goods.
Invariants: a SKU is unique within a tenant and never changes; scale, tracking and components never change, because
every quantity ever recorded depends on them; no kit is a component.
"""

from core.catalogue.item import AmendItem, CreateItem, Item, ItemAmended, ItemCreated, ItemNotFound, SkuTaken

__all__ = ["AmendItem", "CreateItem", "Item", "ItemAmended", "ItemCreated", "ItemNotFound", "SkuTaken"]
