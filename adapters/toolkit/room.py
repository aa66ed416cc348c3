"""How full a queue is, as far as somebody knows who looks now and then and counts what he sends himself."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from time import monotonic

from ports.broker import QueueFull

LOOK_SECONDS = 1.0
"""So long a sender believes that nobody else sends."""


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

    async def reserve(self, queue: str, more: int) -> None:
        """Raises QueueFull when the queue holds as much as it may: then it is looked at again the next time."""
        known = self._known.get(queue)
        if known is None or known.messages >= self._most or monotonic() > known.looked_at + LOOK_SECONDS:
            known = self._known[queue] = _Known(monotonic(), await self._waiting(queue))
        if known.messages >= self._most:
            raise QueueFull(f"queue {queue} holds {self._most} messages")
        known.messages += more
