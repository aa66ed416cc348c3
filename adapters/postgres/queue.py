"""The Postgres queue: leases by the database's clock, and a fencing number on every ending."""

from collections.abc import Collection, Sequence

from adapters.postgres.engine import Connection, columns_of
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
HELD = "tenant_id = $1 AND id = $2 AND fence = $3 AND leased AND run_at > now()"
"""What is true of a job while its lease is."""
_HOLD = f"SELECT id FROM queue_job WHERE {HELD} FOR UPDATE"
_FINISH = f"DELETE FROM queue_job WHERE {HELD}"
_RETRY = f"""
UPDATE queue_job SET leased = false, run_at = COALESCE(now() + $4 * interval '1 second', 'infinity'),
       attempts = attempts - CASE WHEN $5 THEN 0 ELSE 1 END, failures = failures + CASE WHEN $5 THEN 1 ELSE 0 END
WHERE {HELD}
"""
_BURY = f"""
WITH gone AS (DELETE FROM queue_job WHERE {HELD} RETURNING *)
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
