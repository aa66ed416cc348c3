"""Closing orders about which nothing is to be done, once nothing has happened with them for as long as returns take."""

from datetime import timedelta

from core.identity.permission import Scope
from core.kernel.context import Context
from core.kernel.errors import DomainError
from core.kernel.ids import NewId, OrderId, TenantId
from core.orders.changing import CloseOrder
from entrypoints.dispatch import Dispatch
from ports.clock import Clock
from ports.execution import OrderChores
from ports.telemetry import Telemetry
from ports.tenants import TenantsView

ORDERS = 500
"""So many of a tenant's at a time: what is left over is closed the next time."""


class Closing:
    """Closes what has been at rest for ``days``; none at all when that is 0."""

    def __init__(
        self,
        chores: OrderChores,
        tenants: TenantsView,
        dispatch: Dispatch,
        clock: Clock,
        new_id: NewId,
        telemetry: Telemetry,
        days: int,
    ) -> None:
        self._chores = chores
        self._tenants = tenants
        self._dispatch = dispatch
        self._clock = clock
        self._new_id = new_id
        self._telemetry = telemetry
        self._days = days

    async def step(self) -> int:
        """Once for every tenant; answers how many orders were closed."""
        if not self._days:
            return 0
        since, closed = self._clock.now() - timedelta(days=self._days), 0
        for tenant in [known.id for known in await self._tenants.tenants()]:
            for order in await self._chores.at_rest(tenant, since, ORDERS):
                closed += await self._close(tenant, order)
        return closed

    async def _close(self, tenant: TenantId, order: OrderId) -> int:
        context = Context(
            tenants=(tenant,),
            actor="sweep",
            now=self._clock.now(),
            correlation=self._new_id(),
            scopes=frozenset({Scope.ORDERS_WRITE}),
        )
        command = CloseOrder(order=order, reason=f"nothing has happened for {self._days} days")
        try:
            await self._dispatch.run(command, context)
        except DomainError as refusal:  # somebody did something about it a moment ago
            self._telemetry.log("info", "not closed", tenant=tenant, order=order, error=refusal.code)
            return 0
        return 1
