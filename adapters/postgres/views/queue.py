"""What is in the queues, for operators."""

from collections.abc import Mapping, Sequence

from adapters.postgres.engine import Database
from core.kernel.ids import JobId, TenantId
from core.kernel.job import DeadLetter
from ports.queue import Depth

_DEPTH = """
SELECT queue, count(*) FILTER (WHERE NOT leased AND run_at <= now()) AS ready,
       count(*) FILTER (WHERE leased) AS leased,
       count(*) FILTER (WHERE NOT leased AND run_at > now() AND run_at < 'infinity') AS delayed,
       count(*) FILTER (WHERE run_at = 'infinity') AS parked, 0 AS dead
FROM queue_job WHERE $1::uuid[] IS NULL OR tenant_id = ANY($1) GROUP BY queue
UNION ALL SELECT queue, 0, 0, 0, 0, count(*) FROM dead_letter
WHERE forgiven_at IS NULL AND ($1::uuid[] IS NULL OR tenant_id = ANY($1)) GROUP BY queue
UNION ALL SELECT 'intake', count(*), 0, 0, 0, 0 FROM intake_job WHERE $1::uuid[] IS NULL OR tenant_id = ANY($1)
"""
_DEAD = """
SELECT id, queue, payload, correlation, attempts, error_code, error_detail, trace, failed_at FROM dead_letter
WHERE tenant_id = $1 AND id::text > $2 AND forgiven_at IS NULL ORDER BY id LIMIT $3
"""


class PostgresQueueView:
    """See ports.queue.QueueView."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def depth(self, tenants: Sequence[TenantId] | None = None) -> Mapping[str, Depth]:
        """See the port."""
        async with self._database.dispatching() as connection:
            rows = await connection.fetch(_DEPTH, tenants)
        found: dict[str, Depth] = {}
        for row in rows:
            have = found.get(row["queue"], Depth())
            found[row["queue"]] = Depth(
                ready=have.ready + row["ready"],
                leased=have.leased + row["leased"],
                delayed=have.delayed + row["delayed"],
                parked=have.parked + row["parked"],
                dead=have.dead + row["dead"],
            )
        return found

    async def dead(self, tenant: TenantId, *, after: str, limit: int) -> Sequence[DeadLetter]:
        """See the port."""
        async with self._database.reading(tenant) as connection:
            rows = await connection.fetch(_DEAD, tenant, after, limit)
        return [DeadLetter(tenant=tenant, **{**dict(row.items()), "id": JobId(str(row["id"]))}) for row in rows]
