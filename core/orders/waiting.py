"""Units that were promised before there were any: they wait, and are covered when stock has come."""

from collections.abc import Mapping

from core.kernel.ids import ItemId, LocationId, LotId
from core.orders.changes import CoveredUnits, LinesCovered
from core.orders.dossier import Dossier
from core.orders.fulfilment import OPEN

Share = Mapping[tuple[ItemId, LocationId, LotId | None], int]
"""Base units of a shelf (item, location, lot) that an order need not wait for any more."""


def cover(dossier: Dossier, share: Share) -> tuple[LinesCovered, ...]:
    """The event of ``share`` having come: the order's lines get it one after the other; none when none waits."""
    left = dict(share)
    units, waiting = [], set()
    for line in dossier.order.facts.lines:
        for part in line.parts:
            shelf = (part.item or line.item, part.location, part.lot)
            come = min(part.backordered, left.get(shelf, 0))
            if part.backordered > come:
                waiting.add(part.location)
            if come > 0:
                left[shelf] -= come
                item, location, lot = shelf
                units.append(CoveredUnits(line=line.number, item=item, location=location, lot=lot, quantity=come))
    if not units:
        return ()
    whole = {one.location for one in units} - waiting
    ready = tuple(one.id for one in dossier.fulfilments if one.location in whole and one.state in OPEN)
    return (LinesCovered(order_id=dossier.order.facts.order_id, units=tuple(units), ready=ready),)
