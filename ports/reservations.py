"""Holds on stock, part of a transaction. Their time is the storage's."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Protocol

from core.inventory.reservation import Reservation
from core.kernel.ids import ItemId, ReservationId, TenantId


class Reservations(Protocol):
    """The tenant's reservations."""

    async def now(self) -> datetime:
        """The storage's time, one for the whole transaction: holds begin and run out by it."""
        ...

    async def add(self, reservation: Reservation) -> None:
        """Keep a new reservation. Raises TransactionConflict when another transaction took its id first."""
        ...

    async def lock(self, reservation: ReservationId) -> Reservation | None:
        """Hold the reservation against others; None: there is none with this id."""
        ...

    async def lock_expired(self, items: Collection[ItemId] | None, limit: int) -> Sequence[Reservation]:
        """Up to ``limit`` holds whose time is over, of any of ``items`` (None: of any item), oldest end first.

        Those another transaction holds are left to it.
        """
        ...

    async def save(self, reservations: Sequence[Reservation]) -> None:
        """Keep locked reservations as they are now. Raises TransactionConflict when one has another version before."""
        ...


class ReservationsView(Protocol):
    """Reading holds, straight from an entrypoint."""

    async def reservation(self, tenant: TenantId, reservation: ReservationId) -> Reservation | None:
        """The reservation as it stands, None: there is none. One whose time is over may still be shown as held."""
        ...

    async def tenants_with_expired(self, limit: int) -> Sequence[TenantId]:
        """Up to ``limit`` tenants that have holds whose time is over."""
        ...
