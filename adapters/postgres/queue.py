"""The Postgres queue: SKIP LOCKED claims, leases by the database's clock, a fencing number on every ending."""

from collections import defaultdict
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from time import monotonic
from typing import Any

from adapters.postgres.engine import Connection, Database, columns_of
from core.kernel.context import Context
from core.kernel.ids import JobId, TenantId
from core.kernel.job import LeasedJob, LeaseLost, NewJob

_PUT = """
INSERT INTO queue_job (tenant_id, id, queue, payload, correlation, max_attempts, run_at, key, place)
SELECT t, id, queue, payload, correlation, attempts, COALESCE(now() + delay * interval '1 second', 'infinity'),
       key, place
FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::bytea[], $5::text[], $6::int[], $7::float8[], $8::text[],
            $9::bigint[]) AS n(t, id, queue, payload, correlation, attempts, delay, key, place)
WHERE NOT EXISTS (SELECT FROM dead_letter d WHERE d.tenant_id = n.t AND d.id = n.id)
ON CONFLICT DO NOTHING
"""
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
# Mostly there is none: then nobody looks for each key.
_ANY = """
SELECT EXISTS (SELECT FROM queue_job WHERE queue = $1 AND key IS NOT NULL AND tenant_id = ANY($2))
    OR EXISTS (SELECT FROM dead_letter
               WHERE queue = $1 AND key IS NOT NULL AND tenant_id = ANY($2) AND forgiven_at IS NULL)
"""
_HELD_UP = """
SELECT n.t, n.k FROM unnest($2::uuid[], $3::text[]) AS n(t, k)
WHERE EXISTS (SELECT FROM queue_job q WHERE q.tenant_id = n.t AND q.queue = $1 AND q.key = n.k)
   OR EXISTS (SELECT FROM dead_letter d
              WHERE d.tenant_id = n.t AND d.queue = $1 AND d.key = n.k AND d.forgiven_at IS NULL)
"""
_WITHDRAW = "DELETE FROM queue_job WHERE tenant_id = $1 AND id = $2"
_HELD = "tenant_id = $1 AND id = $2 AND fence = $3 AND leased AND run_at > now()"
_HOLD = f"SELECT id FROM queue_job WHERE {_HELD} FOR UPDATE"
_KEEP = f"UPDATE queue_job SET run_at = now() + $4 * interval '1 second' WHERE {_HELD}"
_FINISH = f"DELETE FROM queue_job WHERE {_HELD}"
_RETRY = f"""
UPDATE queue_job SET leased = false, run_at = COALESCE(now() + $4 * interval '1 second', 'infinity'),
       attempts = attempts - CASE WHEN $5 THEN 0 ELSE 1 END, failures = failures + CASE WHEN $5 THEN 1 ELSE 0 END
WHERE {_HELD}
"""
_BURY = f"""
WITH gone AS (DELETE FROM queue_job WHERE {_HELD} RETURNING *)
INSERT INTO dead_letter (tenant_id, id, queue, payload, correlation, attempts, max_attempts, error_code, error_detail,
                         trace, failed_at, key, place)
SELECT tenant_id, id, queue, payload, correlation, attempts, max_attempts, $4, $5, $6, $7, key, place FROM gone
"""
_REPLAY_DEAD = """
WITH risen AS (DELETE FROM dead_letter WHERE tenant_id = $1 AND id = $2 AND forgiven_at IS NULL RETURNING *)
INSERT INTO queue_job (tenant_id, id, queue, payload, correlation, max_attempts, run_at, key, place)
SELECT tenant_id, id, queue, payload, correlation, max_attempts, now(), key, place FROM risen
"""
_REPLAY_PARKED = """
UPDATE queue_job SET run_at = now(), attempts = 0, failures = 0 WHERE tenant_id = $1 AND id = $2 AND run_at = 'infinity'
"""


_FORGIVE = "UPDATE dead_letter SET forgiven_at = $3 WHERE tenant_id = $1 AND id = $2 AND forgiven_at IS NULL"


class PostgresQueue:
    """See ports.queue.Queue."""

    def __init__(self, connection: Connection, context: Context) -> None:
        self._connection = connection
        self._context = context

    async def put(self, jobs: Sequence[NewJob]) -> None:
        """See the port."""
        await self._connection.execute(
            _PUT,
            [job.tenant for job in jobs],
            [job.id for job in jobs],
            [job.queue for job in jobs],
            [job.payload for job in jobs],
            [job.correlation for job in jobs],
            [job.max_attempts for job in jobs],
            [job.delay_seconds for job in jobs],
            [job.key for job in jobs],
            [job.place for job in jobs],
        )

    async def held_up(self, queue: str, keys: Collection[tuple[TenantId, str]]) -> Collection[tuple[TenantId, str]]:
        """See the port."""
        if not keys or not await self._connection.fetchval(_ANY, queue, self._context.tenants):
            return frozenset()
        rows = await self._connection.fetch(_HELD_UP, queue, *columns_of(sorted(keys)))
        return frozenset((TenantId(str(tenant)), key) for tenant, key in rows)

    async def withdraw(self, job: JobId) -> bool:
        """See ports.queue.Withdrawals."""
        tag = await self._connection.execute(_WITHDRAW, self._context.tenant, job)
        gone: bool = tag == "DELETE 1"
        return gone

    async def hold(self, job: LeasedJob) -> None:
        """See the port."""
        if await self._connection.fetchrow(_HOLD, job.tenant, job.id, job.fence) is None:
            raise _lost(job)

    async def finish(self, job: LeasedJob) -> None:
        """See the port."""
        await self._end(job, _FINISH)

    async def retry(self, job: LeasedJob, delay_seconds: float | None, detail: str, *, counted: bool = True) -> None:
        """See the port."""
        await self._end(job, _RETRY, delay_seconds, counted)

    async def bury(self, job: LeasedJob, code: str, detail: str, trace: str) -> None:
        """See the port."""
        await self._end(job, _BURY, code, detail, trace, self._context.now)

    async def _end(self, job: LeasedJob, statement: str, *arguments: object) -> None:
        tag = await self._connection.execute(statement, job.tenant, job.id, job.fence, *arguments)
        if not tag.endswith(" 1"):
            raise _lost(job)


def _lost(job: LeasedJob) -> LeaseLost:
    return LeaseLost(f"job {job.id}: lease {job.fence} has ended")


EVER = 1e9
"""Seconds: longer than any job has been due."""
LATE_SECONDS = 5.0
"""Most jobs are put by transactions shorter than this. Those of longer ones are found when everything is looked at."""
EVERYTHING_EVERY_SECONDS = 5.0
KEYED_SECONDS = 60.0
"""After a job with a key whoever waits for it may have been due for any time."""


@dataclass(slots=True)
class _Seen:
    """Moments of this process's clock: nothing due before was left; everything was looked at; a job had a key."""

    empty: float | None = None
    everything: float = -EVER
    keyed: float = -EVER


class PostgresJobSource:
    """See ports.queue.JobSource."""

    def __init__(self, database: Database, clock: Callable[[], float] = monotonic) -> None:
        self._database = database
        self._clock = clock
        self._seen: dict[str, _Seen] = defaultdict(_Seen)

    async def lease(self, queue: str, limit: int, seconds: float) -> Sequence[LeasedJob]:
        """See the port."""
        began, seen = self._clock(), self._seen[queue]
        everything = (
            seen.empty is None
            or began - seen.everything > EVERYTHING_EVERY_SECONDS
            or began - seen.keyed < KEYED_SECONDS
        )
        back = EVER if everything or seen.empty is None else began - seen.empty + LATE_SECONDS
        async with self._database.dispatching() as connection:
            rows = await connection.fetch(_LEASE, queue, limit, seconds, back)
        if everything:
            seen.everything = began
        if any(row["key"] is not None for row in rows):
            seen.keyed = began
        # They come in the order in which they were due: what was due before the last of a full batch is gone.
        seen.empty = began if len(rows) < limit else began - min(row["waited"] for row in rows)
        return [_to_leased(row) for row in rows]

    async def keep(self, job: LeasedJob, seconds: float) -> bool:
        """See the port."""
        async with self._database.dispatching() as connection:
            tag = await connection.execute(_KEEP, job.tenant, job.id, job.fence, seconds)
        return bool(tag == "UPDATE 1")


class PostgresDeadLetters:
    """See ports.queue.DeadLetters."""

    def __init__(self, connection: Connection, context: Context) -> None:
        self._connection = connection
        self._context = context

    async def replay(self, job: JobId) -> bool:
        """See the port."""
        for statement in (_REPLAY_DEAD, _REPLAY_PARKED):
            tag = await self._connection.execute(statement, self._context.tenant, job)
            if tag.endswith(" 1"):
                return True
        return False

    async def forgive(self, job: JobId) -> bool:
        """See the port."""
        tag = await self._connection.execute(_FORGIVE, self._context.tenant, job, self._context.now)
        return bool(tag.endswith(" 1"))


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
