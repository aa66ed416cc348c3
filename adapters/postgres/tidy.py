"""Taking away what has served its time: answers, applied events, webhook deliveries.

Dead letters stay: they end a submission.
"""

from adapters.postgres.engine import Database, begin_as
from adapters.postgres.identity import PostgresTenantsView
from adapters.postgres.transaction import committed

TOGETHER = 200
"""Tenants in one transaction."""
_KEPT = (
    ("answer", "created_at", "24 hours"),
    ("inbox", "applied_at", "7 days"),
    ("webhook_attempt", "at", "30 days"),
    ("webhook_delivery", "created_at", "30 days"),
    ("notice", "received_at", "30 days"),
)
"""An answer is repeated for a day; an event comes again within seconds of the first time, a week is plenty; a webhook's
delivery ends within four days, a notice is sent again for two; both may be asked about for a month."""


async def tidy(database: Database) -> int:
    """Delete what is older than it is kept, tenant by tenant; answers how many rows."""
    tenants = [tenant.id for tenant in await PostgresTenantsView(database).tenants()]
    gone = 0
    for start in range(0, len(tenants), TOGETHER):
        together = tuple(tenants[start : start + TOGETHER])
        async with database.acquire() as connection, committed(connection, begin_as(together)):
            for table, column, kept in _KEPT:
                tag = await connection.execute(f"DELETE FROM {table} WHERE {column} < now() - interval '{kept}'")
                gone += int(tag.rpartition(" ")[2])
    return gone
