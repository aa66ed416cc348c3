"""Balances at the end of past days, made a few items at a time."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from adapters.postgres.engine import Connection, Database, begin_as
from adapters.postgres.past import FOLDED, entries, window
from adapters.postgres.transaction import committed
from core.inventory.balance import BUCKETS
from core.inventory.history import DAY, SnapshotDays, start_after
from core.kernel.ids import TenantId

TOGETHER = 200
"""Items in one transaction: it is over in a moment, however many there are."""
FIRST_ITEM = "00000000-0000-0000-0000-000000000000"
_DAYS = "SELECT since, through FROM snapshot_day WHERE tenant_id = $1"
_ALONE = "SELECT pg_try_advisory_xact_lock(hashtext('fluxor snapshots'), hashtext($1::text))"
# The first fold of an item may have years to read.
_PATIENTLY = """
SET LOCAL statement_timeout = '10min';
SELECT set_config('transaction_timeout', '0', true), set_config('transaction_timeout', '15min', true)
WHERE current_setting('server_version_num')::int >= 170000
"""
_ITEMS = "SELECT id FROM item WHERE tenant_id = $1 AND id > $2 ORDER BY id LIMIT $3"
_SUMS = ", ".join(f"COALESCE(p.{bucket}, 0) + m.{bucket}" for bucket in BUCKETS)
# All is read before the first row is written: a transaction that has written holds back the readers of the journal.
_MAKE = f"""
WITH moved AS MATERIALIZED (
    SELECT i.id AS item_id, e.* FROM unnest($2::uuid[]) AS i(id)
    CROSS JOIN LATERAL (
        SELECT location_id, lot_id, max(recorded_at) AS updated_at, {FOLDED} FROM ({entries("i.id", 4)}) AS entry
        GROUP BY location_id, lot_id OFFSET 0
    ) e
)
INSERT INTO stock_snapshot (tenant_id, item_id, location_id, lot_id, day, {", ".join(BUCKETS)}, updated_at)
SELECT $1, m.item_id, m.location_id, m.lot_id, (m.updated_at AT TIME ZONE 'UTC')::date, {_SUMS}, m.updated_at
FROM moved m
LEFT JOIN LATERAL (
    SELECT * FROM stock_snapshot s
    WHERE s.tenant_id = $1 AND s.item_id = m.item_id AND s.location_id = m.location_id AND s.lot_id = m.lot_id
      AND s.day <= $3::date
    ORDER BY s.day DESC LIMIT 1
) p ON true
ON CONFLICT DO NOTHING
"""
_BEGIN = "INSERT INTO snapshot_day (tenant_id, since, through) VALUES ($1, $2, $2) ON CONFLICT DO NOTHING"
_GO_ON = "UPDATE snapshot_day SET through = $2 WHERE tenant_id = $1 AND through = $3"


class PostgresSnapshots:
    """See ports.history.Snapshots."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def now(self) -> datetime:
        """See the port."""
        async with self._database.autocommit() as connection:
            now: datetime = await connection.fetchval("SELECT now()")
        return now

    async def make(self, tenant: TenantId, through: date) -> int:
        """See the port."""
        made = 0
        async with self._database.reading(tenant) as connection:
            days = await complete_days(connection, tenant)
        while days is None or days.through < through:
            last, day = (None, through) if days is None else (days.through, days.through + DAY)
            more = await self._make_day(tenant, last, day)
            if more is None:
                break
            made += more
            days = SnapshotDays(since=days.since if days else day, through=day)
        return made

    async def _make_day(self, tenant: TenantId, last: date | None, day: date) -> int | None:
        """Make ``day`` after the complete day ``last``; None: another process is at it, or has done it."""
        made, item = 0, FIRST_ITEM
        while True:
            async with self._database.acquire() as connection, committed(connection, begin_as((tenant,))):
                if not await connection.fetchval(_ALONE, tenant):
                    return None
                items = [row["id"] for row in await connection.fetch(_ITEMS, tenant, item, TOGETHER)]
                made += await _make(connection, tenant, items, last, day)
                if len(items) < TOGETHER:
                    return made if await _complete(connection, tenant, last, day) else None
                item = str(items[-1])


async def _make(connection: Connection, tenant: TenantId, items: Sequence[Any], last: date | None, day: date) -> int:
    if not items:
        return 0
    await connection.execute(_PATIENTLY)
    within = window(start_after(last), start_after(day))
    tag: str = await connection.execute(_MAKE, tenant, items, last, *within, timeout=900)
    return int(tag.rpartition(" ")[2])


async def _complete(connection: Connection, tenant: TenantId, last: date | None, day: date) -> bool:
    if last is None:
        tag = await connection.execute(_BEGIN, tenant, day)
    else:
        tag = await connection.execute(_GO_ON, tenant, day, last)
    return not tag.endswith(" 0")


async def complete_days(connection: Connection, tenant: TenantId) -> SnapshotDays | None:
    """The tenant's complete days, None when there is none yet."""
    row = await connection.fetchrow(_DAYS, tenant)
    return SnapshotDays(since=row["since"], through=row["through"]) if row else None
