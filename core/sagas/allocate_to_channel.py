"""Allocating stock to a channel: reserve it, allot it to the channel, commit the reservation (SPEC INV-03).

Both ids are chosen before anything is asked, so that each undo can be asked for what may or may not have happened.
Committing is the end: what is committed is promised, and nobody takes that back behind the channel's back.
"""

from decimal import Decimal

from core.identity.permission import Scope
from core.inventory.allotment import (
    AllotmentNotFound,
    AllotmentWithdrawn,
    AllottedPart,
    AllotToChannel,
    WithdrawAllotment,
)
from core.inventory.balance import BalanceKey
from core.inventory.holding import CommitReservation, Holder, ReleaseReservation, ReservationLine, ReserveStock
from core.inventory.reservation import Reservation, ReservationEnded, ReservationNotFound
from core.kernel.errors import Rejected
from core.kernel.ids import AllotmentId, ItemId, LocationId, LotId, ReservationId
from core.kernel.quantity import SCALE_MAX, to_units
from core.kernel.value import value
from core.sagas.definition import Data, Definition, Step

NAME = "allocate-to-channel"
REASON = "the allocation was taken back"


class InvalidAllocation(Rejected):
    """An allocation of nothing."""

    code = "invalid_allocation"


@value
class AllocateToChannel:
    """Set ``quantity`` (in the item's unit) of the item with this SKU aside for ``channel``, and promise it."""

    sku: str
    quantity: Decimal
    channel: str


def data_of(command: AllocateToChannel, reservation: ReservationId, allotment: AllotmentId) -> Data:
    """What the saga begins with. Raises InvalidAllocation, InvalidQuantity; the item is the first step's to judge."""
    if to_units(command.quantity, SCALE_MAX, path="$.quantity") <= 0:
        raise InvalidAllocation("quantity must be greater than zero", path="$.quantity")
    return {
        "sku": command.sku,
        "quantity": str(command.quantity),
        "channel": command.channel,
        "reservation_id": reservation,
        "allotment_id": allotment,
    }


def _reserve(data: Data) -> ReserveStock:
    return ReserveStock(
        lines=(ReservationLine(sku=data["sku"], quantity=Decimal(data["quantity"])),),
        holder=Holder.CHANNEL_ORDER,
        reference=f"channel:{data['channel']}",
        id=ReservationId(data["reservation_id"]),
    )


def _reserved(reservation: Reservation) -> Data:
    parts = [
        {"item": part.key.item, "location": part.key.location, "lot": part.key.lot, "quantity": part.quantity}
        for part in reservation.parts
    ]
    return {"parts": parts}


def _release(data: Data) -> ReleaseReservation:
    return ReleaseReservation(id=ReservationId(data["reservation_id"]), reason=REASON)


def _allot(data: Data) -> AllotToChannel:
    parts = tuple(
        AllottedPart(
            key=BalanceKey(item=ItemId(part["item"]), location=LocationId(part["location"]), lot=LotId(part["lot"])),
            quantity=part["quantity"],
        )
        for part in data["reserve"]["parts"]
    )
    return AllotToChannel(
        id=AllotmentId(data["allotment_id"]),
        channel=data["channel"],
        parts=parts,
        cause=f"reservation:{data['reservation_id']}",
    )


def _withdraw(data: Data) -> WithdrawAllotment:
    return WithdrawAllotment(id=AllotmentId(data["allotment_id"]), reason=REASON)


def _commit(data: Data) -> CommitReservation:
    return CommitReservation(id=ReservationId(data["reservation_id"]), cause=f"channel:{data['channel']}")


V1 = Definition(
    name=NAME,
    version=1,
    scopes=frozenset({Scope.STOCK_WRITE}),
    steps=(
        Step(
            name="reserve",
            command=_reserve,
            answer=_reserved,
            undo=_release,
            nothing_to_undo=frozenset({ReservationNotFound.code, ReservationEnded.code}),
        ),
        Step(
            name="allot",
            command=_allot,
            undo=_withdraw,
            nothing_to_undo=frozenset({AllotmentNotFound.code, AllotmentWithdrawn.code}),
        ),
        Step(name="commit", command=_commit),
    ),
)
