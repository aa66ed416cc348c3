"""Delivery within the process: each subscriber gets each batch through the door, in a transaction of its own."""

from collections.abc import Callable, Sequence

from core.acceptance.demand import RecordDemand
from core.kernel.context import Context
from core.kernel.event import RecordedEvent
from core.kernel.ids import NewId
from core.sagas.subscriptions import concerning
from core.webhooks.delivery import SpreadEvents
from entrypoints.dispatch import Dispatch
from entrypoints.worker.covering import Covering
from ports.clock import Clock
from ports.telemetry import Telemetry

Subscription = Callable[[tuple[RecordedEvent, ...]], object | None]

SUBSCRIPTIONS: tuple[Subscription, ...] = (
    lambda events: RecordDemand(events=events),
    concerning,
    lambda events: SpreadEvents(events=events),
)
"""Each subscriber as the command it makes of a batch of events; None: none of them is for it.

Covering, which takes several commands, follows them.
"""


class InProcessPublisher:
    """See ports.delivery.Publisher. A subscriber that fails stops the batch, which then comes again for all."""

    def __init__(self, dispatch: Dispatch, clock: Clock, new_id: NewId, telemetry: Telemetry) -> None:
        self._dispatch = dispatch
        self._covering = Covering(dispatch, telemetry)
        self._clock = clock
        self._new_id = new_id

    async def publish(self, events: Sequence[RecordedEvent]) -> None:
        """See the port."""
        tenants = tuple(sorted({event.tenant for event in events}))
        context = Context(tenants=tenants, actor="relay", now=self._clock.now(), correlation=self._new_id())
        for subscription in SUBSCRIPTIONS:
            command = subscription(tuple(events))
            if command is not None:
                await self._dispatch.run(command, context)
        await self._covering.hear(events, context)
