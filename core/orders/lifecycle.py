"""What may still be done with an order that was accepted, and what follows: the one decider of its later life."""

from collections.abc import Sequence
from datetime import datetime

from core.kernel.ids import ItemId
from core.orders.cancelling import amend_line, cancel_line, cancel_order
from core.orders.changes import FulfilmentProposed, OrderEvent, OrderHoldPlaced, OrderHoldReleased
from core.orders.changing import (
    AllocateOrder,
    AmendLine,
    CancelLine,
    CancelOrder,
    CloseOrder,
    FulfilmentChange,
    HoldNotFound,
    OrderChange,
    OrderNotOpen,
    PlaceHold,
    ReleaseHold,
    ReopenOrder,
    SwapLot,
)
from core.orders.closing import check_open, close, reopen
from core.orders.dossier import Dossier
from core.orders.fulfilling import fulfil
from core.orders.fulfilment import Units, fulfilment_id
from core.orders.order import AllocatedPart
from core.orders.swapping import Lots, swap


def decide(
    dossier: Dossier, command: OrderChange | FulfilmentChange, now: datetime, lots: Lots | None = None
) -> tuple[OrderEvent, ...]:
    """The events of ``command`` at ``now``; none when it is so already. Raises the errors of core.orders.changing.

    ``lots`` are those a swap may mean.
    """
    _open(dossier, command)
    match command:
        case PlaceHold():
            if any(hold.reason is command.reason for hold in dossier.order.holds):
                return ()
            order = dossier.order.facts.order_id
            return (OrderHoldPlaced(order_id=order, reason=command.reason, note=command.note, at=now),)
        case ReleaseHold():
            return _release(dossier, command)
        case CancelOrder():
            return cancel_order(dossier, command, now)
        case CancelLine():
            return cancel_line(dossier, command, now)
        case AmendLine():
            return amend_line(dossier, command, now)
        case AllocateOrder():
            return ()
        case CloseOrder():
            return close(dossier, command, now)
        case ReopenOrder():
            return reopen(dossier, command)
        case SwapLot():
            return (swap(dossier, command, lots or {}),)
        case _:
            return fulfil(dossier, command, now)


def missing(dossier: Dossier) -> dict[tuple[int, ItemId], int]:
    """What is due and promised from nowhere: base units by line and item."""
    return {
        (line.number, item): units - line.promised.get(item, 0)
        for line in dossier.order.facts.lines
        for item, units in line.needs(line.due).items()
        if units > line.promised.get(item, 0)
    }


def propose(dossier: Dossier, promised: Sequence[tuple[int, ItemId, AllocatedPart]]) -> tuple[FulfilmentProposed, ...]:
    """Ask the locations of ``promised`` (line, item, part) to send it: a new fulfilment order each."""
    order = dossier.order.facts.order_id
    events = []
    for location in dict.fromkeys(part.location for _, _, part in promised):
        number = 1 + sum(one.location == location for one in dossier.fulfilments)
        new = fulfilment_id(order, location, number)
        units = tuple(
            Units(
                line=line,
                fulfilment=new,
                item=item,
                location=location,
                lot=part.lot,
                quantity=part.quantity,
                backordered=part.backordered,
            )
            for line, item, part in promised
            if part.location == location
        )
        events.append(FulfilmentProposed(order_id=order, fulfilment_id=new, location=location, units=units))
    return tuple(events)


def _open(dossier: Dossier, command: OrderChange | FulfilmentChange) -> None:
    """Raise OrderNotOpen unless ``command`` may still be asked. An order under review can only be cancelled."""
    order = dossier.order
    if order.accepted_at is None and not (order.held_at and isinstance(command, CancelOrder)):
        raise OrderNotOpen("the order is not accepted")
    if order.cancelled_at:
        raise OrderNotOpen("the order is cancelled")
    if not isinstance(command, CloseOrder | ReopenOrder):
        check_open(dossier)


def _release(dossier: Dossier, command: ReleaseHold) -> tuple[OrderHoldReleased, ...]:
    order = dossier.order
    released = [hold.reason for hold in order.holds if command.reason in (None, hold.reason)]
    if not released:
        raise HoldNotFound(f"the order is not held for {command.reason or 'anything'}")
    return tuple(
        OrderHoldReleased(order_id=order.facts.order_id, reason=reason, note=command.note) for reason in released
    )
