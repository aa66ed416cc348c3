"""The parts of a process with points in them at which they decide the other way (see buggify.py)."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

from composition.simulation.buggify import Buggify
from composition.simulation.choices import share
from core.intake.submission import Submission
from core.kernel.event import Cursor, RecordedEvent
from core.kernel.job import LeasedJob, NewJob
from core.sagas.queues import STEPS
from ports.delivery import Publisher, RelayPosition
from ports.journal import JournalFeed
from ports.queue import JobSource
from ports.storage import StorageUnavailable
from ports.work import Membership, Workers

WAIT_SECONDS = 0.3
SHORT_LEASE_SECONDS = 2.0
COLLAPSED, STRETCHED = 0.05, 4.0
ATTEMPTS_MAX = 2
"""A job tried so often keeps its delay: without it whatever is away for a moment would use up the other attempts."""


class Feed:
    """See ports.journal.JournalFeed, of which a relay needs ``read``."""

    def __init__(self, inner: JournalFeed, buggify: Buggify) -> None:
        self._inner = inner
        self._buggify = buggify

    async def read(self, after: Cursor, limit: int) -> Sequence[RecordedEvent]:
        """See the port."""
        return await self._inner.read(after, 1 if self._buggify("relay-reads-one") else limit)


class Position:
    """See ports.delivery.RelayPosition."""

    def __init__(self, inner: RelayPosition, buggify: Buggify) -> None:
        self._inner = inner
        self._buggify = buggify
        self.advance = inner.advance

    async def take(self, relay: str) -> Cursor | None:
        """See the port."""
        return None if self._buggify("relay-gives-way") else await self._inner.take(relay)


class Singly:
    """See ports.delivery.Publisher."""

    def __init__(self, inner: Publisher, buggify: Buggify) -> None:
        self._inner = inner
        self._buggify = buggify

    async def publish(self, events: Sequence[RecordedEvent]) -> None:
        """See the port."""
        if not self._buggify("published-singly"):
            await self._inner.publish(events)
            return
        for event in events:
            await self._inner.publish([event])


class Work:
    """See ports.work.Work."""

    def __init__(self, inner: Any, buggify: Buggify) -> None:
        self._inner = inner
        self._buggify = buggify

    @asynccontextmanager
    async def claim(self, shards: Any, lanes: Any, limit: int, context: Any) -> AsyncIterator[Any]:
        """See the port."""
        some = () if self._buggify("claims-nothing") else lanes
        async with self._inner.claim(shards, some, 1 if self._buggify("claims-one") else limit, context) as claimed:
            claimed.transaction.queue = Queue(claimed.transaction.queue, self._buggify)
            yield claimed


class Members:
    """See ports.work.Workers. ``stop`` tells the worker to leave."""

    def __init__(self, inner: Workers, buggify: Buggify, stop: Callable[[], None]) -> None:
        self._inner = inner
        self._buggify = buggify
        self._stop = stop
        self.join, self.leave = inner.join, inner.leave

    async def beat(self, worker: str, *, well: bool = False) -> Membership:
        """See the port."""
        if self._buggify("leaves-early"):
            self._stop()
        if self._buggify("misses-a-beat"):
            raise StorageUnavailable("a beat is missed")
        return await self._inner.beat(worker, well=well)


class Jobs:
    """See ports.queue.JobSource."""

    def __init__(self, inner: JobSource, buggify: Buggify) -> None:
        self._inner = inner
        self._buggify = buggify
        self.keep = inner.keep

    async def lease(self, queue: str, limit: int, seconds: float) -> Sequence[LeasedJob]:
        """See the port."""
        if self._buggify("lease-finds-nothing"):
            return []
        early = self._buggify("lease-ends-early")
        leased = await self._inner.lease(queue, limit, SHORT_LEASE_SECONDS * share(early) if early else seconds)
        return [*leased, *leased] if queue == STEPS and leased and self._buggify("job-twice") else leased


class Queue:
    """See ports.queue.Queue."""

    def __init__(self, inner: Any, buggify: Buggify) -> None:
        self._inner = inner
        self._buggify = buggify
        self.hold, self.finish, self.bury, self.withdraw = inner.hold, inner.finish, inner.bury, inner.withdraw
        self.held_up = inner.held_up

    async def put(self, jobs: Sequence[NewJob]) -> None:
        """See the port."""
        await self._inner.put([replace(job, delay_seconds=self._other(job.delay_seconds)) for job in jobs])

    async def retry(self, job: LeasedJob, delay_seconds: float | None, detail: str, *, counted: bool = True) -> None:
        """See the port."""
        delay = self._other(delay_seconds) if job.attempt <= ATTEMPTS_MAX else delay_seconds
        await self._inner.retry(job, delay, detail, counted=counted)

    def _other(self, seconds: float | None) -> float | None:
        if not seconds:
            return seconds
        if self._buggify("delay-collapses"):
            return seconds * COLLAPSED
        return seconds * STRETCHED if self._buggify("delay-stretches") else seconds


class Transactions:
    """See ports.transaction."""

    def __init__(self, inner: Any, buggify: Buggify) -> None:
        self._inner = inner
        self._buggify = buggify

    @asynccontextmanager
    async def begin(self, context: Any) -> AsyncIterator[Any]:
        """See the port."""
        async with self._inner.begin(context) as tx:
            tx.queue = Queue(tx.queue, self._buggify)
            yield tx


class Log:
    """See ports.intake.IntakeLog, of which a writer needs ``append``."""

    def __init__(self, inner: Any, buggify: Buggify) -> None:
        self._inner = inner
        self._buggify = buggify

    async def append(self, submissions: Sequence[Submission]) -> Any:
        """See the port."""
        waits = self._buggify("append-waits")
        if waits:
            await asyncio.sleep(share(waits) * WAIT_SECONDS)
        return await self._inner.append(submissions)
