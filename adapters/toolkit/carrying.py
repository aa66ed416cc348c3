"""Publishing over a broker: each event a message in its envelope, under its stream's name."""

from collections.abc import Sequence

from adapters.toolkit.envelope import seal
from core.kernel.event import RecordedEvent
from core.kernel.ids import MessageId
from core.kernel.message import Message
from ports.broker import Broker


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
