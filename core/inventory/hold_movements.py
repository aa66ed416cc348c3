"""What becomes of held stock in the ledger."""

from core.inventory.balance import Account, EntryKind, Movement
from core.inventory.reservation import (
    Changed,
    ReservationCommitted,
    ReservationConsumed,
    ReservationExpired,
    ReservationExtended,
    ReservationReleased,
    ReservedPart,
    StockReserved,
)


def movements(parts: tuple[ReservedPart, ...], event: StockReserved | Changed) -> tuple[Movement, ...]:
    """What ``event`` moves of ``parts`` in the ledger: nothing when a hold is only extended."""
    return tuple(
        Movement(key=part.key, kind=kind, source=source, target=target, quantity=part.quantity)
        for part in parts
        for kind, source, target in _ways(event)
    )


def _ways(event: StockReserved | Changed) -> tuple[tuple[EntryKind, Account, Account], ...]:
    """From where each part goes where; what leaves is picked by it."""
    match event:
        case StockReserved():
            return ((EntryKind.RESERVE, Account.AVAILABLE, Account.RESERVED),)
        case ReservationReleased() | ReservationExpired():
            return ((EntryKind.RELEASE, Account.RESERVED, Account.AVAILABLE),)
        case ReservationCommitted():
            return ((EntryKind.COMMIT, Account.RESERVED, Account.COMMITTED),)
        case ReservationConsumed():
            picked = (EntryKind.PICK, Account.COMMITTED, Account.PICKED)
            return (picked, (EntryKind.SHIP, Account.PICKED, Account.CUSTOMER))
        case ReservationExtended():
            return ()
