"""Polls that would find nothing, left out: they change nothing, and most steps of a quiet world would be theirs."""

from collections.abc import Sequence
from datetime import timedelta

from adapters.memory.store import Store
from adapters.memory.tables import JOBS
from composition.simulation.faults import SKEW_SECONDS
from composition.simulation.observer import relayed
from core.kernel.event import Cursor
from core.kernel.job import LeasedJob
from ports.delivery import RelayPosition
from ports.queue import JobSource

EARLY = timedelta(seconds=SKEW_SECONDS)
"""Whoever looked at a clock of his own would find what is due by that."""


class IdleJobs:
    """See ports.queue.JobSource."""

    def __init__(self, inner: JobSource, store: Store) -> None:
        self._inner = inner
        self._store = store
        self.keep = inner.keep

    async def lease(self, queue: str, limit: int, seconds: float) -> Sequence[LeasedJob]:
        """See the port."""
        by = self._store.clock() + EARLY
        rows = self._store.table(JOBS).values()
        if any(row.queue == queue and row.run_at is not None and row.run_at <= by for row in rows):
            return await self._inner.lease(queue, limit, seconds)
        return []


class IdlePosition:
    """See ports.delivery.RelayPosition. With nothing to carry on, nobody need be the relay."""

    def __init__(self, inner: RelayPosition, store: Store) -> None:
        self._inner = inner
        self._store = store
        self.advance = inner.advance

    async def take(self, relay: str) -> Cursor | None:
        """See the port."""
        return None if relayed(self._store) else await self._inner.take(relay)
