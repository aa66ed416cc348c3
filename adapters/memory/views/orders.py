"""Orders as a person reads them."""

from collections.abc import Sequence

from adapters.memory.database import MemoryDatabase
from adapters.memory.tables import ORDERS
from core.kernel.ids import OrderId, TenantId, first_id_at
from core.orders.order import Order
from ports.orders import OrderFilter


class MemoryOrdersView:
    """See ports.orders.OrdersView."""

    def __init__(self, database: MemoryDatabase) -> None:
        self._database = database

    async def order(self, tenant: TenantId, order: OrderId) -> Order | None:
        """See the port."""
        async with self._database.reading(tenant) as session:
            return session.get(ORDERS, (tenant, order))

    async def orders(
        self, tenant: TenantId, wanted: OrderFilter, *, before: OrderId | None, limit: int
    ) -> Sequence[Order]:
        """See the port."""
        async with self._database.reading(tenant) as session:
            found = [order for _, order in session.scan(ORDERS) if _fits(order, wanted)]
        older = [order for order in found if before is None or order.facts.order_id < before]
        return sorted(older, key=lambda order: order.facts.order_id, reverse=True)[:limit]


def _fits(order: Order, wanted: OrderFilter) -> bool:
    facts = order.facts
    return all(
        (
            wanted.phase in (None, order.phase),
            wanted.channel in (None, facts.channel),
            wanted.external_id in (None, facts.external_id),
            wanted.created_from is None or facts.order_id >= first_id_at(wanted.created_from),
            wanted.created_to is None or facts.order_id < first_id_at(wanted.created_to),
        )
    )
