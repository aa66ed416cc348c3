"""Holds on stock. Their time is the database's."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from adapters.postgres.engine import Connection, Database
from adapters.toolkit.codec import decode, encode
from core.inventory.holding import Holder
from core.inventory.reservation import Reservation, ReservationState, ReservedPart
from core.kernel.context import Context
from core.kernel.ids import ItemId, ReservationId, TenantId
from ports.transaction import TransactionConflict

_COLUMNS = "r.id, r.holder, r.reference, r.parts, r.seconds, r.expires_at, r.state, r.version"
_ADD = """
INSERT INTO reservation (tenant_id, id, holder, reference, parts, items, seconds, expires_at, state, version)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
"""
_ONE = f"SELECT {_COLUMNS} FROM reservation r WHERE r.tenant_id = $1 AND r.id = $2"
_LOCK = f"{_ONE} FOR UPDATE"
_LOCK_EXPIRED = f"""
SELECT {_COLUMNS} FROM reservation r
WHERE r.tenant_id = $1 AND r.state = 'held' AND r.expires_at <= now() AND ($2::uuid[] IS NULL OR r.items && $2::uuid[])
ORDER BY r.expires_at, r.id LIMIT $3 FOR UPDATE SKIP LOCKED
"""
_WITH_EXPIRED = """
SELECT DISTINCT tenant_id FROM reservation WHERE state = 'held' AND expires_at <= now() ORDER BY tenant_id LIMIT $1
"""
_SAVE = """
UPDATE reservation r SET state = n.state, expires_at = n.expires_at, version = n.version
FROM unnest($2::uuid[], $3::text[], $4::timestamptz[], $5::int[]) AS n(id, state, expires_at, version)
WHERE r.tenant_id = $1 AND r.id = n.id AND r.version = n.version - 1
"""


class PostgresReservations:
    """See ports.reservations.Reservations."""

    def __init__(self, connection: Connection, context: Context) -> None:
        self._connection = connection
        self._context = context

    async def now(self) -> datetime:
        """See the port."""
        now: datetime = await self._connection.fetchval("SELECT now()")
        return now

    async def add(self, reservation: Reservation) -> None:
        """See the port."""
        await self._connection.execute(
            _ADD,
            self._context.tenant,
            reservation.id,
            reservation.holder,
            reservation.reference,
            encode(reservation.parts),
            sorted({part.key.item for part in reservation.parts}),
            reservation.seconds,
            reservation.expires_at,
            reservation.state,
            reservation.version,
        )

    async def lock(self, reservation: ReservationId) -> Reservation | None:
        """See the port."""
        row = await self._connection.fetchrow(_LOCK, self._context.tenant, reservation)
        return None if row is None else _to_reservation(row)

    async def lock_expired(self, items: Collection[ItemId] | None, limit: int) -> Sequence[Reservation]:
        """See the port."""
        wanted = None if items is None else list(items)
        rows = await self._connection.fetch(_LOCK_EXPIRED, self._context.tenant, wanted, limit)
        return [_to_reservation(row) for row in rows]

    async def save(self, reservations: Sequence[Reservation]) -> None:
        """See the port."""
        tag = await self._connection.execute(
            _SAVE,
            self._context.tenant,
            [one.id for one in reservations],
            [one.state for one in reservations],
            [one.expires_at for one in reservations],
            [one.version for one in reservations],
        )
        if tag != f"UPDATE {len(reservations)}":
            raise TransactionConflict("another transaction changed this reservation first")


class PostgresReservationsView:
    """See ports.reservations.ReservationsView."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def reservation(self, tenant: TenantId, reservation: ReservationId) -> Reservation | None:
        """See the port."""
        async with self._database.reading(tenant) as connection:
            row = await connection.fetchrow(_ONE, tenant, reservation)
        return None if row is None else _to_reservation(row)

    async def tenants_with_expired(self, limit: int) -> Sequence[TenantId]:
        """See the port."""
        async with self._database.dispatching() as connection:
            rows = await connection.fetch(_WITH_EXPIRED, limit)
        return [TenantId(str(row["tenant_id"])) for row in rows]


def _to_reservation(row: Any) -> Reservation:
    """A reservation from its row."""
    return Reservation(
        id=ReservationId(str(row["id"])),
        holder=Holder(row["holder"]),
        reference=row["reference"],
        parts=decode(tuple[ReservedPart, ...], row["parts"]),
        seconds=row["seconds"],
        expires_at=row["expires_at"],
        state=ReservationState(row["state"]),
        version=row["version"],
    )
