"""Closing orders about which nothing is to be done, once nothing has happened with them for as long as returns take."""

from datetime import timedelta

from core.identity.permission import Scope
from core.kernel.context import Context
from core.kernel.errors import DomainError
from core.kernel.ids import OrderId
from core.orders.changing import CloseOrder
from entrypoints.dispatch import Dispatch
from entrypoints.worker.tenants import EachTenant
from ports.execution import OrderChores
from ports.telemetry import Telemetry

ORDERS = 500
"""So many are looked up at a time."""


class Closing:
    """Closes what has been at rest for ``days``; none at all when that is 0."""

    def __init__(
        self, chores: OrderChores, tenants: EachTenant, dispatch: Dispatch, telemetry: Telemetry, days: int
    ) -> None:
        self._chores = chores
        self._tenants = tenants
        self._dispatch = dispatch
        self._telemetry = telemetry
        self._days = days

    async def step(self) -> int:
        """Once for every tenant; answers how many orders were closed."""
        if not self._days:
            return 0
        return await self._tenants.run("closing orders", self._close_all, [Scope.ORDERS_WRITE])

    async def _close_all(self, context: Context) -> int:
        """All of one tenant's, page by page; what is refused stays where it is, so a page of refusals is the last."""
        since, closed = context.now - timedelta(days=self._days), 0
        while orders := await self._chores.at_rest(context.tenant, since, ORDERS):
            done = sum([await self._close(order, context) for order in orders])
            closed += done
            if not done or len(orders) < ORDERS:
                break
        return closed

    async def _close(self, order: OrderId, context: Context) -> int:
        command = CloseOrder(order=order, reason=f"nothing has happened for {self._days} days")
        try:
            await self._dispatch.run(command, context)
        except DomainError as refusal:  # somebody did something about it a moment ago
            self._telemetry.log("info", "not closed", tenant=context.tenant, order=order, error=refusal.code)
            return 0
        return 1
