"""Terms an item can have, each rule by itself, and a kit's recipe."""

from collections.abc import Mapping, Sequence
from decimal import Decimal

from core.kernel.errors import Rejected
from core.kernel.goods import Component, Tracking, Unit
from core.kernel.ids import ItemId
from core.kernel.money import Money
from core.kernel.quantity import UNITS_MAX, to_units

COMPONENTS_MAX = 50
UNITS_OF_AN_ITEM_MAX = 50


class InvalidItem(Rejected):
    """Terms an item cannot have."""

    code = "invalid_item"


def check_limit(limit: int, tracking: Tracking, *, kit: bool) -> None:
    """What is owed has no lot yet, and a kit's components are owed, not the kit. Raises InvalidItem."""
    if not 0 <= limit <= UNITS_MAX:
        raise InvalidItem("backorder_limit must not be negative", path="$.backorder_limit")
    if limit and tracking is not Tracking.NONE:
        reason = f"an item kept by {tracking} cannot be owed: nobody knows yet which {tracking} will come"
        raise InvalidItem(reason, path="$.backorder_limit")
    if limit and kit:
        raise InvalidItem("a kit is not owed: give its components a limit", path="$.backorder_limit")


def check_price(price: Money | None) -> None:
    """Raises InvalidItem."""
    if price is not None and price.minor < 0:
        raise InvalidItem("price must not be negative", path="$.price")


def check_kind(tracking: Tracking, scale: int, *, kit: bool) -> None:
    """A serial is one piece; a kit is counted in pieces and holds no stock to tell apart. Raises InvalidItem."""
    if tracking is Tracking.SERIAL and scale:
        raise InvalidItem("a serial is one piece: its scale is 0", path="$.scale")
    if kit and scale:
        raise InvalidItem("a kit is counted in pieces: its scale is 0", path="$.scale")
    if kit and tracking is not Tracking.NONE:
        raise InvalidItem("a kit holds no stock: its components are tracked, it is not", path="$.tracking")


def check_units(units: Sequence[Unit], uom: str) -> None:
    """Each name once and none the unit of measure's own. Raises InvalidItem, naming the place."""
    if len(units) > UNITS_OF_AN_ITEM_MAX:
        raise InvalidItem(f"an item has {UNITS_OF_AN_ITEM_MAX} units at most", path="$.units")
    seen = {uom}
    for index, unit in enumerate(units):
        if not unit.name or unit.name in seen:
            raise InvalidItem(f"'{unit.name}' is a unit of this item already", path=f"$.units[{index}].name")
        if not 0 < unit.size <= UNITS_MAX:
            raise InvalidItem("a unit is greater than zero", path=f"$.units[{index}].size")
        seen.add(unit.name)


def recipe(
    wanted: Sequence[tuple[str, Decimal]], known: Mapping[str, tuple[ItemId, int, bool]]
) -> tuple[Component, ...]:
    """The components of a kit that wants so much of each SKU; ``known`` has their (id, scale, whether a kit).

    Raises InvalidItem and InvalidQuantity, naming the place.
    """
    if len(wanted) > COMPONENTS_MAX:
        raise InvalidItem(f"a kit has {COMPONENTS_MAX} components at most", path="$.components")
    components: list[Component] = []
    for index, (sku, quantity) in enumerate(wanted):
        path = f"$.components[{index}]"
        if sku not in known:
            raise InvalidItem(f"there is no item with the SKU '{sku}'", path=f"{path}.sku")
        item, scale, kit = known[sku]
        if kit:
            raise InvalidItem(f"'{sku}' is a kit itself", path=f"{path}.sku")
        if any(item == component.item for component in components):
            raise InvalidItem(f"'{sku}' is a component already", path=f"{path}.sku")
        units = to_units(quantity, scale, path=f"{path}.quantity")
        if units <= 0:
            raise InvalidItem("a component's quantity is greater than zero", path=f"{path}.quantity")
        components.append(Component(item=item, sku=sku, quantity=units, scale=scale))
    return tuple(components)
