"""Less of an order: which units are called back, and from whom.

What was promised from nowhere goes first, then what nobody has touched, what is owed before what is on a shelf; what
somebody has in his hands is called back by force alone, and what has left comes back as a return.
"""

from collections.abc import Iterable
from datetime import datetime

from core.kernel.ids import ItemId
from core.kernel.quantity import to_units
from core.orders.changes import CancelledLine, LineAmended, LinesCancelled, OrderCancelled, OrderEvent
from core.orders.changing import (
    AmendLine,
    CancelLine,
    CancelOrder,
    GoodsAtWork,
    InvalidChange,
    LineNotFound,
    OrderNotOpen,
)
from core.orders.dossier import Dossier
from core.orders.fulfilment import AT_WORK, OPEN, Fulfilment, FulfilmentLine, Units
from core.orders.order import OrderLine


def cancel_order(dossier: Dossier, command: CancelOrder, now: datetime) -> tuple[OrderEvent, ...]:
    """What has not left is not sent. Raises OrderNotOpen when everything has, GoodsAtWork."""
    order = dossier.order
    ended = OrderCancelled(order_id=order.facts.order_id, reason=command.reason, at=now)
    if order.held_at:
        return (ended,)
    less = {line.number: line.due - line.shipped for line in order.facts.lines if line.due > line.shipped}
    if not less:
        raise OrderNotOpen("everything has been sent: what comes back is a return")
    return _less(dossier, less, command.reason, forced=command.forced, now=now)


def cancel_line(dossier: Dossier, command: CancelLine, now: datetime) -> tuple[OrderEvent, ...]:
    """So much less of one line. Raises LineNotFound, InvalidQuantity, InvalidChange, GoodsAtWork."""
    line = line_of(dossier, command.line)
    left = line.due - line.shipped
    units = left if command.quantity is None else to_units(command.quantity, line.scale, path="$.quantity")
    if not 0 < units <= left:
        raise InvalidChange(f"{left} base units of line {line.number} are still to be sent", path="$.quantity")
    return _less(dossier, {line.number: units}, command.reason, forced=command.forced, now=now)


def amend_line(dossier: Dossier, command: AmendLine, now: datetime) -> tuple[OrderEvent, ...]:
    """More or less of one line; nothing when it is so already. Raises LineNotFound, InvalidQuantity, InvalidChange."""
    line = line_of(dossier, command.line)
    units = to_units(command.quantity, line.scale, path="$.quantity")
    if units < max(line.shipped, 1):
        words = f"{line.shipped} base units have been sent" if line.shipped else "to want none of it, cancel the line"
        raise InvalidChange(words, path="$.quantity")
    if units < line.due:
        return _less(dossier, {line.number: line.due - units}, command.reason, forced=False, now=now)
    if units == line.due:
        return ()
    if all(one.shipped >= one.due for one in dossier.order.facts.lines):
        raise OrderNotOpen("everything has been sent: more is another order")
    more = LineAmended(
        order_id=dossier.order.facts.order_id,
        line=line.number,
        ordered=units + line.cancelled,
        amount=line.worth(units) - line.worth(line.due),
        reason=command.reason,
    )
    return (more,)


def line_of(dossier: Dossier, number: int) -> OrderLine:
    """The order's line of this number. Raises LineNotFound."""
    for line in dossier.order.facts.lines:
        if line.number == number:
            return line
    raise LineNotFound(f"the order has no line {number}", path="$.line")


def called_back(dossier: Dossier, needs: dict[tuple[int, ItemId], int], *, forced: bool) -> tuple[Units, ...]:
    """``needs`` base units (by line and item) that are promised and have not left, easiest first.

    Raises GoodsAtWork.
    """
    left = dict(needs)
    taken: list[Units] = []
    for one in _easiest_first(dossier.fulfilments):
        if one.state in AT_WORK and not forced:
            continue
        for line in one.lines:
            units = min(left.get((line.line, line.item), 0), line.open)
            if units:
                left[line.line, line.item] -= units
                taken.append(units_of(dossier, one, line, units, taken))
    if any(left.values()):
        raise GoodsAtWork("some of it is being picked or packed")
    return tuple(taken)


def all_open(dossier: Dossier, one: Fulfilment) -> tuple[Units, ...]:
    """Everything that ``one`` has not sent."""
    return tuple(units_of(dossier, one, line, line.open) for line in one.lines if line.open)


def _less(
    dossier: Dossier, less: dict[int, int], reason: str, *, forced: bool, now: datetime
) -> tuple[OrderEvent, ...]:
    facts = dossier.order.facts
    needs: dict[tuple[int, ItemId], int] = {}
    amount = 0
    for line in facts.lines:
        gone = less.get(line.number, 0)
        amount += line.worth(line.due) - line.worth(line.due - gone)
        kept = line.needs(line.due - gone)
        needs |= {
            (line.number, item): units - kept[item]
            for item, units in line.promised.items()
            if gone and units > kept[item]
        }
    cancelled = LinesCancelled(
        order_id=facts.order_id,
        lines=tuple(CancelledLine(line=number, quantity=quantity) for number, quantity in less.items()),
        units=called_back(dossier, needs, forced=forced),
        amount=amount,
        reason=reason,
        forced=forced,
    )
    if any(line.due > less.get(line.number, 0) for line in facts.lines):
        return (cancelled,)
    return (cancelled, OrderCancelled(order_id=facts.order_id, reason=reason, at=now))


def _easiest_first(fulfilments: Iterable[Fulfilment]) -> list[Fulfilment]:
    """Those with something to send: the youngest of the least advanced first."""
    youngest = [one for one in fulfilments if one.state in OPEN][::-1]
    return sorted(youngest, key=lambda one: OPEN.index(one.state))


def units_of(
    dossier: Dossier, one: Fulfilment, line: FulfilmentLine, quantity: int, taken: Iterable[Units] = ()
) -> Units:
    """``quantity`` units of one line of ``one``, those that are picked last.

    What is owed of their part is called back once: ``taken`` may be of the same part, asked of another.
    """
    owed = sum(
        part.backordered
        for part in line_of(dossier, line.line).parts
        if (part.location, part.lot, part.item or line.item) == (one.location, line.lot, line.item)
    ) - sum(some.backordered for some in taken if (some.key, some.location) == (line.key, one.location))
    return Units(
        line=line.line,
        fulfilment=one.id,
        item=line.item,
        location=one.location,
        lot=line.lot,
        quantity=quantity,
        picked=max(0, quantity - (line.open - line.picked)),
        backordered=min(owed, quantity),
    )
