"""How messages lie in RabbitMQ: a queue of the server's for each strand, and what its numbers tell."""

import asyncio
from typing import NamedTuple

from aio_pika.exceptions import ChannelNotFoundEntity
from aiormq.exceptions import ChannelLockedResource

from adapters.rabbitmq.link import Link
from core.kernel.message import STRANDS, Priority

Place = tuple[str, Priority, int]
_TURN_TO_MAKE = "fluxor.making"
"""A queue that is one connection's: whoever has it may make others."""
_WAIT_SECONDS = 0.05
# Kept on several nodes; nothing is dropped for coming too often, as what is dead is not for a broker to say; and of
# several receivers one gets everything, until the server has taken back what he had.
_KEPT: dict[str, str | int | bool] = {
    "x-queue-type": "quorum",
    "x-delivery-limit": 2**31 - 1,
    "x-single-active-consumer": True,
    "x-overflow": "reject-publish",
}


class Length(NamedTuple):
    """What RabbitMQ tells of a queue."""

    waiting: int
    receivers: int


def strands_of(queue: str, priority: Priority) -> list[Place]:
    """The places of a queue's messages of one priority."""
    return [(queue, priority, number) for number in range(STRANDS)]


def strand_name(place: Place) -> str:
    """Where the messages of a strand wait."""
    queue, priority, number = place
    return f"fluxor.{queue}.{priority.name.lower()}.{number}"


class Queues:
    """The queues of one server: asked about, and made where they are missing. ``most`` bounds each queue's messages."""

    def __init__(self, link: Link, most: int) -> None:
        self._link = link
        # Senders look at the length themselves. The server's own bound lies higher, as a stop: it may refuse one
        # message and take the next, out of order.
        self._kept = {**_KEPT, "x-max-length": 2 * most}
        self._making = asyncio.Lock()

    async def strands(self, queue: str, priority: Priority) -> dict[Place, Length]:
        """What each strand holds."""
        places = strands_of(queue, priority)
        return dict(zip(places, await asyncio.gather(*map(self.length, places)), strict=True))

    async def waiting(self, queue: str) -> int:
        """How many messages of the queue wait to be fetched."""
        strands = [await self.strands(queue, priority) for priority in Priority]
        return sum(length.waiting for of_one in strands for length in of_one.values())

    async def length(self, place: Place) -> Length:
        """What one strand holds."""
        while True:
            # On a channel one question waits for the answer to the one before.
            channel = await (await self._link.lasting_channel(f"looks at {place[2]}")).get_underlay_channel()
            try:
                told = await channel.queue_declare(strand_name(place), passive=True)
            except ChannelNotFoundEntity:
                await self._make(place)
            else:
                return Length(told.message_count or 0, told.consumer_count or 0)

    async def _make(self, place: Place) -> None:
        """Make it, unless somebody else is about to make any: of two who make the same one a server may lose one."""
        async with self._making:
            channel = await self._link.channel()
            wire = await channel.get_underlay_channel()
            try:
                await wire.queue_declare(_TURN_TO_MAKE, exclusive=True)
            except ChannelLockedResource:
                await asyncio.sleep(_WAIT_SECONDS)
                return
            await wire.queue_declare(strand_name(place), durable=True, arguments=dict(self._kept))
            await wire.queue_delete(_TURN_TO_MAKE)
            await channel.close()
