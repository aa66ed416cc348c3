"""New prices for many items at once: each row its own answer, in order."""

from core.catalogue.item import Item
from core.kernel.money import Money
from core.kernel.value import value


@value
class NewPrice:
    """The item with this SKU is sold at ``price`` from now on."""

    sku: str
    price: Money


@value
class SetPrices:
    """Enter each of ``prices`` in order."""

    prices: tuple[NewPrice, ...]


@value
class Priced:
    """The item as it is now; not ``changed`` when it had this price already."""

    item: Item
    changed: bool
