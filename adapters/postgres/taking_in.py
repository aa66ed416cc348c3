"""Keeping submissions with a job for each, in whoever's transaction."""

from collections.abc import Sequence

from adapters.postgres.engine import Connection
from adapters.toolkit.submitting import submission_of
from core.intake.submission import OrderRequest, Submission
from core.kernel.context import Context
from core.kernel.ids import IntakeId, OrderId, TenantId
from core.tenants.tenant import shard_of

_APPEND = """
WITH kept AS (
    INSERT INTO intake (tenant_id, id, order_id, lane, channel, external_id, key_hash, body_hash, body, received_at,
                        actor, correlation)
    SELECT * FROM unnest($1::intake_row[])
    ON CONFLICT DO NOTHING RETURNING tenant_id, id, lane
), jobs AS (
    INSERT INTO intake_job (tenant_id, intake_id, shard, lane)
    SELECT k.tenant_id, k.id, s.shard, k.lane
    FROM kept k JOIN unnest($2::uuid[], $3::smallint[]) AS s(tenant_id, shard) USING (tenant_id)
)
SELECT (SELECT count(*) FROM kept) AS number,
       ARRAY(SELECT id::text FROM kept WHERE (SELECT count(*) FROM kept) < $4) AS ids
"""
"""Names those kept only when some were not: mostly all are."""


async def append(connection: Connection, submissions: Sequence[Submission], tenants: Sequence[TenantId]) -> set[str]:
    """Keep those that are new; answers their ids."""
    rows = [_row(new) for new in submissions]
    kept = await connection.fetchrow(_APPEND, rows, tenants, [shard_of(tenant) for tenant in tenants], len(rows))
    return {new.id for new in submissions} if kept["number"] == len(rows) else set(kept["ids"])


def _row(new: Submission) -> tuple[object, ...]:
    """An intake_row."""
    return (
        new.tenant,
        new.id,
        new.order_id,
        new.lane,
        new.channel,
        new.external_id,
        new.key_hash,
        new.body_hash,
        new.body,
        new.received_at,
        new.actor,
        new.correlation,
    )


class PostgresSubmissions:
    """See ports.intake.Submissions."""

    def __init__(self, connection: Connection, context: Context) -> None:
        self._connection = connection
        self._context = context

    async def submit(self, job: IntakeId, order: OrderId, request: OrderRequest, *, exchange_of: OrderId) -> None:
        """See the port."""
        new = submission_of(self._context, job, order, request, exchange_of)
        await append(self._connection, [new], [new.tenant])
