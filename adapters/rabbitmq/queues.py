"""How messages lie in RabbitMQ: a queue of the server's for each strand, and what its numbers tell.

All that a client hears about a queue is how many messages wait in it and how many receivers it has. So receivers say
the rest: a strand is held while it has one.
"""

from typing import NamedTuple

from aio_pika.exceptions import ChannelNotFoundEntity, ChannelPreconditionFailed

from adapters.rabbitmq.link import Link
from core.kernel.message import STRANDS, Priority
from ports.broker import BrokerUnavailable

Place = tuple[str, Priority, int]
Kind = dict[str, str | int]
_TRIES = 3
# Kept on several nodes, and nothing is dropped for coming too often: what is dead is not for a broker to say.
_KEPT: Kind = {"x-queue-type": "quorum", "x-delivery-limit": 2**31 - 1}
_ONE: Kind = _KEPT | {"x-max-length": 1, "x-overflow": "drop-head"}


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


def aside_name(place: Place) -> str:
    """Where those wait that were handed out before: see adapters.rabbitmq.hold."""
    return f"{strand_name(place)}.aside"


def door_name(queue: str) -> str:
    """Where one receiver at a time passes on his way to a free strand."""
    return f"fluxor.{queue}.door"


def sign_name(queue: str) -> str:
    """Where a message tells that something of the queue was put aside, ever."""
    return f"fluxor.{queue}.sign"


class Queues:
    """The queues of one server: asked about, and made where they are missing. ``most`` bounds each queue's messages."""

    def __init__(self, link: Link, most: int) -> None:
        self._link = link
        # Senders look at the length themselves. The server's own bound lies higher, as a stop: it may refuse one
        # message and take the next, out of order.
        self._bounded: Kind = _KEPT | {"x-max-length": 2 * most, "x-overflow": "reject-publish"}
        self._known: set[str] = set()

    async def strands(self, queue: str, priority: Priority) -> dict[Place, Length]:
        """What each strand holds."""
        return {place: await self._length(strand_name(place), self._bounded) for place in strands_of(queue, priority)}

    async def waiting(self, queue: str) -> int:
        """How many messages of the queue wait."""
        waiting = 0
        put_aside = (await self._length(sign_name(queue), _ONE)).waiting
        for priority in Priority:
            for place, length in (await self.strands(queue, priority)).items():
                aside = (await self._length(aside_name(place), _KEPT)).waiting if put_aside else 0
                # The one that leads to them waits among them as well.
                waiting += length.waiting + aside - bool(aside and not length.receivers)
        return waiting

    async def prepare_door(self, queue: str) -> None:
        """Make the door, unless it is known to be there."""
        if door_name(queue) not in self._known:
            await self._length(door_name(queue), _KEPT)

    async def aside(self, place: Place) -> Length:
        """What was put aside of the strand; there is room for more."""
        await self._length(sign_name(place[0]), _ONE)
        return await self._length(aside_name(place), _KEPT)

    def forget(self) -> None:
        """Something is not there any more: make everything again, unless it is found."""
        self._known.clear()

    async def _length(self, name: str, kind: Kind) -> Length:
        for _ in range(_TRIES):
            known = name in self._known
            channel = await (await self._link.lasting_channel("looks")).get_underlay_channel()
            try:
                told = await channel.queue_declare(
                    name, durable=True, passive=known, arguments=None if known else dict(kind)
                )
            except ChannelNotFoundEntity:
                self.forget()  # somebody took it away, and others with it
            except ChannelPreconditionFailed:
                self._known.add(name)  # it was made with other bounds, and keeps them
            else:
                self._known.add(name)
                return Length(told.message_count or 0, told.consumer_count or 0)
        raise BrokerUnavailable(f"queue {name} can be neither found nor made")
