"""Transfers: stock on its way from one location to another. Nothing arrives twice, and a transfer ends once.

While it is under way it stands in the bucket in_transit of the same item and lot at the tenant's *transit* location:
it is on nobody's shelf, nobody can sell it, and it is nobody's loss.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from enum import StrEnum
from typing import assert_never

from core.inventory.stock import InvalidMovement
from core.inventory.transfer_events import (
    Changed,
    TransferCancelled,
    TransferClosed,
    TransferLine,
    TransferPart,
    TransferPlanned,
    TransferReceived,
    TransferShipped,
)
from core.inventory.transferring import (
    CancelTransfer,
    Change,
    CloseTransfer,
    InvalidTransfer,
    MoreThanUnderWay,
    NotInTransfer,
    ReceiveTransfer,
    ShipTransfer,
    TransferCalledOff,
    TransferEnded,
    TransferOutOfTurn,
    TransferRequest,
    TransferUnderWay,
)
from core.kernel.ids import ItemId, LocationId, LotId, TransferId
from core.kernel.quantity import to_units
from core.kernel.value import value


class TransferState(StrEnum):
    """Where a transfer stands."""

    PLANNED = "planned"
    IN_TRANSIT = "in_transit"
    RECEIVED = "received"
    CLOSED_SHORT = "closed_short"
    CANCELLED = "cancelled"


class TransferAct(StrEnum):
    """What is done to it."""

    SHIP = "ship"
    RECEIVE = "receive some"
    COMPLETE = "receive the last"
    CLOSE = "close"
    CANCEL = "cancel"


NEXT: Mapping[tuple[TransferState, TransferAct], TransferState] = {
    (TransferState.PLANNED, TransferAct.SHIP): TransferState.IN_TRANSIT,
    (TransferState.PLANNED, TransferAct.CANCEL): TransferState.CANCELLED,
    (TransferState.IN_TRANSIT, TransferAct.RECEIVE): TransferState.IN_TRANSIT,
    (TransferState.IN_TRANSIT, TransferAct.COMPLETE): TransferState.RECEIVED,
    (TransferState.IN_TRANSIT, TransferAct.CLOSE): TransferState.CLOSED_SHORT,
    (TransferState.IN_TRANSIT, TransferAct.CANCEL): TransferState.CANCELLED,
}
"""From where each act leads where; a state from where none leads on is an end."""
ACTS: Mapping[type[Change], tuple[TransferAct, ...]] = {
    ShipTransfer: (TransferAct.SHIP,),
    ReceiveTransfer: (TransferAct.RECEIVE, TransferAct.COMPLETE),
    CloseTransfer: (TransferAct.CLOSE,),
    CancelTransfer: (TransferAct.CANCEL,),
}


def has_ended(state: TransferState) -> bool:
    """Whether nothing can be done to a transfer that stands here."""
    return not any(begin is state for begin, _ in NEXT)


@value
class Transfer:
    """``source``, ``target`` and ``transit`` are locations; the codes are what a person calls the first two."""

    id: TransferId
    source: LocationId
    source_code: str
    target: LocationId
    target_code: str
    transit: LocationId
    lines: tuple[TransferLine, ...]
    reason: str
    reference: str | None
    ship_on: datetime | None
    due: datetime | None
    state: TransferState = TransferState.PLANNED
    version: int = 1


def begun(event: TransferPlanned) -> Transfer:
    """The transfer as it begins."""
    return Transfer(
        id=event.transfer_id,
        source=event.source,
        source_code=event.source_code,
        target=event.target,
        target_code=event.target_code,
        transit=event.transit,
        lines=event.lines,
        reason=event.reason,
        reference=event.reference,
        ship_on=event.ship_on,
        due=event.due,
    )


def decide(transfer: Transfer, command: Change) -> Changed:
    """What ``command`` makes of it. Whether the source has what is shipped is for ``transit.check_shelf`` to say.

    Raises TransferEnded (TransferCalledOff when it was cancelled), TransferOutOfTurn, MoreThanUnderWay, NotInTransfer,
    InvalidTransfer, InvalidMovement.
    """
    if transfer.state is TransferState.CANCELLED:
        raise TransferCalledOff(f"transfer {transfer.id} is {transfer.state}")
    if has_ended(transfer.state):
        raise TransferEnded(f"transfer {transfer.id} is {transfer.state}")
    if not any((transfer.state, act) in NEXT for act in ACTS[type(command)]):
        raise TransferOutOfTurn(f"transfer {transfer.id} is {transfer.state}")
    match command:
        case ShipTransfer():
            return TransferShipped(transfer_id=transfer.id, parts=_rest(transfer))
        case ReceiveTransfer():
            parts = _rest(transfer) if command.lines is None else _arrived(transfer, command.lines)
            arrived, left = sum(part.quantity for part in parts), sum(line.left for line in transfer.lines)
            return TransferReceived(transfer_id=transfer.id, parts=parts, complete=arrived == left)
        case CloseTransfer():
            return TransferClosed(transfer_id=transfer.id, parts=_rest(transfer), reason=command.reason)
        case CancelTransfer():
            returned = () if transfer.state is TransferState.PLANNED else _rest(transfer)
            return TransferCancelled(transfer_id=transfer.id, parts=returned, reason=command.reason)
        case _:
            assert_never(command)


def evolve(transfer: Transfer, event: Changed) -> Transfer:
    """The transfer after ``event``."""
    after = replace(transfer, state=NEXT[transfer.state, _act_of(event)], version=transfer.version + 1)
    match event:
        case TransferReceived():
            return replace(
                after,
                lines=tuple(
                    replace(line, received=line.received + _of(event.parts, line.item, line.lot))
                    for line in transfer.lines
                ),
            )
        case TransferClosed():
            return replace(
                after,
                lines=tuple(
                    replace(line, lost=line.lost + _of(event.parts, line.item, line.lot)) for line in transfer.lines
                ),
            )
        case TransferShipped() | TransferCancelled():
            return after
        case _:
            assert_never(event)


def _act_of(event: Changed) -> TransferAct:
    match event:
        case TransferShipped():
            return TransferAct.SHIP
        case TransferReceived():
            return TransferAct.COMPLETE if event.complete else TransferAct.RECEIVE
        case TransferClosed():
            return TransferAct.CLOSE
        case TransferCancelled():
            return TransferAct.CANCEL
        case _:
            assert_never(event)


def check_arrived(transfer: Transfer) -> None:
    """Raise TransferUnderWay while something may still come, TransferCalledOff when nothing will."""
    if transfer.state is TransferState.CANCELLED:
        raise TransferCalledOff(f"transfer {transfer.id} is {transfer.state}")
    if not has_ended(transfer.state):
        raise TransferUnderWay(f"transfer {transfer.id} is {transfer.state}")


def _rest(transfer: Transfer) -> tuple[TransferPart, ...]:
    return tuple(_part(line, line.left) for line in transfer.lines if line.left)


def _arrived(transfer: Transfer, lines: Sequence[TransferRequest]) -> tuple[TransferPart, ...]:
    """What ``lines`` say; those that name no lot, the lots of one SKU in the order they were shipped."""
    if not lines:
        raise InvalidTransfer("at least one item arrives", path="$.items")
    left = {(line.item, line.lot): line.left for line in transfer.lines}
    for index, asked in enumerate(lines):
        of_lot = [line for line in transfer.lines if asked.lot in (None, line.lot_code)]
        carried = [line for line in of_lot if line.sku == asked.sku]
        if not carried:
            what = f"'{asked.sku}'" if asked.lot is None else f"'{asked.sku}' of lot '{asked.lot}'"
            raise NotInTransfer(f"the transfer does not carry {what}", path=f"$.items[{index}].sku")
        path = f"$.items[{index}].quantity"
        units = demanded(asked, carried[0].scale, path)
        for line in carried:
            taken = min(units, left[line.item, line.lot])
            left[line.item, line.lot] -= taken
            units -= taken
        if units:
            raise MoreThanUnderWay(f"{asked.sku}: {units} base units more than are under way", path=path)
    return tuple(_part(line, taken) for line in transfer.lines if (taken := line.left - left[line.item, line.lot]))


def demanded(asked: TransferRequest, scale: int, path: str) -> int:
    """The base units ``asked`` for. Raises InvalidQuantity, InvalidMovement, naming ``path``."""
    units = to_units(asked.quantity, scale, path=path)
    if units <= 0:
        raise InvalidMovement("quantity must be greater than zero", path=path)
    return units


def _part(line: TransferLine, quantity: int) -> TransferPart:
    return TransferPart(item=line.item, lot=line.lot, sku=line.sku, scale=line.scale, quantity=quantity)


def _of(parts: Sequence[TransferPart], item: ItemId, lot: LotId) -> int:
    return sum(part.quantity for part in parts if (part.item, part.lot) == (item, lot))
