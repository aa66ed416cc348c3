"""Holds: available stock set aside for somebody, for a while. A hold ends exactly once.

It is *held* until it is *committed* to what it was held for, *released* by whoever no longer wants it, or *expired*
because its time is over. Its time is the storage's, never a process's own. An expired hold keeps its stock until
somebody ends it: whoever takes stock from the same shelves does so first, and a sweep does it for the rest.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from enum import StrEnum

from core.inventory.balance import Account, BalanceKey, EntryKind, Movement
from core.inventory.holding import (
    Change,
    CommitReservation,
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
    """Where a reservation stands; all but HELD are ends, and a committed one is consumed when its goods leave."""

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


Changed = ReservationExtended | ReservationReleased | ReservationExpired | ReservationCommitted


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
    if reservation.state is not ReservationState.HELD:
        raise ReservationEnded(f"reservation {reservation.id} is {reservation.state}")
    if over(reservation, now):
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


def over(reservation: Reservation, now: datetime) -> bool:
    """Whether its time is over at ``now``, to the moment."""
    return reservation.expires_at <= now


def evolve(reservation: Reservation, event: Changed) -> Reservation:
    """The reservation after ``event``."""
    version = reservation.version + 1
    match event:
        case ReservationExtended():
            return replace(reservation, expires_at=event.expires_at, version=version)
        case ReservationReleased():
            return replace(reservation, state=ReservationState.RELEASED, version=version)
        case ReservationExpired():
            return replace(reservation, state=ReservationState.EXPIRED, version=version)
        case ReservationCommitted():
            return replace(reservation, state=ReservationState.COMMITTED, version=version)


def movements(parts: tuple[ReservedPart, ...], event: StockReserved | Changed) -> tuple[Movement, ...]:
    """What ``event`` moves of ``parts`` in the ledger: nothing when a hold is only extended."""
    match event:
        case StockReserved():
            kind, source, target = EntryKind.RESERVE, Account.AVAILABLE, Account.RESERVED
        case ReservationReleased() | ReservationExpired():
            kind, source, target = EntryKind.RELEASE, Account.RESERVED, Account.AVAILABLE
        case ReservationCommitted():
            kind, source, target = EntryKind.COMMIT, Account.RESERVED, Account.COMMITTED
        case ReservationExtended():
            return ()
    return tuple(
        Movement(key=part.key, kind=kind, source=source, target=target, quantity=part.quantity) for part in parts
    )


def _lasting(seconds: int) -> timedelta:
    if not 0 < seconds <= HOLD_SECONDS_MAX:
        raise InvalidReservation(f"a hold lasts 1 to {HOLD_SECONDS_MAX} seconds", path="$.expires_in_seconds")
    return timedelta(seconds=seconds)
