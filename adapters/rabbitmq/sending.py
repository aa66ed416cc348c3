"""What a process sends through RabbitMQ."""

from collections.abc import Sequence

from aio_pika.exceptions import DeliveryError, PublishError

from adapters.rabbitmq.letters import packed, post
from adapters.rabbitmq.link import Link
from adapters.rabbitmq.queues import Queues, strand_name
from adapters.toolkit.room import Room
from adapters.toolkit.strands import ring
from core.kernel.message import Message, strand_of
from ports.broker import BrokerUnavailable, QueueFull
from ports.strands import Strands

AT_ONCE = 2048
"""Messages on their way before the first of them is confirmed."""


class Sending:
    """The half of a RabbitBroker that sends."""

    def __init__(self, link: Link, most: int, strands: Strands) -> None:
        self._link = link
        self._strands = strands
        self._queues = Queues(link, most)
        self._room = Room(most, self._waiting)

    async def send(self, messages: Sequence[Message]) -> None:
        """See the port."""
        async with self._room.taken(messages):
            # Strand by strand: what lies together on the channel and in its queue is confirmed together.
            strand_by_strand = sorted(messages, key=_name_of)
            for start in range(0, len(messages), AT_ONCE):
                homeless = await self._publish(strand_by_strand[start : start + AT_ONCE])
                if homeless:
                    for queue in sorted({message.queue for message in homeless}):
                        await self._waiting(queue)  # whoever looks makes what is missing
                    if await self._publish(homeless):
                        raise BrokerUnavailable("queues vanish as fast as they are made")
            await ring(self._strands, messages)

    async def _publish(self, messages: Sequence[Message]) -> list[Message]:
        """Send them and wait until all are kept. Returns those for which there was no queue."""
        posted = [(_name_of(message), packed(message)) for message in messages]
        async with self._link.talking():
            answers = await post(await self._link.lasting_channel("posts", confirms=True), posted)
        homeless = []
        for message, answer in zip(messages, answers, strict=True):
            if isinstance(answer, PublishError):
                homeless.append(message)
            elif isinstance(answer, DeliveryError):
                raise QueueFull(f"queue {message.queue} holds as much as it may")
            elif answer is not None:
                raise BrokerUnavailable("the connection to RabbitMQ was lost before all was confirmed") from answer
        return homeless

    async def _waiting(self, queue: str) -> int:
        async with self._link.talking():
            return await self._queues.waiting(queue)


def _name_of(message: Message) -> str:
    return strand_name((message.queue, message.priority, strand_of(message.key)))
