"""Letting orders have the stock they wait for: as soon as it has come, and once more in a while for all the others."""

from collections.abc import Sequence
from dataclasses import replace

from core.execution.covering import CoverBackorders, gaining
from core.inventory.balance import BalanceKey
from core.kernel.context import Context
from core.kernel.event import RecordedEvent
from core.kernel.ids import TenantId
from entrypoints.dispatch import Dispatch
from entrypoints.worker.tenants import EachTenant
from ports.execution import OrderChores
from ports.storage import TROUBLE
from ports.telemetry import Telemetry

SHELVES = 50
"""So many are looked at in one go."""
TURNS_MAX = 8
"""So many goes with one batch of events: the relay is held for a few seconds, and everybody waits for it."""


async def cover(
    dispatch: Dispatch, shelves: Sequence[BalanceKey], context: Context, turns: int | None = None
) -> tuple[int, Sequence[BalanceKey]]:
    """Until nobody waits for what stands on the ``shelves`` of the context's tenant, or for so many ``turns``.

    Every turn covers an order, or finds that somebody else changed it meanwhile. Answers how many orders it looked at,
    and the shelves that are left.
    """
    looked = 0
    for start in range(0, len(shelves), SHELVES):
        command = CoverBackorders(shelves=tuple(shelves[start : start + SHELVES]))
        while due := await dispatch.run(command, context):
            looked += due
            if turns is not None:
                turns -= 1
                if turns <= 0:
                    return looked, shelves[start:]
    return looked, ()


class Covering:
    """The relay's side: a batch goes on after so many turns, and what is left is covered with the batches after it.

    There will be some: every order that is covered says so. Another relay knows nothing of it; then it is the sweep's.
    """

    def __init__(self, dispatch: Dispatch, telemetry: Telemetry) -> None:
        self._dispatch = dispatch
        self._telemetry = telemetry
        self._left: dict[TenantId, dict[BalanceKey, None]] = {}

    async def hear(self, events: Sequence[RecordedEvent], context: Context) -> None:
        """Cover what has come with ``events``, or before. Raises what the storage raises."""
        for tenant, shelves in gaining(events).items():
            self._left.setdefault(tenant, {}).update(dict.fromkeys(shelves))
        for tenant in sorted(self._left):
            left: Sequence[BalanceKey] = ()
            try:
                alone = replace(context, tenants=(tenant,))
                _, left = await cover(self._dispatch, list(self._left[tenant]), alone, TURNS_MAX)
            except TROUBLE:
                raise  # it may have happened or not: the batch comes again, for all
            except Exception as error:  # noqa: BLE001 - what one tenant's orders cannot have must not stop all others
                self._telemetry.log("error", "covering failed", tenant=tenant, error=repr(error))
                self._telemetry.count("covering_failed_total")
            self._left[tenant] = dict.fromkeys(left)
        self._left = {tenant: left for tenant, left in self._left.items() if left}


class Coverage:
    """Only cleanup, for stock that came before orders were covered at all: the relay sees to the rest."""

    def __init__(self, chores: OrderChores, tenants: EachTenant, dispatch: Dispatch) -> None:
        self._chores = chores
        self._tenants = tenants
        self._dispatch = dispatch

    async def step(self) -> int:
        """Once for every tenant; answers how many orders it looked at."""
        return await self._tenants.run("covering", self._cover_all)

    async def _cover_all(self, context: Context) -> int:
        """All of one tenant's shelves, page by page, until one has nothing to be done about it."""
        looked = 0
        while shelves := await self._chores.uncovered(context.tenant, SHELVES):
            done, _ = await cover(self._dispatch, shelves, context)
            looked += done
            if not done or len(shelves) < SHELVES:
                break
        return looked
