"""Letting orders have the stock they wait for: as soon as it has come, and once more in a while for all the others."""

from collections.abc import Sequence
from dataclasses import replace

from core.execution.covering import CoverBackorders
from core.inventory.balance import BalanceKey
from core.kernel.context import Context
from core.kernel.ids import NewId, TenantId
from entrypoints.dispatch import Dispatch
from ports.clock import Clock
from ports.execution import OrderChores
from ports.telemetry import Telemetry
from ports.tenants import TenantsView

SHELVES = 50
"""So many are looked at in one go."""


async def cover(dispatch: Dispatch, tenant: TenantId, shelves: Sequence[BalanceKey], context: Context) -> int:
    """Until nobody waits for what stands on ``shelves``; answers how many orders it looked at.

    Every turn covers an order, or finds that somebody else changed it meanwhile.
    """
    alone, looked = replace(context, tenants=(tenant,)), 0
    for start in range(0, len(shelves), SHELVES):
        command = CoverBackorders(shelves=tuple(shelves[start : start + SHELVES]))
        while due := await dispatch.run(command, alone):
            looked += due
    return looked


class Coverage:
    """Only cleanup, for stock that came before orders were covered at all: the relay sees to the rest."""

    def __init__(
        self,
        chores: OrderChores,
        tenants: TenantsView,
        dispatch: Dispatch,
        clock: Clock,
        new_id: NewId,
        telemetry: Telemetry,
    ) -> None:
        self._chores = chores
        self._tenants = tenants
        self._dispatch = dispatch
        self._clock = clock
        self._new_id = new_id
        self._telemetry = telemetry

    async def step(self) -> int:
        """Once for every tenant; answers how many orders it looked at."""
        looked = 0
        for tenant in [known.id for known in await self._tenants.tenants()]:
            context = Context(tenants=(tenant,), actor="sweep", now=self._clock.now(), correlation=self._new_id())
            try:
                shelves = await self._chores.uncovered(tenant, SHELVES)
                looked += await cover(self._dispatch, tenant, shelves, context)
            except Exception as error:  # noqa: BLE001 - one tenant's trouble must not keep the others waiting
                self._telemetry.log("warning", "covering failed; trying again", tenant=tenant, error=repr(error))
        return looked
