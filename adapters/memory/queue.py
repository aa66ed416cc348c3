"""Jobs that wait: leases by the storage's clock, a fencing number no two leases share."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from adapters.memory.database import MemoryDatabase
from adapters.memory.session import Session
from adapters.memory.tables import DEAD, JOBS, DeadRow, Key, QueueRow
from core.kernel.context import Context
from core.kernel.ids import JobId, TenantId
from core.kernel.job import LeasedJob, LeaseLost, NewJob


class MemoryQueue:
    """See ports.queue.Queue."""

    def __init__(self, session: Session, context: Context) -> None:
        self._session = session
        self._context = context

    async def put(self, jobs: Sequence[NewJob]) -> None:
        """See the port."""
        await self._session.statement()
        for job in jobs:
            key = (job.tenant, job.id)
            row = QueueRow(
                queue=job.queue,
                payload=job.payload,
                correlation=job.correlation,
                max_attempts=job.max_attempts,
                run_at=self._after(job.delay_seconds),
                key=job.key,
                place=job.place,
            )
            if self._session.get(DEAD, key) is None:
                await self._session.insert(JOBS, key, row)

    async def held_up(self, queue: str, keys: Collection[tuple[TenantId, str]]) -> Collection[tuple[TenantId, str]]:
        """See the port."""
        await self._session.statement()
        return frozenset(keys) & {key for key, _ in places_taken(self._session, queue)}

    async def withdraw(self, job: JobId) -> bool:
        """See ports.queue.Withdrawals."""
        await self._session.statement()
        return await self._session.delete(JOBS, (self._context.tenant, job))

    async def hold(self, job: LeasedJob) -> None:
        """See the port."""
        await self._held(job)

    async def finish(self, job: LeasedJob) -> None:
        """See the port."""
        await self._held(job)
        await self._session.delete(JOBS, (job.tenant, job.id))

    async def retry(self, job: LeasedJob, delay_seconds: float | None, detail: str, *, counted: bool = True) -> None:
        """See the port."""
        row = await self._held(job)
        changed = replace(
            row,
            leased=False,
            run_at=self._after(delay_seconds),
            attempts=row.attempts if counted else row.attempts - 1,
            failures=row.failures + 1 if counted else row.failures,
        )
        await self._session.put(JOBS, (job.tenant, job.id), changed)

    async def bury(self, job: LeasedJob, code: str, detail: str, trace: str) -> None:
        """See the port."""
        row = await self._held(job)
        key = (job.tenant, job.id)
        dead = DeadRow(job=row, code=code, detail=detail, trace=trace, failed_at=self._context.now)
        await self._session.delete(JOBS, key)
        await self._session.put(DEAD, key, dead)

    async def _held(self, job: LeasedJob) -> QueueRow:
        await self._session.statement()
        key = (job.tenant, job.id)
        if self._session.get(JOBS, key) is not None:
            await self._session.lock(JOBS, key)
        row = self._session.get(JOBS, key)
        if row is None or not lease_holds(row, job, self._session.now):
            raise LeaseLost(f"job {job.id}: lease {job.fence} has ended")
        return row

    def _after(self, seconds: float | None) -> datetime | None:
        return None if seconds is None else self._session.now + timedelta(seconds=seconds)


def lease_holds(row: QueueRow, job: LeasedJob, now: datetime) -> bool:
    """Whether ``job`` is the lease the row is under."""
    return row.leased and row.fence == job.fence and row.run_at is not None and row.run_at > now


def places_taken(session: Session, queue: str) -> Iterator[tuple[tuple[TenantId, str], int]]:
    """The tenant and key, and the place, of every job of the queue that holds up those behind it."""
    rows = [(at[0], row) for at, row in session.scan(JOBS)]
    rows += [(at[0], letter.job) for at, letter in session.scan(DEAD) if not letter.forgiven]
    for tenant, row in rows:
        if row.queue == queue and row.key is not None:
            yield (tenant, row.key), row.place


class MemoryJobSource:
    """See ports.queue.JobSource."""

    def __init__(self, database: MemoryDatabase) -> None:
        self._database = database

    async def lease(self, queue: str, limit: int, seconds: float) -> Sequence[LeasedJob]:
        """See the port."""
        async with self._database.dispatching() as session:
            first: dict[tuple[TenantId, str], int] = {}
            for name, place in places_taken(session, queue):
                first[name] = min(place, first.get(name, place))
            due = sorted(
                (row.run_at, key)
                for key, row in session.scan(JOBS)
                if row.queue == queue and row.run_at is not None and row.run_at <= session.now
                if row.key is None or row.place == first[key[0], row.key]
            )
            leased: list[LeasedJob] = []
            for _, key in due:
                if len(leased) < limit and session.try_lock((JOBS, key)):
                    leased.append(await _lease(session, key, seconds))
            return leased

    async def keep(self, job: LeasedJob, seconds: float) -> bool:
        """See the port."""
        async with self._database.dispatching() as session:
            key = (job.tenant, job.id)
            await session.lock(JOBS, key)
            row = session.get(JOBS, key)
            if row is None or not lease_holds(row, job, session.now):
                return False
            await session.put(JOBS, key, replace(row, run_at=session.now + timedelta(seconds=seconds)))
            return True


async def _lease(session: Session, key: Key, seconds: float) -> LeasedJob:
    row = session.get(JOBS, key)
    assert row is not None, "a job is leased while its row is held"
    row = replace(
        row,
        attempts=row.attempts + 1,
        fence=session.store.next_fence(),
        leased=True,
        run_at=session.now + timedelta(seconds=seconds),
    )
    await session.put(JOBS, key, row)
    return LeasedJob(
        id=key[1],
        tenant=key[0],
        queue=row.queue,
        payload=row.payload,
        correlation=row.correlation,
        attempt=row.attempts,
        max_attempts=row.max_attempts,
        fence=row.fence,
        failures=row.failures,
    )


class MemoryDeadLetters:
    """See ports.queue.DeadLetters."""

    def __init__(self, session: Session, context: Context) -> None:
        self._session = session
        self._context = context

    async def replay(self, job: JobId) -> bool:
        """See the port."""
        session, key = self._session, (self._context.tenant, job)
        await session.statement()
        dead = session.get(DEAD, key)
        if dead is not None and not dead.forgiven and await session.delete(DEAD, key):
            again = replace(dead.job, attempts=0, failures=0, leased=False, fence=0, run_at=session.now)
            return await session.insert(JOBS, key, again)
        if session.get(JOBS, key) is None:
            return False
        await session.lock(JOBS, key)
        row = session.get(JOBS, key)
        if row is None or row.run_at is not None:
            return False
        await session.put(JOBS, key, replace(row, attempts=0, failures=0, run_at=session.now))
        return True

    async def forgive(self, job: JobId) -> bool:
        """See the port."""
        session, key = self._session, (self._context.tenant, job)
        await session.statement()
        await session.lock(DEAD, key)
        dead = session.get(DEAD, key)
        if dead is None or dead.forgiven:
            return False
        await session.put(DEAD, key, replace(dead, forgiven=True))
        return True
