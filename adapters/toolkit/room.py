"""How full a queue is, as far as somebody knows who looks now and then and counts what he sends himself."""

from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from time import monotonic

from core.kernel.message import Message
from ports.broker import BrokerUnavailable, QueueFull

LOOK_SECONDS = 1.0
"""After so long a sender looks what others have sent: behind what he sends himself, which does not wait for it."""


@dataclass(slots=True)
class _Known:
    looked_at: float
    messages: int


class Room:
    """``most`` bounds each queue; ``waiting`` says what one holds."""

    def __init__(self, most: int, waiting: Callable[[str], Awaitable[int]]) -> None:
        self._most = most
        self._waiting = waiting
        self._known: dict[str, _Known] = {}

    @asynccontextmanager
    async def taken(self, messages: Sequence[Message]) -> AsyncIterator[None]:
        """Within it they are sent. Raises QueueFull when a queue of theirs holds as much as it may."""
        queues = Counter(message.queue for message in messages)
        for queue in sorted(queues):
            await self._take(queue, queues[queue])
        yield
        for queue in sorted(queues):
            if monotonic() > self._known[queue].looked_at + LOOK_SECONDS:
                with suppress(BrokerUnavailable):  # what was sent is kept
                    await self._look(queue)

    async def _take(self, queue: str, more: int) -> None:
        known = self._known.get(queue)
        if known is None or known.messages >= self._most:
            known = await self._look(queue)
        if known.messages >= self._most:
            raise QueueFull(f"queue {queue} holds {self._most} messages")
        known.messages += more

    async def _look(self, queue: str) -> _Known:
        known = self._known[queue] = _Known(monotonic(), await self._waiting(queue))
        return known
