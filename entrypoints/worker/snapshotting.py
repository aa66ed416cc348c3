"""Keeping balances at the end of past days, so that looking back stays quick."""

from core.inventory.history import last_settled_day
from ports.history import Snapshots
from ports.telemetry import Telemetry
from ports.tenants import TenantsView


class Snapshotting:
    """Makes, for every tenant, what is missing up to the last day that is over for long enough."""

    def __init__(self, snapshots: Snapshots, tenants: TenantsView, telemetry: Telemetry) -> None:
        self._snapshots = snapshots
        self._tenants = tenants
        self._telemetry = telemetry

    async def step(self) -> int:
        """Once for every tenant; answers how many snapshots were made."""
        through = last_settled_day(await self._snapshots.now())
        made = 0
        for tenant in await self._tenants.tenants():
            try:
                made += await self._snapshots.make(tenant.id, through)
            except Exception as error:  # noqa: BLE001 - one tenant's trouble must not keep the others waiting
                self._telemetry.log("warning", "snapshots failed; trying again", tenant=tenant.id, error=repr(error))
        return made
