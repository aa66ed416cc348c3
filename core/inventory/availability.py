"""What can be promised now, worked out from what stands on shelves; a kit's from its components'."""

from collections.abc import Mapping, Sequence

from core.kernel.goods import Component
from core.kernel.ids import ItemId
from core.kernel.value import maker, value


@value
class Stock:
    """Base units of one item available at sellable locations, by code (negative: owed); of lots only the promisable."""

    available: Mapping[str, int]
    backorder_limit: int = 0

    @property
    def there(self) -> int:
        """What can be promised off the shelves."""
        return sum([units for units in self.available.values() if units > 0])

    @property
    def allowance(self) -> int:
        """What may be owed beyond that, by now."""
        if not self.backorder_limit:
            return 0
        owed = sum([units for units in self.available.values() if units < 0])
        return max(0, self.backorder_limit + owed)


@value
class Availability:
    """What of one item can be promised now, in base units, in all and by location code.

    A location that has nothing is left out. What may be owed besides is ``allowance``. A kit's is what its components
    make: at each location, and in all, where an order may be split.
    """

    sku: str
    scale: int
    total: int
    by_location: Mapping[str, int]
    allowance: int


_availability = maker(Availability)


def available_of(
    sku: str, scale: int, item: ItemId, components: Sequence[Component], stocks: Mapping[ItemId, Stock]
) -> Availability:
    """The availability of an item; ``stocks`` has its own stock, or that of its components."""
    if not components:
        stock = stocks[item]
        here = stock.available
        if min(here.values(), default=1) <= 0:
            here = {code: units for code, units in here.items() if units > 0}
        total = sum(here.values())
        return _availability(sku=sku, scale=scale, total=total, by_location=here, allowance=stock.allowance)
    parts = [(component.quantity, stocks[component.item]) for component in components]
    total = min([stock.there // quantity for quantity, stock in parts])
    owing = min([(stock.there + stock.allowance) // quantity for quantity, stock in parts])
    # A location all components stand at; one that lacks any makes no kit.
    codes = set.intersection(*[set(stock.available) for _, stock in parts])
    by_location = {code: min([stock.available[code] // quantity for quantity, stock in parts]) for code in codes}
    return Availability(
        sku=sku,
        scale=scale,
        total=total,
        by_location={code: units for code, units in sorted(by_location.items()) if units > 0},
        allowance=owing - total,
    )
