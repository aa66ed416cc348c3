"""An order with everything that hangs on it, and what each event makes of that."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import assert_never

from core.kernel.ids import FulfilmentId, ItemId, ReturnId
from core.kernel.value import value
from core.orders.changes import (
    FulfilmentAccepted,
    FulfilmentAsked,
    FulfilmentCancelled,
    FulfilmentDelivered,
    FulfilmentEvent,
    FulfilmentPacked,
    FulfilmentPicked,
    FulfilmentProposed,
    FulfilmentRejected,
    FulfilmentShipped,
    LineAmended,
    LinesCancelled,
    LinesCovered,
    LotSwapped,
    OrderCancelled,
    OrderClosed,
    OrderEvent,
    OrderHoldPlaced,
    OrderHoldReleased,
    OrderReopened,
)
from core.orders.fulfilment import (
    Fulfilment,
    FulfilmentLine,
    FulfilmentNotFound,
    FulfilmentState,
    Shipment,
    Units,
)
from core.orders.order import AllocatedPart, Hold, Order, OrderLine
from core.orders.parts import covered, each_line, each_part, grown, left, lessened
from core.orders.return_events import ReturnEvent, ReturnReceived
from core.orders.returned import returns_after
from core.orders.returns import Return, ReturnNotFound
from core.orders.sending import arrived, picked, sent, shrunk, swapped


@value
class Dossier:
    """An order, its fulfilment orders and its returns. ``version`` counts the events of its stream."""

    order: Order
    fulfilments: tuple[Fulfilment, ...]
    version: int
    returns: tuple[Return, ...] = ()

    def fulfilment(self, wanted: FulfilmentId) -> Fulfilment:
        """The fulfilment order with this id. Raises FulfilmentNotFound."""
        for one in self.fulfilments:
            if one.id == wanted:
                return one
        raise FulfilmentNotFound(f"there is no fulfilment order {wanted}")

    def return_of(self, wanted: ReturnId) -> Return:
        """The return with this id. Raises ReturnNotFound."""
        for one in self.returns:
            if one.id == wanted:
                return one
        raise ReturnNotFound(f"there is no return {wanted}")


def evolve(dossier: Dossier, event: OrderEvent | ReturnEvent) -> Dossier:
    """The dossier after ``event``."""
    changed = _returned(dossier, event) if isinstance(event, ReturnEvent) else _evolved(dossier, event)
    return replace(changed, version=dossier.version + 1)


def _returned(dossier: Dossier, event: ReturnEvent) -> Dossier:
    """A return changes, and with it how much of each line has come back."""
    dossier = replace(dossier, returns=returns_after(dossier.returns, event))
    if not isinstance(event, ReturnReceived):
        return dossier
    sums: dict[tuple[int, ItemId], int] = {}
    for line in (line for one in dossier.returns for line in one.lines):
        sums[line.line, line.item] = sums.get((line.line, line.item), 0) + line.received
    return _each_order_line(dossier, lambda line: replace(line, returned=line.whole(_of_line(sums, line))))


def _evolved(dossier: Dossier, event: OrderEvent) -> Dossier:
    match event:
        case OrderHoldPlaced() | OrderHoldReleased() | OrderCancelled():
            return replace(dossier, order=_order_after(dossier.order, event))
        case OrderClosed():
            return replace(dossier, order=replace(dossier.order, closed_at=event.at))
        case OrderReopened():
            return replace(dossier, order=replace(dossier.order, closed_at=None))
        case LineAmended():
            return _each_order_line(
                _owing(dossier, event.amount),
                lambda line: replace(line, ordered=event.ordered) if line.number == event.line else line,
            )
        case LinesCancelled():
            less = {gone.line: gone.quantity for gone in event.lines}
            return _each_order_line(
                _released(_owing(dossier, -event.amount), event.units),
                lambda line: replace(line, cancelled=line.cancelled + less.get(line.number, 0)),
            )
        case LinesCovered():
            return replace(dossier, order=each_part(dossier.order, event.units, covered))
        case FulfilmentProposed():
            return _promised(dossier, event)
        case _:
            return _sent_on(dossier, event)


def _sent_on(dossier: Dossier, event: FulfilmentEvent) -> Dossier:
    """What becomes of one fulfilment order."""
    wanted = event.fulfilment_id
    match event:
        case FulfilmentAsked():
            return _changed(dossier, wanted, lambda one: replace(one, answer_by=event.answer_by))
        case FulfilmentAccepted():
            return _changed(dossier, wanted, lambda one: replace(one, state=FulfilmentState.ACCEPTED))
        case FulfilmentRejected():
            end = FulfilmentState.REJECTED
            return _changed(
                _released(dossier, event.units), wanted, lambda one: replace(one, state=end, reason=event.reason)
            )
        case FulfilmentCancelled():
            return _changed(_released(dossier, event.units), wanted, lambda one: replace(one, reason=event.reason))
        case FulfilmentPicked():
            return _changed(dossier, wanted, lambda one: picked(one, event.units))
        case FulfilmentPacked():
            return _changed(dossier, wanted, lambda one: replace(one, state=FulfilmentState.PACKED))
        case FulfilmentShipped():
            return _shipped(dossier, event)
        case FulfilmentDelivered():
            return _delivered(dossier, event)
        case LotSwapped():
            return _swapped(dossier, event)
        case _:
            assert_never(event)


def _order_after(order: Order, event: OrderHoldPlaced | OrderHoldReleased | OrderCancelled) -> Order:
    match event:
        case OrderHoldPlaced():
            return replace(order, holds=(*order.holds, Hold(reason=event.reason, note=event.note, placed_at=event.at)))
        case OrderHoldReleased():
            return replace(order, holds=tuple(hold for hold in order.holds if hold.reason is not event.reason))
        case OrderCancelled():
            if order.held_at:  # it was never decided, and now never will be
                return replace(order, held_at=None, rejected_at=event.at, cancelled_at=event.at)
            return replace(order, cancelled_at=event.at, holds=())


def _owing(dossier: Dossier, amount: int) -> Dossier:
    facts = dossier.order.facts
    return replace(dossier, order=replace(dossier.order, facts=replace(facts, total=facts.total + amount)))


def _promised(dossier: Dossier, event: FulfilmentProposed) -> Dossier:
    lines = tuple(
        FulfilmentLine(line=units.line, item=units.item, quantity=units.quantity, lot=units.lot)
        for units in event.units
    )
    new = Fulfilment(id=event.fulfilment_id, order=event.order_id, location=event.location, lines=lines)
    dossier = replace(dossier, fulfilments=(*dossier.fulfilments, new))
    return _each_part(dossier, event.units, grown, begins=True)


def _released(dossier: Dossier, units: tuple[Units, ...]) -> Dossier:
    """``units`` are promised no longer: the parts of the lines shrink, and what is asked of the locations."""
    fulfilments = tuple(
        shrunk(one, [gone for gone in units if gone.fulfilment == one.id]) for one in dossier.fulfilments
    )
    return _each_part(replace(dossier, fulfilments=fulfilments), units, lessened)


def _shipped(dossier: Dossier, event: FulfilmentShipped) -> Dossier:
    parcel = Shipment(
        number=event.shipment,
        units=event.units,
        carrier=event.carrier,
        tracking=event.tracking,
        shipped_at=event.at,
    )
    dossier = _changed(dossier, event.fulfilment_id, lambda one: sent(one, parcel))
    dossier = _each_part(dossier, event.units, left)
    return _each_order_line(dossier, lambda line: replace(line, shipped=line.whole(line.sent)))


def _delivered(dossier: Dossier, event: FulfilmentDelivered) -> Dossier:
    dossier = _changed(dossier, event.fulfilment_id, lambda one: arrived(one, event.shipments, event.at))
    sums: dict[tuple[int, ItemId], int] = {}
    for units in (units for one in dossier.fulfilments for units in one.delivered):
        sums[units.line, units.item] = sums.get((units.line, units.item), 0) + units.quantity
    return _each_order_line(
        dossier,
        lambda line: replace(line, delivered=line.whole(_of_line(sums, line))),
    )


def _of_line(sums: Mapping[tuple[int, ItemId], int], line: OrderLine) -> dict[ItemId, int]:
    return {item: units for (number, item), units in sums.items() if number == line.number}


def _swapped(dossier: Dossier, event: LotSwapped) -> Dossier:
    given = replace(event.units, lot=event.lot)
    dossier = _changed(dossier, event.fulfilment_id, lambda one: swapped(one, event.units, given))
    dossier = _each_part(dossier, [event.units], lessened)
    return _each_part(dossier, [given], grown, begins=True)


def _each_order_line(dossier: Dossier, change: Callable[[OrderLine], OrderLine]) -> Dossier:
    return replace(dossier, order=each_line(dossier.order, change))


def _each_part(
    dossier: Dossier,
    units: Iterable[Units],
    change: Callable[[AllocatedPart, Units], AllocatedPart],
    *,
    begins: bool = False,
) -> Dossier:
    return replace(dossier, order=each_part(dossier.order, units, change, begins=begins))


def _changed(dossier: Dossier, wanted: FulfilmentId, change: Callable[[Fulfilment], Fulfilment]) -> Dossier:
    fulfilments = tuple(change(one) if one.id == wanted else one for one in dossier.fulfilments)
    return replace(dossier, fulfilments=fulfilments)
