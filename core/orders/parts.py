"""How the parts of an order's lines change as units are promised, called back, and leave."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import TypeVar

from core.orders.changes import CoveredUnits
from core.orders.fulfilment import Units
from core.orders.order import AllocatedPart, Order, OrderLine

Some = TypeVar("Some", Units, CoveredUnits)


def each_part(
    order: Order,
    units: Iterable[Some],
    change: Callable[[AllocatedPart, Some], AllocatedPart],
    *,
    begins: bool = False,
) -> Order:
    """The order with ``change`` made of each part some of ``units`` are of; a part that is left empty is gone."""
    by_line: dict[int, list[Some]] = {}
    for some in units:
        by_line.setdefault(some.line, []).append(some)

    def changed(line: OrderLine) -> OrderLine:
        if line.number not in by_line:
            return line
        parts = {(part.location, part.lot, part.item or line.item): part for part in line.parts}
        for some in by_line[line.number]:
            key = (some.location, some.lot, some.item)
            if begins and key not in parts:
                own = None if some.item == line.item else some.item
                parts[key] = AllocatedPart(location=some.location, quantity=0, lot=some.lot, item=own)
            parts[key] = change(parts[key], some)
        return replace(line, parts=tuple(part for part in parts.values() if part.quantity))

    return each_line(order, changed)


def each_line(order: Order, change: Callable[[OrderLine], OrderLine]) -> Order:
    """The order with ``change`` made of each of its lines."""
    return replace(order, facts=replace(order.facts, lines=tuple(change(line) for line in order.facts.lines)))


def grown(part: AllocatedPart, units: Units) -> AllocatedPart:
    """With ``units`` promised besides."""
    return replace(part, quantity=part.quantity + units.quantity, backordered=part.backordered + units.backordered)


def lessened(part: AllocatedPart, units: Units) -> AllocatedPart:
    """With ``units`` promised no longer."""
    return replace(part, quantity=part.quantity - units.quantity, backordered=part.backordered - units.backordered)


def left(part: AllocatedPart, units: Units) -> AllocatedPart:
    """With ``units`` gone to the customer."""
    shipped = part.shipped + units.quantity
    return replace(part, shipped=shipped, backordered=min(part.backordered, part.quantity - shipped))


def covered(part: AllocatedPart, units: CoveredUnits) -> AllocatedPart:
    """With ``units`` of it waited for no longer."""
    return replace(part, backordered=part.backordered - units.quantity)
