"""Ending holds whose time is over, for shelves nobody happens to take from meanwhile."""

from core.inventory.holding import ExpireReservations
from core.kernel.context import Context
from core.kernel.ids import NewId
from entrypoints.dispatch import Dispatch
from ports.clock import Clock
from ports.reservations import ReservationsView
from ports.telemetry import Telemetry

TENANTS = 50
HOLDS = 200
"""So many at a time: what is left over is swept the next time."""


class Sweep:
    """Only cleanup: whoever takes stock first ends the expired holds on it."""

    def __init__(
        self, reservations: ReservationsView, dispatch: Dispatch, clock: Clock, new_id: NewId, telemetry: Telemetry
    ) -> None:
        self._reservations = reservations
        self._dispatch = dispatch
        self._clock = clock
        self._new_id = new_id
        self._telemetry = telemetry

    async def step(self) -> int:
        """Sweep once; answers how many holds were ended."""
        ended = 0
        for tenant in await self._reservations.tenants_with_expired(TENANTS):
            context = Context(tenants=(tenant,), actor="sweep", now=self._clock.now(), correlation=self._new_id())
            try:
                ended += await self._dispatch.run(ExpireReservations(limit=HOLDS), context)
            except Exception as error:  # noqa: BLE001 - one tenant's trouble must not keep the others' stock
                self._telemetry.log("warning", "sweep failed; trying again", tenant=tenant, error=repr(error))
        return ended
