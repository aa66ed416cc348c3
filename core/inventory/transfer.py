"""Transfers: stock on its way from one location to another. Nothing arrives twice, and a transfer ends once.

    planned ──ship──▶ in_transit ──receive, the last of it──▶ received
       │               │  │  └─ receive, some of it: as often as it comes
       │               │  └──close──▶ closed_short     what never came is an adjustment
       └──cancel──▶ cancelled ◀──cancel──┘             what was not received goes back to its source

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


TRANSITIONS: Mapping[TransferState, tuple[type[Change], ...]] = {
    TransferState.PLANNED: (ShipTransfer, CancelTransfer),
    TransferState.IN_TRANSIT: (ReceiveTransfer, CloseTransfer, CancelTransfer),
    TransferState.RECEIVED: (),
    TransferState.CLOSED_SHORT: (),
    TransferState.CANCELLED: (),
}
"""What can be done in each state; a state in which nothing can is an end."""


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
    possible = TRANSITIONS[transfer.state]
    if transfer.state is TransferState.CANCELLED:
        raise TransferCalledOff(f"transfer {transfer.id} is {transfer.state}")
    if not possible:
        raise TransferEnded(f"transfer {transfer.id} is {transfer.state}")
    if type(command) not in possible:
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
    version = transfer.version + 1
    match event:
        case TransferShipped():
            return replace(transfer, state=TransferState.IN_TRANSIT, version=version)
        case TransferReceived():
            state = TransferState.RECEIVED if event.complete else TransferState.IN_TRANSIT
            lines = tuple(
                replace(line, received=line.received + _of(event.parts, line.item, line.lot)) for line in transfer.lines
            )
            return replace(transfer, state=state, lines=lines, version=version)
        case TransferClosed():
            lines = tuple(
                replace(line, lost=line.lost + _of(event.parts, line.item, line.lot)) for line in transfer.lines
            )
            return replace(transfer, state=TransferState.CLOSED_SHORT, lines=lines, version=version)
        case TransferCancelled():
            return replace(transfer, state=TransferState.CANCELLED, version=version)
        case _:
            assert_never(event)


def check_arrived(transfer: Transfer) -> None:
    """Raise TransferUnderWay while something may still come, TransferCalledOff when nothing will."""
    if transfer.state is TransferState.CANCELLED:
        raise TransferCalledOff(f"transfer {transfer.id} is {transfer.state}")
    if TRANSITIONS[transfer.state]:
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
