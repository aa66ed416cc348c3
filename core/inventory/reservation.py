"""Holds: available stock set aside for somebody, for a while. A hold ends exactly once.

It is *held* until it is *committed* to what it was held for, *released* by whoever no longer wants it, or *expired*
because its time is over. What was committed is *consumed* when it has left. Its time is the storage's, never a
process's own. An expired hold keeps its stock until somebody ends it: whoever takes stock from the same shelves does so
first, and a sweep does it for the rest.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from enum import StrEnum

from core.inventory.balance import BalanceKey
from core.inventory.holding import (
    Change,
    CommitReservation,
    ConsumeReservation,
    ExtendReservation,
    Holder,
    ReleaseReservation,
    ReserveStock,
)
from core.kernel.errors import Conflict, NotFound, Rejected
from core.kernel.ids import ItemId, ReservationId
from core.kernel.value import value

HOLD_SECONDS_MAX = 7 * 24 * 3600


class ReservationNotFound(NotFound):
    """No reservation with this id."""

    code = "reservation_not_found"


class ReservationEnded(Conflict):
    """The reservation has ended already: nothing can be done to it any more."""

    code = "reservation_ended"


class ReservationTaken(Conflict):
    """Another reservation has this id."""

    code = "reservation_taken"


class InvalidReservation(Rejected):
    """A reservation of nothing, for no time or for too long, or under a name that is no id."""

    code = "invalid_reservation"


class ReservationState(StrEnum):
    """Where a reservation stands. A committed one is consumed when its goods leave; the last three are ends."""

    HELD = "held"
    COMMITTED = "committed"
    CONSUMED = "consumed"
    RELEASED = "released"
    EXPIRED = "expired"


@value
class ReservedPart:
    """``quantity`` base units held at ``key``, with the names and the decimals a person reads them by."""

    key: BalanceKey
    quantity: int
    sku: str
    scale: int
    location: str
    lot: str | None = None


@value
class Reservation:
    """``seconds`` is how long it is held from its beginning and from each extension that does not say otherwise."""

    id: ReservationId
    holder: Holder
    reference: str | None
    parts: tuple[ReservedPart, ...]
    seconds: int
    expires_at: datetime
    state: ReservationState = ReservationState.HELD
    version: int = 1


@value
class StockReserved:
    """Stock is held."""

    reservation_id: ReservationId
    holder: Holder
    reference: str | None
    parts: tuple[ReservedPart, ...]
    seconds: int
    expires_at: datetime


@value
class ReservationExtended:
    """It is held for longer."""

    reservation_id: ReservationId
    expires_at: datetime


@value
class ReservationReleased:
    """Its stock is available again, because ``reason``."""

    reservation_id: ReservationId
    reason: str


@value
class ReservationExpired:
    """Its time is over; its stock is available again."""

    reservation_id: ReservationId


@value
class ReservationCommitted:
    """Its stock is promised to ``cause``."""

    reservation_id: ReservationId
    cause: str


@value
class ReservationConsumed:
    """Its stock has left."""

    reservation_id: ReservationId


Changed = ReservationExtended | ReservationReleased | ReservationExpired | ReservationCommitted | ReservationConsumed


class ReservationAct(StrEnum):
    """What is done to it."""

    EXTEND = "extend"
    COMMIT = "commit"
    RELEASE = "release"
    EXPIRE = "its time is over"
    CONSUME = "consume"


NEXT: Mapping[tuple[ReservationState, ReservationAct], ReservationState] = {
    (ReservationState.HELD, ReservationAct.EXTEND): ReservationState.HELD,
    (ReservationState.HELD, ReservationAct.COMMIT): ReservationState.COMMITTED,
    (ReservationState.HELD, ReservationAct.RELEASE): ReservationState.RELEASED,
    (ReservationState.HELD, ReservationAct.EXPIRE): ReservationState.EXPIRED,
    (ReservationState.COMMITTED, ReservationAct.CONSUME): ReservationState.CONSUMED,
}
"""From where each act leads where: a hold ends once, and what is promised only leaves."""
ASKED: Mapping[type[Change], ReservationAct] = {
    ExtendReservation: ReservationAct.EXTEND,
    ReleaseReservation: ReservationAct.RELEASE,
    CommitReservation: ReservationAct.COMMIT,
    ConsumeReservation: ReservationAct.CONSUME,
}
DONE: Mapping[type[Changed], ReservationAct] = {
    ReservationExtended: ReservationAct.EXTEND,
    ReservationReleased: ReservationAct.RELEASE,
    ReservationExpired: ReservationAct.EXPIRE,
    ReservationCommitted: ReservationAct.COMMIT,
    ReservationConsumed: ReservationAct.CONSUME,
}


def reserve(
    command: ReserveStock, reservation_id: ReservationId, parts: tuple[ReservedPart, ...], now: datetime
) -> StockReserved:
    """The event that begins a hold of ``parts`` at ``now``, the storage's time. Raises InvalidReservation."""
    return StockReserved(
        reservation_id=reservation_id,
        holder=command.holder,
        reference=command.reference,
        parts=parts,
        seconds=command.seconds,
        expires_at=now + _lasting(command.seconds),
    )


def begun(event: StockReserved) -> Reservation:
    """The reservation as it begins."""
    return Reservation(
        id=event.reservation_id,
        holder=event.holder,
        reference=event.reference,
        parts=event.parts,
        seconds=event.seconds,
        expires_at=event.expires_at,
    )


def repeated(reservation: Reservation, command: ReserveStock, demands: Mapping[ItemId, int]) -> Reservation:
    """What asking again for the same, ``demands`` by item, answers: it as it stands. Raises ReservationTaken."""
    held: Counter[ItemId] = Counter()
    for part in reservation.parts:
        held[part.key.item] += part.quantity
    asked = (command.holder, command.reference, command.seconds, dict(demands))
    if asked != (reservation.holder, reservation.reference, reservation.seconds, dict(held)):
        raise ReservationTaken(f"reservation {reservation.id} is another one", path="$.id")
    return reservation


def decide(reservation: Reservation, command: Change, now: datetime) -> Changed:
    """What ``command`` makes of it at ``now``, the storage's time. Raises ReservationEnded, InvalidReservation."""
    if (reservation.state, ASKED[type(command)]) not in NEXT:
        raise ReservationEnded(f"reservation {reservation.id} is {reservation.state}")
    if reservation.state is ReservationState.HELD and over(reservation, now):
        raise ReservationEnded(f"reservation {reservation.id} expired at {reservation.expires_at.isoformat()}")
    match command:
        case ExtendReservation():
            lasting = _lasting(reservation.seconds if command.seconds is None else command.seconds)
            return ReservationExtended(
                reservation_id=reservation.id, expires_at=max(reservation.expires_at, now + lasting)
            )
        case ReleaseReservation():
            return ReservationReleased(reservation_id=reservation.id, reason=command.reason)
        case CommitReservation():
            return ReservationCommitted(reservation_id=reservation.id, cause=command.cause)
        case ConsumeReservation():
            return ReservationConsumed(reservation_id=reservation.id)


def over(reservation: Reservation, now: datetime) -> bool:
    """Whether its time is over at ``now``, to the moment."""
    return reservation.expires_at <= now


def evolve(reservation: Reservation, event: Changed) -> Reservation:
    """The reservation after ``event``."""
    version = reservation.version + 1
    match event:
        case ReservationExtended():
            return replace(reservation, expires_at=event.expires_at, version=version)
        case ReservationReleased() | ReservationExpired() | ReservationCommitted() | ReservationConsumed():
            return replace(reservation, state=NEXT[reservation.state, DONE[type(event)]], version=version)


def _lasting(seconds: int) -> timedelta:
    if not 0 < seconds <= HOLD_SECONDS_MAX:
        raise InvalidReservation(f"a hold lasts 1 to {HOLD_SECONDS_MAX} seconds", path="$.expires_in_seconds")
    return timedelta(seconds=seconds)
