"""What sweeps of orders look for."""

from collections.abc import Sequence
from datetime import datetime

from adapters.postgres import backlog
from adapters.postgres.engine import Database
from core.inventory.balance import BalanceKey
from core.kernel.ids import OrderId, TenantId

_AT_REST = "SELECT order_id FROM order_at_rest WHERE tenant_id = $1 AND since <= $2 ORDER BY since, order_id LIMIT $3"


class PostgresOrderChores:
    """See ports.execution.OrderChores."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def uncovered(self, tenant: TenantId, limit: int) -> Sequence[BalanceKey]:
        """See the port."""
        async with self._database.reading(tenant) as connection:
            return await backlog.uncovered(connection, tenant, limit)

    async def at_rest(self, tenant: TenantId, since: datetime, limit: int) -> Sequence[OrderId]:
        """See the port."""
        async with self._database.reading(tenant) as connection:
            rows = await connection.fetch(_AT_REST, tenant, since, limit)
        return [OrderId(str(row["order_id"])) for row in rows]
