"""Extend, release, commit or consume a hold, and end those whose time is over."""

from core.inventory.holding import (
    Change,
    CommitReservation,
    ConsumeReservation,
    ExpireReservations,
    ExtendReservation,
    ReleaseReservation,
)
from core.inventory.lot import check_promisable
from core.inventory.reservation import Reservation, ReservationNotFound, decide, evolve
from core.inventory.use_cases.entering import end_some, settle
from core.kernel.context import Context
from core.kernel.ids import NewId
from ports.inventory import InventoryTransaction


async def extend_reservation(
    command: ExtendReservation, context: Context, tx: InventoryTransaction, *, new_id: NewId
) -> Reservation:
    """As it is held now. Raises ReservationNotFound, ReservationEnded, InvalidReservation."""
    return await _change(command, context, tx, new_id)


async def release_reservation(
    command: ReleaseReservation, context: Context, tx: InventoryTransaction, *, new_id: NewId
) -> Reservation:
    """As it ended; its stock is available again. Raises ReservationNotFound, ReservationEnded."""
    return await _change(command, context, tx, new_id)


async def commit_reservation(
    command: CommitReservation, context: Context, tx: InventoryTransaction, *, new_id: NewId
) -> Reservation:
    """As it ended; its stock is promised. Raises ReservationNotFound, ReservationEnded, LotBlocked."""
    return await _change(command, context, tx, new_id)


async def consume_reservation(
    command: ConsumeReservation, context: Context, tx: InventoryTransaction, *, new_id: NewId
) -> Reservation:
    """As it ended; its stock has left. Raises ReservationNotFound, ReservationEnded, InsufficientStock."""
    return await _change(command, context, tx, new_id)


async def expire_reservations(
    command: ExpireReservations, context: Context, tx: InventoryTransaction, *, new_id: NewId
) -> int:
    """How many holds were ended because their time is over."""
    return await end_some(None, command.limit, context, tx, new_id)


async def _change(change: Change, context: Context, tx: InventoryTransaction, new_id: NewId) -> Reservation:
    reservation = await tx.reservations.lock(change.id)
    if reservation is None:
        raise ReservationNotFound(f"there is no reservation {change.id}")
    event = decide(reservation, change, await tx.reservations.now())
    if isinstance(change, CommitReservation):
        names = {(part.key.item, part.lot) for part in reservation.parts if part.lot is not None}
        check_promisable((await tx.lots.lock(names)).values(), context.now.date())
    await settle([(reservation, event)], context, tx, new_id)
    return evolve(reservation, event)
