"""Units that were promised before there were any: they wait, and are covered when stock has come."""

from collections.abc import Mapping

from core.kernel.ids import ItemId, LocationId, LotId
from core.orders.changes import CoveredUnits, LinesCovered
from core.orders.dossier import Dossier

Share = Mapping[tuple[ItemId, LocationId, LotId | None], int]
"""Base units of a shelf (item, location, lot) that an order need not wait for any more."""


def cover(dossier: Dossier, share: Share) -> tuple[LinesCovered, ...]:
    """The event of ``share`` having come: the order's lines get it one after the other; none when none waits."""
    left = dict(share)
    units = []
    for line in dossier.order.facts.lines:
        for part in line.parts:
            shelf = (part.item or line.item, part.location, part.lot)
            come = min(part.backordered, left.get(shelf, 0))
            if come > 0:
                left[shelf] -= come
                item, location, lot = shelf
                units.append(CoveredUnits(line=line.number, item=item, location=location, lot=lot, quantity=come))
    return (LinesCovered(order_id=dossier.order.facts.order_id, units=tuple(units)),) if units else ()
