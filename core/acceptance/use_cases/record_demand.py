"""The demand subscriber: adds what orders asked for to each item's day, once for each event."""

from collections.abc import Sequence

from core.acceptance.demand import SUBSCRIBER, RecordDemand, demand_of
from core.kernel.context import Context
from core.kernel.event import RecordedEvent
from ports.demand import DemandTransaction


async def record_demand(command: RecordDemand, context: Context, tx: DemandTransaction) -> Sequence[RecordedEvent]:
    """Apply those events that are new; answers them."""
    fresh = await tx.inbox.fresh(SUBSCRIBER, command.events)
    await tx.demand.add(demand_of(fresh))
    return fresh
