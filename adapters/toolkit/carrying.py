"""Events over a broker: each a message in its envelope, under its stream's name; and how many are on their way."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from adapters.toolkit.envelope import seal
from core.kernel.event import RecordedEvent
from core.kernel.ids import MessageId, TenantId
from core.kernel.job import DeadLetter
from core.kernel.message import Message
from ports.broker import Broker
from ports.queue import Depth, QueueView


class BrokerPublisher:
    """See ports.delivery.Publisher. What was confirmed is the broker's; its receivers deliver it.

    ``queue`` is the one they receive from. Raises BrokerUnavailable, QueueFull.
    """

    def __init__(self, broker: Broker, queue: str) -> None:
        self._broker = broker
        self._queue = queue

    async def publish(self, events: Sequence[RecordedEvent]) -> None:
        """See the port."""
        await self._broker.send(
            [
                Message(
                    id=MessageId(event.id),
                    tenant=event.tenant,
                    queue=self._queue,
                    key=event.stream,
                    payload=seal(event),
                    correlation=event.correlation,
                )
                for event in events
            ]
        )


class CarriedQueues:
    """See ports.queue.QueueView: what ``inner`` sees, and what the broker carries on ``queue``.

    A broker does not tell tenants apart: what it carries is in the depth over all of them alone. Raises
    BrokerUnavailable.
    """

    def __init__(self, inner: QueueView, broker: Broker, queue: str) -> None:
        self._inner = inner
        self._broker = broker
        self._queue = queue

    async def depth(self, tenants: Sequence[TenantId] | None = None) -> Mapping[str, Depth]:
        """See the port."""
        found = dict(await self._inner.depth(tenants))
        if tenants is None:
            carried = await self._broker.depth(self._queue)
            waiting = found.get(self._queue, Depth(ready=0, leased=0, delayed=0, parked=0, dead=0))
            found[self._queue] = replace(
                waiting, ready=waiting.ready + carried.ready, leased=waiting.leased + carried.leased
            )
        return found

    async def dead(self, tenant: TenantId, *, after: str, limit: int) -> Sequence[DeadLetter]:
        """See the port."""
        return await self._inner.dead(tenant, after=after, limit=limit)
