"""Holds on stock. Their time is the store's."""

from collections.abc import Collection, Sequence
from datetime import datetime

from adapters.memory.database import MemoryDatabase
from adapters.memory.session import Session
from adapters.memory.tables import RESERVATIONS
from core.inventory.reservation import Reservation, ReservationState, over
from core.kernel.context import Context
from core.kernel.ids import ItemId, ReservationId, TenantId


class MemoryReservations:
    """See ports.reservations.Reservations."""

    def __init__(self, session: Session, context: Context) -> None:
        self._session = session
        self._context = context

    async def now(self) -> datetime:
        """See the port."""
        await self._session.statement()
        return self._session.now

    async def add(self, reservation: Reservation) -> None:
        """See the port."""
        await self._session.statement()
        if not await self._session.insert(RESERVATIONS, (self._context.tenant, reservation.id), reservation):
            raise self._session.refuse("another transaction took this reservation's id first")

    async def lock(self, reservation: ReservationId) -> Reservation | None:
        """See the port."""
        await self._session.statement()
        key = (self._context.tenant, reservation)
        if self._session.get(RESERVATIONS, key) is None:
            return None
        await self._session.lock(RESERVATIONS, key)
        return self._session.get(RESERVATIONS, key)

    async def lock_expired(self, items: Collection[ItemId] | None, limit: int) -> Sequence[Reservation]:
        """See the port."""
        await self._session.statement()
        due = [
            (one.expires_at, key)
            for key, one in self._session.scan(RESERVATIONS)
            if key[0] == self._context.tenant
            and _expired(one, self._session.now)
            and (items is None or any(part.key.item in items for part in one.parts))
        ]
        held = []
        for _, key in sorted(due)[:limit]:
            if self._session.try_lock((RESERVATIONS, key)):
                one = self._session.get(RESERVATIONS, key)
                assert one is not None, "a reservation is never deleted"
                held.append(one)
        return held

    async def save(self, reservations: Sequence[Reservation]) -> None:
        """See the port."""
        await self._session.statement()
        for one in reservations:
            key = (self._context.tenant, one.id)
            before = self._session.get(RESERVATIONS, key)
            if before is None or before.version != one.version - 1:
                raise self._session.refuse("another transaction changed this reservation first")
            await self._session.put(RESERVATIONS, key, one)


class MemoryReservationsView:
    """See ports.reservations.ReservationsView."""

    def __init__(self, database: MemoryDatabase) -> None:
        self._database = database

    async def reservation(self, tenant: TenantId, reservation: ReservationId) -> Reservation | None:
        """See the port."""
        async with self._database.reading(tenant) as session:
            return session.get(RESERVATIONS, (tenant, reservation))

    async def tenants_with_expired(self, limit: int) -> Sequence[TenantId]:
        """See the port."""
        async with self._database.dispatching() as session:
            due = {key[0] for key, one in session.scan(RESERVATIONS) if _expired(one, session.now)}
        return sorted(due)[:limit]


def _expired(one: Reservation, now: datetime) -> bool:
    return one.state is ReservationState.HELD and over(one, now)
