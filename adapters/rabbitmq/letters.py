"""A message as RabbitMQ carries it: all of it in the body, and its id once more where operators see it.

This speaks the client library's own wire level, one below its classes for messages: those take longer to fill than all
the rest does, sent or received; and what stands in headers takes it longer than the body does.
"""

import asyncio
from collections.abc import Awaitable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from aio_pika import DeliveryMode
from aio_pika import Message as Envelope
from aio_pika.abc import AbstractChannel

from adapters.rabbitmq.queues import Place, strand_name
from adapters.toolkit.packing import pack, unpack
from core.kernel.message import Message

T = TypeVar("T")
_Properties = type(Envelope(b"").properties)


@dataclass(frozen=True, slots=True)
class Letter:
    """A message in RabbitMQ's hands: what is posted to a queue, and what comes out of it, then with its ``tag``."""

    id: str
    body: bytes
    tag: int = 0


def packed(message: Message) -> Letter:
    """To be sent."""
    return Letter(message.id, pack(message))


def received(delivered: Any) -> Letter:
    """As it comes from the wire."""
    return Letter(delivered.header.properties.message_id or "", delivered.body, delivered.delivery_tag)


def unpacked(letter: Letter, place: Place) -> Message:
    """The message that lay in ``place``. Raises BrokerUnavailable for one that somebody else put there."""
    return unpack(letter.body, place[0], place[1], strand_name(place))


async def post(channel: AbstractChannel, letters: Sequence[tuple[str, Letter]]) -> list[BaseException | None]:
    """Send each to the queue it is for, in this order, and wait for all confirmations: what went wrong with each.

    Raises ConnectionError when the channel is closed meanwhile: the library leaves those waiting that are not sent.
    """
    wire: Any = await channel.get_underlay_channel()  # its declared base class does not tell of ``wait``
    # Each waits for its confirmation in a task of its own; they take their places on the channel in order.
    posting = asyncio.gather(
        *(
            wire.basic_publish(
                letter.body,
                routing_key=queue,
                properties=_Properties(message_id=letter.id, delivery_mode=DeliveryMode.PERSISTENT.value),
                mandatory=True,
                wait=False,  # not each out on its own
            )
            for queue, letter in letters
        ),
        return_exceptions=True,
    )
    answers = await unless_closed(wire, posting)
    return [answer if isinstance(answer, BaseException) else None for answer in answers]


async def unless_closed(wire: Any, awaited: Awaitable[T]) -> T:
    """What ``awaited`` gives. Raises ConnectionError when the channel is closed before: nobody tells those who wait."""
    waiting = asyncio.ensure_future(awaited)
    closing = wire.closing
    try:
        await asyncio.wait([waiting, closing], return_when=asyncio.FIRST_COMPLETED)
        if not waiting.done():
            raise ConnectionError("the channel was closed")
        return waiting.result()
    finally:
        waiting.cancel()
        closing.cancel()
