"""Balances at the end of past days, made a day at a time."""

from collections.abc import Iterable
from datetime import UTC, date, datetime

from adapters.memory.database import MemoryDatabase
from adapters.memory.session import Session
from adapters.memory.tables import ENTRIES, SNAPSHOT_DAYS, SNAPSHOTS, LedgerRow, SnapshotRow
from core.inventory.balance import Balance, BalanceKey
from core.inventory.history import DAY, SnapshotDays, start_after
from core.inventory.stock import evolve
from core.kernel.ids import TenantId


class MemorySnapshots:
    """See ports.history.Snapshots."""

    def __init__(self, database: MemoryDatabase) -> None:
        self._database = database

    async def now(self) -> datetime:
        """See the port."""
        async with self._database.dispatching() as session:
            return session.now

    async def make(self, tenant: TenantId, through: date) -> int:
        """See the port."""
        made = 0
        async with self._database.reading(tenant) as session:
            days = session.get(SNAPSHOT_DAYS, (tenant,))
        while days is None or days.through < through:
            day = through if days is None else days.through + DAY
            more = await self._make_day(tenant, days, day)
            if more is None:
                break
            made += more
            days = SnapshotDays(since=days.since if days else day, through=day)
        return made

    async def _make_day(self, tenant: TenantId, days: SnapshotDays | None, day: date) -> int | None:
        """Make ``day`` after the complete ``days``; None: another process is at it, or has done it."""
        async with self._database.begin([tenant]) as session:
            await session.statement()
            if not session.try_lock((SNAPSHOT_DAYS, (tenant,))) or session.get(SNAPSHOT_DAYS, (tenant,)) != days:
                return None
            last = days.through if days else None
            since, until = start_after(last), start_after(day)
            moved = [entry for entry in entries_of(session, tenant) if since <= entry.recorded_at < until]
            before = {} if last is None else shelves_at_end(session, tenant, last)
            rows = folded(before, moved)
            for key in {entry.movement.key for entry in moved}:
                row = rows[key]
                on = row.updated_at.astimezone(UTC).date()
                await session.put(SNAPSHOTS, (tenant, key.item, key.location, key.lot, on), row)
            since_day = days.since if days else day
            await session.put(SNAPSHOT_DAYS, (tenant,), SnapshotDays(since=since_day, through=day))
            return len({entry.movement.key for entry in moved})


def entries_of(session: Session, tenant: TenantId) -> list[LedgerRow]:
    """The tenant's entries."""
    return [row for key, row in session.scan(ENTRIES) if key[0] == tenant]


def shelves_at_end(session: Session, tenant: TenantId, day: date) -> dict[BalanceKey, SnapshotRow]:
    """Each shelf's latest snapshot up to ``day``."""
    latest = {}
    for key, row in sorted(session.scan(SNAPSHOTS), key=lambda found: found[0]):
        if key[0] == tenant and key[4] <= day:
            latest[row.balance.key] = row
    return latest


def folded(shelves: dict[BalanceKey, SnapshotRow], entries: Iterable[LedgerRow]) -> dict[BalanceKey, SnapshotRow]:
    """The shelves after ``entries``, in whichever order they come."""
    after = dict(shelves)
    for entry in entries:
        key = entry.movement.key
        before = after.get(key, SnapshotRow(balance=Balance(key=key), updated_at=entry.recorded_at))
        after[key] = SnapshotRow(
            balance=evolve(before.balance, entry.movement), updated_at=max(before.updated_at, entry.recorded_at)
        )
    return after
