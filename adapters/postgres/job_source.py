"""Claiming jobs with SKIP LOCKED, and looking no further back for them than one must."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from time import monotonic
from typing import Any

from adapters.postgres.engine import Database
from adapters.postgres.queue import HELD
from core.kernel.ids import JobId, TenantId
from core.kernel.job import LeasedJob

# What is done with stays in the index while an old snapshot might see it: claims do not walk through all of that.
_LEASE = """
WITH due AS (
    SELECT tenant_id, id, extract(epoch FROM now() - run_at)::float8 AS waited FROM queue_job q
    WHERE queue = $1 AND run_at <= now() AND run_at >= now() - $4 * interval '1 second' AND (key IS NULL OR NOT EXISTS (
        SELECT FROM queue_job b
        WHERE b.tenant_id = q.tenant_id AND b.queue = q.queue AND b.key = q.key AND b.place < q.place
    ) AND NOT EXISTS (
        SELECT FROM dead_letter d WHERE d.tenant_id = q.tenant_id AND d.queue = q.queue AND d.key = q.key
        AND d.place < q.place AND d.forgiven_at IS NULL
    )) ORDER BY run_at LIMIT $2 FOR UPDATE SKIP LOCKED
)
UPDATE queue_job q SET attempts = attempts + 1, fence = nextval('queue_fence'), leased = true,
       run_at = now() + $3 * interval '1 second'
FROM due WHERE q.tenant_id = due.tenant_id AND q.id = due.id
RETURNING q.tenant_id, q.id, q.queue, q.payload, q.correlation, q.attempts, q.max_attempts, q.fence,
          q.failures, q.key, due.waited
"""
_KEEP = f"UPDATE queue_job SET run_at = now() + $4 * interval '1 second' WHERE {HELD}"
EVER = 1e9
"""Seconds: longer than any job has been due."""
LATE_SECONDS = 1.0
"""Most jobs are put by transactions shorter than this. Those of longer ones are found when everything is looked at."""
EVERYTHING_EVERY_SECONDS = 5.0
KEYED_SECONDS = 60.0
"""After a job with a key whoever waits for it may have been due for any time."""


@dataclass(slots=True)
class _Seen:
    """Moments of this process's clock: nothing due before was left; everything was looked at; a job had a key."""

    empty: float = -EVER
    everything: float = -EVER
    keyed: float = -EVER

    def back_to(self, now: float) -> float | None:
        """The moment a claim may leave out what was due before; None: this time everything is looked at."""
        if now - self.everything > EVERYTHING_EVERY_SECONDS or now - self.keyed < KEYED_SECONDS:
            return None
        return self.empty - LATE_SECONDS


class PostgresJobSource:
    """See ports.queue.JobSource."""

    def __init__(self, database: Database, clock: Callable[[], float] = monotonic) -> None:
        self._database = database
        self._clock = clock
        self._seen: dict[str, _Seen] = defaultdict(_Seen)

    async def lease(self, queue: str, limit: int, seconds: float) -> Sequence[LeasedJob]:
        """See the port."""
        began, seen = self._clock(), self._seen[queue]
        earliest = seen.back_to(began)
        async with self._database.dispatching() as connection:
            rows = await connection.fetch(_LEASE, queue, limit, seconds, EVER if earliest is None else began - earliest)
        if earliest is None:
            seen.everything = began
        if any(row["key"] is not None for row in rows):
            seen.keyed = began
        # They come in the order in which they were due: what was due before the last of a full batch is gone.
        seen.empty = began if len(rows) < limit else began - min((row["waited"] for row in rows), default=EVER)
        return [_to_leased(row) for row in rows]

    async def keep(self, job: LeasedJob, seconds: float) -> bool:
        """See the port."""
        async with self._database.dispatching() as connection:
            tag = await connection.execute(_KEEP, job.tenant, job.id, job.fence, seconds)
        return bool(tag == "UPDATE 1")


def _to_leased(row: Any) -> LeasedJob:
    return LeasedJob(
        id=JobId(str(row["id"])),
        tenant=TenantId(str(row["tenant_id"])),
        queue=row["queue"],
        payload=row["payload"],
        correlation=row["correlation"],
        attempt=row["attempts"],
        max_attempts=row["max_attempts"],
        fence=row["fence"],
        failures=row["failures"],
    )
