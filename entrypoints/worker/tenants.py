"""A chore done for one tenant after the other."""

from collections.abc import Awaitable, Callable, Collection

from core.identity.permission import Scope
from core.kernel.context import Context
from core.kernel.ids import NewId
from ports.clock import Clock
from ports.telemetry import Telemetry
from ports.tenants import TenantsView

ACTOR = "sweep"


class EachTenant:
    """One tenant's trouble keeps none of the others waiting: it is logged, and his chore is done the next time."""

    def __init__(self, tenants: TenantsView, clock: Clock, new_id: NewId, telemetry: Telemetry) -> None:
        self._tenants = tenants
        self._clock = clock
        self._new_id = new_id
        self._telemetry = telemetry

    async def run(self, name: str, chore: Callable[[Context], Awaitable[int]], scopes: Collection[Scope] = ()) -> int:
        """Do ``chore`` for every tenant; answers what the chores add up to."""
        done = 0
        for tenant in [known.id for known in await self._tenants.tenants()]:
            context = Context(
                tenants=(tenant,),
                actor=ACTOR,
                now=self._clock.now(),
                correlation=self._new_id(),
                scopes=frozenset(scopes),
            )
            try:
                done += await chore(context)
            except Exception as error:  # noqa: BLE001 - see above
                self._telemetry.log("warning", f"{name} failed; trying again", tenant=tenant, error=repr(error))
        return done
