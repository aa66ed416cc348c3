"""What one process says to another: as it is sent, and as it is handed out.

A *queue* holds messages of one purpose. Each is sent under a *key*, and what is sent under one key is handed out in the
order it was sent, by one receiver at a time. To that end a queue is spun into a few *strands*: a key belongs to one of
them, and a strand is held by one receiver at a time.
"""

from collections.abc import Sequence
from enum import IntEnum
from zlib import crc32

from core.kernel.ids import MessageId, TenantId
from core.kernel.value import value

STRANDS = 8
"""Of each queue and priority: so many may receive from it at once."""


class Priority(IntEnum):
    """A message is handed out before those of the next priority."""

    HIGH = 0
    NORMAL = 1
    LOW = 2


LOWEST_FIRST_EVERY = 8
"""Receiving begins with the lowest priority once in so many times, so that a busy higher one starves nobody."""


def lowest_first(turn: int) -> bool:
    """Whether the receiving number ``turn`` (from 1) begins with the lowest priority."""
    return turn % LOWEST_FIRST_EVERY == 0


def in_turn(turn: int) -> Sequence[Priority]:
    """The priorities in the order in which the receiving number ``turn`` looks at them."""
    return sorted(Priority, reverse=lowest_first(turn))


@value
class Message:
    """``payload`` is bytes no broker reads. ``id`` tells duplicates: a message may come more than once."""

    id: MessageId
    tenant: TenantId
    queue: str
    key: str
    payload: bytes
    correlation: str
    priority: Priority = Priority.NORMAL


@value
class Batch:
    """Messages of one strand (one at least), in the order they were sent, held by one receiver until its time is over.

    ``attempt`` counts from 1, before anybody sees the messages. What was handed out before and never ended comes alone,
    so that a message which kills its receiver is found, and takes none of its neighbours with it. ``receipt`` is the
    broker's own.
    """

    messages: tuple[Message, ...]
    attempt: int
    receipt: str


def strand_of(key: str) -> int:
    """The strand of every message with this key, from 0."""
    return crc32(key.encode()) % STRANDS
