"""Taking away what has served its time: answers, applied events, webhook deliveries.

Dead letters stay: they end a submission.
"""

from adapters.postgres.engine import Database, begin_as
from adapters.postgres.identity import PostgresTenantsView
from adapters.postgres.transaction import committed
from core.kernel.event import REMEMBERED

TOGETHER = 200
"""Tenants in one transaction."""
_DELETES = (
    "DELETE FROM answer WHERE created_at < now() - interval '24 hours'",
    f"DELETE FROM inbox WHERE applied_at < now() - interval '{REMEMBERED.days} days'",
    "DELETE FROM webhook_delivery WHERE created_at < now() - interval '30 days' AND state <> 'waiting'",
    "DELETE FROM notice n WHERE received_at < now() - interval '30 days' AND NOT EXISTS"
    " (SELECT FROM queue_job q WHERE q.tenant_id = n.tenant_id AND q.id = n.id)",
)
"""An answer is repeated for a day; an event comes again within seconds of the first time, a week is plenty; deliveries,
with their attempts, and notices may be asked about for a month once they have ended."""


async def tidy(database: Database) -> int:
    """Delete what is older than it is kept, tenant by tenant; answers how many rows."""
    tenants = [tenant.id for tenant in await PostgresTenantsView(database).tenants()]
    gone = 0
    for start in range(0, len(tenants), TOGETHER):
        together = tuple(tenants[start : start + TOGETHER])
        async with database.acquire() as connection, committed(connection, begin_as(together)):
            for delete in _DELETES:
                tag = await connection.execute(delete)
                gone += int(tag.rpartition(" ")[2])
    return gone
