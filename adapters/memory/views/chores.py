"""What sweeps of orders look for."""

from collections.abc import Sequence
from datetime import datetime

from adapters.memory import backlog
from adapters.memory.database import MemoryDatabase
from adapters.memory.tables import AT_REST
from core.inventory.balance import BalanceKey
from core.kernel.ids import OrderId, TenantId


class MemoryOrderChores:
    """See ports.execution.OrderChores."""

    def __init__(self, database: MemoryDatabase) -> None:
        self._database = database

    async def uncovered(self, tenant: TenantId, limit: int) -> Sequence[BalanceKey]:
        """See the port."""
        async with self._database.reading(tenant) as session:
            return [shelf for whose, shelf, _, _ in backlog.uncovered(session) if whose == tenant][:limit]

    async def at_rest(self, tenant: TenantId, since: datetime, limit: int) -> Sequence[OrderId]:
        """See the port."""
        async with self._database.reading(tenant) as session:
            found = [(at, key[1]) for key, at in session.scan(AT_REST) if key[0] == tenant and at <= since]
        return [order for _, order in sorted(found)][:limit]
