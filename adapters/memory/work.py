"""Claiming submissions by shard, and who is there to claim them."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta

from adapters.memory.database import MemoryDatabase
from adapters.memory.session import Session
from adapters.memory.tables import INTAKE_JOBS, WORKERS, Key
from adapters.memory.transaction import MemoryTransaction
from core.acceptance.facts import Requested
from core.intake.submission import Lane
from core.kernel.context import Context
from core.kernel.ids import NewId
from core.kernel.value import value
from ports.work import Membership

SILENT = timedelta(seconds=10)
"""Who says nothing for so long has no shards any more."""
FORGOTTEN = timedelta(days=1)
"""How long it is remembered how often somebody crashed."""


@value
class MemoryClaimed:
    """See ports.work.Claimed."""

    batch: Sequence[Requested]
    context: Context
    transaction: MemoryTransaction


class MemoryWork:
    """See ports.work.Work."""

    def __init__(self, database: MemoryDatabase, new_id: NewId) -> None:
        self._database = database
        self._new_id = new_id

    @asynccontextmanager
    async def claim(
        self, shards: Sequence[int], lanes: Sequence[Lane], limit: int, context: Context
    ) -> AsyncIterator[MemoryClaimed]:
        """See the port."""
        async with self._database.begin(None) as session:
            claimed = await _take(session, shards, lanes, limit)
            tenants = tuple(sorted({tenant for tenant, _ in claimed})) or context.tenants
            session.narrow(tenants)
            narrowed = replace(context, tenants=tenants)
            transaction = MemoryTransaction(session, narrowed, self._new_id)
            batch: Sequence[Requested] = ()
            if claimed:
                batch = await transaction.acceptance.submissions(sorted(intake for _, intake in claimed))
            yield MemoryClaimed(batch=batch, context=narrowed, transaction=transaction)


async def _take(session: Session, shards: Sequence[int], lanes: Sequence[Lane], limit: int) -> list[Key]:
    """Delete the jobs at the head of the lanes of those shards that are free."""
    owned = {shard for shard in shards if session.try_lock(("shard", shard))}
    rank = {lane: place for place, lane in enumerate(lanes)}
    turn = {shard: place for place, shard in enumerate(shards)}
    waiting = sorted(
        (rank[lane], turn[shard], key[1], key)
        for key, (shard, lane) in session.scan(INTAKE_JOBS)
        if shard in owned and lane in rank
    )
    return [key for _, _, _, key in waiting[:limit] if await session.delete(INTAKE_JOBS, key)]


class MemoryWorkers:
    """See ports.work.Workers. Judged by the storage's clock."""

    def __init__(self, database: MemoryDatabase) -> None:
        self._database = database

    async def join(self, worker: str) -> Membership:
        """See the port."""
        return await self._beat(worker, crashed=1, well=False)

    async def beat(self, worker: str, *, well: bool = False) -> Membership:
        """See the port."""
        return await self._beat(worker, crashed=0, well=well)

    async def _beat(self, worker: str, *, crashed: int, well: bool) -> Membership:
        async with self._database.dispatching() as session:
            rows = dict(session.scan(WORKERS))
            for key in [key for key, (at, _) in rows.items() if at < session.now - FORGOTTEN]:
                del rows[key]
                await session.delete(WORKERS, key)
            others = [name for (name,), (at, _) in rows.items() if name != worker and at >= session.now - SILENT]
            crashes = rows[worker,][1] + crashed if (worker,) in rows and not well else 0
            await session.put(WORKERS, (worker,), (session.now, crashes))
            before = sum(1 for name in others if name < worker)
            return Membership(index=before, count=len(others) + 1, crashes=crashes)

    async def leave(self, worker: str) -> None:
        """See the port."""
        async with self._database.dispatching() as session:
            await session.delete(WORKERS, (worker,))
