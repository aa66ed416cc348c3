"""Messages in RabbitMQ, over two connections: a server short of room stops reading what is sent, and nothing else."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from adapters.rabbitmq.link import Link
from adapters.rabbitmq.receiving import Receiving
from adapters.rabbitmq.sending import Sending
from core.kernel.message import Batch, Message
from ports.broker import QUEUE_MAX
from ports.queue import Depth
from ports.strands import Strands


@asynccontextmanager
async def open_rabbit_broker(url: str, strands: Strands, most: int = QUEUE_MAX) -> AsyncIterator["RabbitBroker"]:
    """A broker on the server at ``url``, which need not be there yet. Its connections are closed at the end."""
    broker = RabbitBroker(url, strands, most)
    try:
        yield broker
    finally:
        await broker.close()


class RabbitBroker:
    """See ports.broker.Broker. RabbitMQ keeps the messages; ``strands`` says whose they are and counts."""

    def __init__(self, url: str, strands: Strands, most: int = QUEUE_MAX) -> None:
        self._links = Link(url, "sends"), Link(url, "receives")
        self._sending = Sending(self._links[0], most, strands)
        self._receiving = Receiving(self._links[1], most, strands)

    @property
    def connected(self) -> bool:
        """Whether the server is there, as far as has been heard; a call connects again."""
        return all(link.connected for link in self._links)

    async def close(self) -> None:
        """Leave; what is held goes back."""
        for link in self._links:
            await link.close()
        await self._receiving.close()

    async def send(self, messages: Sequence[Message]) -> None:
        """See the port."""
        await self._sending.send(messages)

    async def receive(self, queue: str, limit: int, seconds: float) -> Batch | None:
        """See the port."""
        return await self._receiving.receive(queue, limit, seconds)

    async def wait(self, queue: str, seconds: float) -> None:
        """See the port."""
        await self._receiving.wait(queue, seconds)

    async def done(self, batch: Batch) -> None:
        """See the port."""
        await self._receiving.done(batch)

    async def depth(self, queue: str) -> Depth:
        """See the port."""
        return await self._receiving.depth(queue)
