"""What a location does with its fulfilment order: accept it or not, pick, pack, ship, report the arrival."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta

from core.kernel.ids import ItemId
from core.kernel.quantity import to_units
from core.orders.cancelling import all_open, line_of
from core.orders.changes import (
    FulfilmentAccepted,
    FulfilmentAsked,
    FulfilmentCancelled,
    FulfilmentDelivered,
    FulfilmentEvent,
    FulfilmentPacked,
    FulfilmentPicked,
    FulfilmentRejected,
    FulfilmentShipped,
)
from core.orders.changing import (
    AcceptFulfilment,
    AskFulfilment,
    CancelFulfilment,
    DeliverFulfilment,
    GoodsAtWork,
    InvalidChange,
    LineQuantity,
    MoveFulfilment,
    OrderOnHold,
    PackFulfilment,
    PickFulfilment,
    RecallFulfilment,
    RejectFulfilment,
    ShipFulfilment,
    WarehouseAct,
)
from core.orders.dossier import Dossier
from core.orders.fulfilment import (
    AT_WORK,
    ENDED_UNSENT,
    Fulfilment,
    FulfilmentAct,
    FulfilmentLine,
    FulfilmentState,
    NotInThisState,
    Units,
    next_state,
)
from core.orders.order import Hold, HoldReason

ACTS: dict[type, FulfilmentAct] = {
    AcceptFulfilment: FulfilmentAct.ACCEPT,
    RecallFulfilment: FulfilmentAct.RECALL,
    RejectFulfilment: FulfilmentAct.REJECT,
    MoveFulfilment: FulfilmentAct.REJECT,
    PickFulfilment: FulfilmentAct.PICK,
    PackFulfilment: FulfilmentAct.PACK,
    ShipFulfilment: FulfilmentAct.SHIP,
    DeliverFulfilment: FulfilmentAct.DELIVER,
    CancelFulfilment: FulfilmentAct.CANCEL,
}
STOPPED_BY_A_HOLD = (AcceptFulfilment, RecallFulfilment, PickFulfilment, PackFulfilment, ShipFulfilment)
"""What cannot be accepted is not recalled for want of an answer, either."""


def fulfil(dossier: Dossier, command: WarehouseAct, now: datetime) -> tuple[FulfilmentEvent, ...]:
    """The event of ``command``. Raises FulfilmentNotFound, NotInThisState, OrderOnHold, GoodsAtWork, InvalidChange."""
    one = dossier.fulfilment(command.fulfilment)
    holds = [hold.reason for hold in dossier.order.holds if not _passes(command, hold)]
    if holds and isinstance(command, STOPPED_BY_A_HOLD):
        raise OrderOnHold(f"the order is held: {', '.join(holds)}")
    if isinstance(command, AskFulfilment):
        return _ask(one, command, now)
    next_state(one, ACTS[type(command)])
    order = one.order
    match command:
        case AcceptFulfilment():
            return (FulfilmentAccepted(order_id=order, fulfilment_id=one.id),)
        case RejectFulfilment() | MoveFulfilment() | RecallFulfilment():
            back = all_open(dossier, one)
            return (FulfilmentRejected(order_id=order, fulfilment_id=one.id, units=back, reason=command.reason),)
        case PickFulfilment():
            units = _chosen(dossier, one, command.lines, lambda line: line.open - line.picked, "to be picked")
            return (FulfilmentPicked(order_id=order, fulfilment_id=one.id, units=units),)
        case PackFulfilment():
            if not any(line.picked for line in one.lines):
                raise NotInThisState("nothing is picked that is not shipped yet")
            return (FulfilmentPacked(order_id=order, fulfilment_id=one.id),)
        case ShipFulfilment():
            return (_ship(dossier, one, command, now),)
        case DeliverFulfilment():
            return (_deliver(one, command, now),)
        case CancelFulfilment():
            if one.state in AT_WORK and not command.forced:
                raise GoodsAtWork("some of it is being picked or packed", path="$.forced")
            gone = all_open(dossier, one)
            cancelled = FulfilmentCancelled(
                order_id=order, fulfilment_id=one.id, units=gone, reason=command.reason, forced=command.forced
            )
            return (cancelled,)


def _passes(command: WarehouseAct, hold: Hold) -> bool:
    """What another location's silence made short keeps none from being recalled for its own."""
    return isinstance(command, RecallFulfilment) and hold.reason is HoldReason.STOCK_SHORTFALL


def _ask(one: Fulfilment, command: AskFulfilment, now: datetime) -> tuple[FulfilmentEvent, ...]:
    if one.state in ENDED_UNSENT:
        raise NotInThisState(f"a fulfilment order that is {one.state} is not asked for an answer")
    if one.state is not FulfilmentState.PROPOSED:
        return ()
    by = now + timedelta(seconds=command.seconds)
    return (FulfilmentAsked(order_id=one.order, fulfilment_id=one.id, answer_by=by),)


def _ship(dossier: Dossier, one: Fulfilment, command: ShipFulfilment, now: datetime) -> FulfilmentShipped:
    return FulfilmentShipped(
        order_id=one.order,
        fulfilment_id=one.id,
        shipment=len(one.shipments) + 1,
        units=_chosen(dossier, one, command.lines, lambda line: line.open, "to be sent"),
        carrier=command.carrier,
        tracking=command.tracking,
        at=now,
    )


def _deliver(one: Fulfilment, command: DeliverFulfilment, now: datetime) -> FulfilmentDelivered:
    under_way = [parcel.number for parcel in one.shipments if parcel.delivered_at is None]
    arrived = under_way if command.shipment is None else [command.shipment]
    if not arrived or set(arrived) - set(under_way):
        raise NotInThisState("no such shipment is under way")
    return FulfilmentDelivered(order_id=one.order, fulfilment_id=one.id, shipments=tuple(arrived), at=now)


def _chosen(
    dossier: Dossier,
    one: Fulfilment,
    wanted: Sequence[LineQuantity] | None,
    room: Callable[[FulfilmentLine], int],
    words: str,
) -> tuple[Units, ...]:
    """The units that ``wanted`` means of those ``room`` leaves of each line; all of them when it is None."""
    taken: dict[int, int] = {}
    if wanted is None:
        taken = {index: room(line) for index, line in enumerate(one.lines)}
    for place, part in enumerate(wanted or ()):
        path = f"$.lines[{place}]"
        line = line_of(dossier, part.line)
        units = to_units(part.quantity, line.scale, path=f"{path}.quantity")
        if units <= 0:
            raise InvalidChange("quantity must be greater than zero", path=f"{path}.quantity")
        _take(one, line.number, line.needs(units), room, taken, f"{path}.quantity")
    chosen = [(line, taken.get(index, 0)) for index, line in enumerate(one.lines)]
    if not any(quantity for _, quantity in chosen):
        raise InvalidChange(f"nothing of it is left {words}", path="$.lines")
    return tuple(_units(one, line, quantity) for line, quantity in chosen if quantity)


def _take(
    one: Fulfilment,
    number: int,
    needs: Mapping[ItemId, int],
    room: Callable[[FulfilmentLine], int],
    taken: dict[int, int],
    path: str,
) -> None:
    """Add to ``taken`` (by index) what ``needs`` of line ``number``. Raises InvalidChange when there is not so much."""
    here = {line.item for line in one.lines if line.line == number}
    for item, wanted in needs.items():
        if item not in here and len(needs) > 1:
            continue  # this component of the kit is sent from somewhere else
        needed = wanted
        for index, line in enumerate(one.lines):
            if (line.line, line.item) == (number, item):
                some = min(needed, room(line) - taken.get(index, 0))
                taken[index] = taken.get(index, 0) + some
                needed -= some
        if needed:
            raise InvalidChange(f"{needed} base units more than this fulfilment order has left", path=path)


def _units(one: Fulfilment, line: FulfilmentLine, quantity: int) -> Units:
    return Units(
        line=line.line,
        fulfilment=one.id,
        item=line.item,
        location=one.location,
        lot=line.lot,
        quantity=quantity,
        picked=min(quantity, line.picked),
    )
