"""What the bench counts for itself in the database, so that the product is not its own witness."""

from collections.abc import Mapping, Sequence

from adapters.postgres.engine import Database
from core.kernel.ids import TenantId

_AUDIT = """
SELECT (SELECT count(*) FROM intake WHERE tenant_id = ANY($1::uuid[])) AS accepted,
       (SELECT count(*) FROM orders WHERE tenant_id = ANY($1::uuid[]))
           + (SELECT count(*) FROM dead_letter WHERE tenant_id = ANY($1::uuid[])) AS decided,
       (SELECT count(*) FROM orders WHERE tenant_id = ANY($1::uuid[]) AND accepted_at IS NOT NULL) AS completed,
       (SELECT count(*) FROM orders WHERE tenant_id = ANY($1::uuid[]) AND rejected_at IS NOT NULL) AS rejected,
       (SELECT count(*) FROM stock_balance WHERE tenant_id = ANY($1::uuid[])
            AND (available < -backorder_limit OR available + reserved + committed < 0)) AS oversold
"""


async def audit(database: Database, tenants: Sequence[TenantId]) -> Mapping[str, int]:
    """Counts by name, in one snapshot: accepted, decided, completed, rejected, oversold."""
    async with database.reading(*tenants) as connection:
        row = await connection.fetchrow(_AUDIT, list(tenants))
    return dict(row.items())
