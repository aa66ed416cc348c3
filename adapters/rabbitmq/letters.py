"""A message as RabbitMQ carries it: all of it in the body, and its id once more where operators see it.

This speaks the client library's own wire level, one below its classes for messages: those take longer to fill than all
the rest does, sent or received; and what stands in headers takes it longer than the body does.
"""

import asyncio
from collections.abc import Awaitable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, TypeVar

from aio_pika import DeliveryMode
from aio_pika.abc import AbstractChannel
from aiormq.abc import ChannelFrame
from pamqp.body import ContentBody
from pamqp.commands import Basic
from pamqp.frame import marshal
from pamqp.header import ContentHeader

from adapters.rabbitmq.queues import Place, strand_name
from adapters.toolkit.packing import pack, unpack
from core.kernel.message import Message

T = TypeVar("T")


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
    wire: Any = await channel.get_underlay_channel()  # its declared base class does not tell of what is used here
    try:
        confirmations = await _sent_together(wire, letters)
        answers = await unless_closed(wire, asyncio.gather(*confirmations, return_exceptions=True))
    finally:
        for _, letter in letters:
            wire.message_id_delivery_tag.pop(letter.id, None)
    return [answer if isinstance(answer, BaseException) else None for answer in answers]


async def _sent_together(wire: Any, letters: Sequence[tuple[str, Letter]]) -> list[asyncio.Future[Any]]:
    """What the library's ``basic_publish`` does for one, in a task and a write to the socket each, for all at once.

    What is not sent is not numbered, also when whoever sends is cancelled.
    """
    confirmations: list[asyncio.Future[Any]] = []
    payload = b"".join(_frames(wire, letters))
    async with wire.lock:
        await wire.write_queue.put(ChannelFrame(payload=payload, should_close=False))
        for _, letter in letters:
            wire.delivery_tag += 1
            confirmation = wire.confirmations[wire.delivery_tag] = wire.create_future()
            wire.message_id_delivery_tag[letter.id] = wire.delivery_tag
            confirmations.append(confirmation)
    return confirmations


def _frames(wire: Any, letters: Sequence[tuple[str, Letter]]) -> Iterator[bytes]:
    publish = cache(lambda queue: marshal(Basic.Publish(routing_key=queue, mandatory=True), wire.number))
    for queue, letter in letters:
        properties = Basic.Properties(message_id=letter.id, delivery_mode=DeliveryMode.PERSISTENT.value)
        yield publish(queue)
        yield marshal(ContentHeader(body_size=len(letter.body), properties=properties), wire.number)
        for start in range(0, len(letter.body), wire.max_content_size):
            yield marshal(ContentBody(letter.body[start : start + wire.max_content_size]), wire.number)


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
