"""What sort of thing an item is, said the same way to whoever sells it and to whoever keeps it.

A *tracked* item is kept by lot: every unit of it belongs to a batch with a code and perhaps a day it expires on; a
*serial* is a lot of one unit. A *kit* is sold as one thing and holds no stock: its *components* do. A *unit* is a name
for so many base units (a box of twelve, a roll of fifty metres), beside the item's own unit of measure.
"""

from collections.abc import Sequence
from decimal import Decimal
from enum import StrEnum

from core.kernel.errors import Rejected
from core.kernel.ids import ItemId
from core.kernel.quantity import UNITS_MAX, InvalidQuantity, to_units
from core.kernel.value import value


class Tracking(StrEnum):
    """How its stock is told apart."""

    NONE = "none"
    LOT = "lot"
    SERIAL = "serial"


class UnknownUnit(Rejected):
    """The item is not sold or counted in this unit."""

    code = "unknown_unit"


@value
class Component:
    """``quantity`` base units (of ``scale`` decimals) of the item go into one whole kit."""

    item: ItemId
    sku: str
    quantity: int
    scale: int = 0


@value
class Unit:
    """One ``name`` is ``size`` base units."""

    name: str
    size: int


@value
class Measure:
    """What an item's quantities are said in: its own unit of measure, with so many decimals, and other units."""

    scale: int
    uom: str = "each"
    units: tuple[Unit, ...] = ()

    def size(self, unit: str | None, *, path: str | None = None) -> int:
        """Base units of one ``unit``; None is the unit of measure. Raises UnknownUnit."""
        if unit is None or unit == self.uom:
            return 10**self.scale  # type: ignore[no-any-return]
        for known in self.units:
            if known.name == unit:
                return known.size
        names = ", ".join((self.uom, *(known.name for known in self.units)))
        raise UnknownUnit(f"'{unit}' is none of its units: {names}", path=path)

    def base_units(self, quantity: Decimal, unit: str | None, *, path: str = "$") -> int:
        """Base units of ``quantity`` in ``unit``, exactly; ``path`` is the line's.

        Raises UnknownUnit, and InvalidQuantity for a number out of range or a fraction of a base unit.
        """
        if unit is None or unit == self.uom:
            return to_units(quantity, self.scale, path=f"{path}.quantity")
        return _multiplied(quantity, unit, self.size(unit, path=f"{path}.unit"), f"{path}.quantity")


def kits(parts: Sequence[tuple[ItemId, int]], components: Sequence[Component]) -> int:
    """How many whole kits so many base units of items make: as many as the scarcest component allows."""
    sums: dict[ItemId, int] = {}
    for item, quantity in parts:
        sums[item] = sums.get(item, 0) + quantity
    return min([sums.get(component.item, 0) // component.quantity for component in components])


def _multiplied(quantity: Decimal, unit: str, size: int, path: str) -> int:
    # An exponent is looked at before anything is computed: it is short to write and long to work out.
    if not quantity.is_finite() or abs(quantity.adjusted()) > 30:
        raise InvalidQuantity(f"{quantity} {unit} is out of range", path=path)
    numerator, denominator = quantity.as_integer_ratio()
    units, rest = divmod(numerator * size, denominator)
    if rest:
        raise InvalidQuantity(f"{quantity} {unit} is not a whole number of base units", path=path)
    if abs(units) > UNITS_MAX:
        raise InvalidQuantity(f"{quantity} {unit} is out of range", path=path)
    return units
