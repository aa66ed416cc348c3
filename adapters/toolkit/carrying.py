"""Events over a broker: each a message in its envelope, under its stream's name; and how many are on their way."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from adapters.toolkit.envelope import seal
from core.kernel.event import EVENT_QUEUE, RecordedEvent
from core.kernel.ids import MessageId, TenantId
from core.kernel.job import DeadLetter
from core.kernel.message import Message
from core.kernel.value import maker
from ports.broker import Broker
from ports.queue import Depth, QueueView

_message = maker(Message)


def to_message(event: RecordedEvent) -> Message:
    """The event in its envelope, under its stream's name."""
    return _message(
        id=MessageId(event.id),
        tenant=event.tenant,
        queue=EVENT_QUEUE,
        key=event.stream,
        payload=seal(event),
        correlation=event.correlation,
    )


class BrokerPublisher:
    """See ports.delivery.Publisher. What was confirmed is the broker's; its receivers deliver it.

    Raises BrokerUnavailable, QueueFull.
    """

    def __init__(self, broker: Broker) -> None:
        self._broker = broker

    async def publish(self, events: Sequence[RecordedEvent]) -> None:
        """See the port."""
        await self._broker.send([to_message(event) for event in events])


class CarriedQueues:
    """See ports.queue.QueueView: what ``inner`` sees, and the events the broker carries.

    A broker does not tell tenants apart: what it carries is in the depth over all of them alone. Raises
    BrokerUnavailable.
    """

    def __init__(self, inner: QueueView, broker: Broker) -> None:
        self._inner = inner
        self._broker = broker

    async def depth(self, tenants: Sequence[TenantId] | None = None) -> Mapping[str, Depth]:
        """See the port."""
        found = dict(await self._inner.depth(tenants))
        if tenants is None:
            carried = await self._broker.depth(EVENT_QUEUE)
            waiting = found.get(EVENT_QUEUE, Depth())
            found[EVENT_QUEUE] = replace(
                waiting, ready=waiting.ready + carried.ready, leased=waiting.leased + carried.leased
            )
        return found

    async def dead(self, tenant: TenantId, *, after: str, limit: int) -> Sequence[DeadLetter]:
        """See the port."""
        return await self._inner.dead(tenant, after=after, limit=limit)
