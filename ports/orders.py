"""Reading orders."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from core.kernel.ids import OrderId, TenantId
from core.kernel.value import value
from core.orders.order import Order, Phase


@value
class OrderFilter:
    """What a list of orders is narrowed to; None asks for nothing."""

    phase: Phase | None = None
    channel: str | None = None
    external_id: str | None = None
    created_from: datetime | None = None
    created_to: datetime | None = None


class OrdersView(Protocol):
    """Straight from an entrypoint."""

    async def order(self, tenant: TenantId, order: OrderId) -> Order | None:
        """The order with its lines, or None."""
        ...

    async def orders(
        self, tenant: TenantId, wanted: OrderFilter, *, before: OrderId | None, limit: int
    ) -> Sequence[Order]:
        """Up to ``limit`` orders, newest first, older than ``before``."""
        ...
