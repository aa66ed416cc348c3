"""Turns that rest: the receiver of a drained strand stays, so that what comes next is in hand at once.

Nobody else gets what comes into that strand meanwhile. So whoever has no time for it at once gives it away.
"""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Iterator
from functools import partial

from adapters.rabbitmq.queues import Place
from adapters.rabbitmq.turn import Turn
from core.kernel.message import Priority

REST_SECONDS = 5.0
"""So long a strand is kept into which nothing comes; and for as long by a process that stands still, with what came."""
BUSY_SECONDS = 0.02
"""So long what came waits for a process that is busy: about as long as another one needs to begin with it."""


class Resting:
    """Those of one process. ``leave`` is called with each that rested for long enough, and rests no more."""

    def __init__(self, leave: Callable[[Turn], None]) -> None:
        self._leave = leave
        self._drained: dict[Place, Turn] = {}
        self._ready: dict[Place, Turn] = {}
        self._came: dict[str, asyncio.Event] = defaultdict(asyncio.Event)

    def __iter__(self) -> Iterator[Turn]:
        return iter([*self._ready.values(), *self._drained.values()])

    def add(self, turn: Turn, until: float) -> None:
        """It rests, until the time ``until`` of the running loop at most."""
        self._drained[turn.place] = turn
        turn.keep(until, partial(self._over, turn), partial(self._something_came, turn))
        if turn.fetched:
            self._something_came(turn)

    def remove(self, turn: Turn) -> None:
        """It rests no more."""
        for turns in (self._drained, self._ready):
            if turns.get(turn.place) is turn:
                del turns[turn.place]

    def is_ready(self, queue: str) -> bool:
        """Whether anything waits in one of the queue's."""
        return any(place[0] == queue for place in self._ready)

    def ready(self, queue: str, priority: Priority) -> Turn | None:
        """The one into which something came first; it rests no more."""
        turn = next((turn for place, turn in self._ready.items() if place[:2] == (queue, priority)), None)
        if turn is not None:
            self.remove(turn)
        return turn

    async def something_is_ready(self, queue: str) -> None:
        """Until anything waits in one of the queue's."""
        if not self.is_ready(queue):
            self._came[queue].clear()
            await self._came[queue].wait()

    def _something_came(self, turn: Turn) -> None:
        if self._drained.pop(turn.place, None) is turn:
            self._ready[turn.place] = turn
            turn.hurry(BUSY_SECONDS, partial(self._over, turn))
            self._came[turn.hold.queue].set()

    def _over(self, turn: Turn) -> None:
        self.remove(turn)
        self._leave(turn)
