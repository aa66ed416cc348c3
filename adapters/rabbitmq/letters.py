"""A message as RabbitMQ carries it: the payload is the body, and the rest stands in the headers.

This speaks the client library's own wire level, one below its classes for messages: those take longer to fill than all
the rest does, sent or received.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from aio_pika import DeliveryMode
from aio_pika import Message as Envelope
from aio_pika.abc import AbstractChannel

from adapters.rabbitmq.queues import Place
from core.kernel.ids import MessageId, TenantId
from core.kernel.message import Message

_Properties = type(Envelope(b"").properties)
# Up to RabbitMQ 4.2 the first counts every time a message was handed out and came back, from then on the second does.
_COUNTS = "x-delivery-count", "x-acquired-count"
_ELSEWHERE = "times-out-elsewhere"


@dataclass(frozen=True, slots=True)
class Letter:
    """A message in RabbitMQ's hands: what is posted to a queue, and what comes out of it, then with its ``tag``.

    ``behind`` so many others wait in the queue; ``times_out`` it was handed out before.
    """

    id: str
    body: bytes
    headers: Mapping[str, Any]
    tag: int = 0
    behind: int = 0
    times_out: int = 0


def packed(message: Message) -> Letter:
    """To be sent."""
    headers = {"tenant": message.tenant, "key": message.key, "correlation": message.correlation}
    return Letter(message.id, message.payload, headers)


def packed_again(letter: Letter) -> Letter:
    """A copy for another queue. Where it lies now it was handed out once at most, however often it came back."""
    return Letter(letter.id, letter.body, {**letter.headers, _ELSEWHERE: min(1, letter.times_out)})


def received(delivered: Any) -> Letter:
    """As it comes from the wire."""
    properties = delivered.header.properties
    headers: Mapping[str, Any] = properties.headers or {}
    times_out = int(headers.get(_ELSEWHERE) or 0)
    if delivered.redelivered:
        times_out += max(1, *(int(headers.get(name) or 0) for name in _COUNTS))
    return Letter(
        properties.message_id or "",
        delivered.body,
        headers,
        delivered.delivery_tag,
        delivered.message_count or 0,
        times_out,
    )


def unpacked(letter: Letter, place: Place) -> Message:
    """The message that lay in ``place``."""
    return Message(
        id=MessageId(letter.id),
        tenant=TenantId(letter.headers["tenant"]),
        queue=place[0],
        key=letter.headers["key"],
        payload=letter.body,
        correlation=letter.headers["correlation"],
        priority=place[1],
    )


async def post(channel: AbstractChannel, letters: Sequence[tuple[str, Letter]]) -> list[BaseException | None]:
    """Send each to the queue it is for, in this order, and wait for all confirmations: what went wrong with each.

    Raises ConnectionError when the channel is closed meanwhile: the library leaves those waiting that are not sent.
    """
    wire = await channel.get_underlay_channel()
    # Each waits for its confirmation in a task of its own; they take their places on the channel in order.
    posting = asyncio.gather(
        *(
            wire.basic_publish(
                letter.body,
                routing_key=queue,
                properties=_Properties(
                    message_id=letter.id, headers=dict(letter.headers), delivery_mode=DeliveryMode.PERSISTENT.value
                ),
                mandatory=True,
                wait=False,  # type: ignore[call-arg]  # the base class does not tell of it: not each out on its own
            )
            for queue, letter in letters
        ),
        return_exceptions=True,
    )
    closing = wire.closing
    try:
        await asyncio.wait([posting, closing], return_when=asyncio.FIRST_COMPLETED)
        if not posting.done():
            raise ConnectionError("the channel was closed")
        return [answer if isinstance(answer, BaseException) else None for answer in posting.result()]
    finally:
        posting.cancel()
        closing.cancel()
