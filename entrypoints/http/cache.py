"""A small memory of what was looked up a moment ago."""

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Generic, TypeVar

from ports.clock import Clock

Key = TypeVar("Key")
Found = TypeVar("Found")


class Recent(Generic[Key, Found]):
    """At most ``size`` answers, each for at most ``kept``; what is not there is not remembered.

    Those who ask for the same at the same time share one look-up, and one of them giving up does not end it.
    """

    def __init__(self, clock: Clock, *, size: int, kept: timedelta) -> None:
        self._clock = clock
        self._size = size
        self._kept = kept
        self._answers: OrderedDict[Key, tuple[datetime, Found]] = OrderedDict()
        self._running: dict[Key, asyncio.Future[Found | None]] = {}
        self._generation = 0

    def known(self, key: Key, now: datetime) -> Found | None:
        """The answer, if it is remembered and still fresh at ``now``."""
        entry = self._answers.get(key)
        if entry is None or now >= entry[0]:
            return None
        self._answers.move_to_end(key)
        return entry[1]

    async def get(self, key: Key, look_up: Callable[[], Awaitable[Found | None]]) -> Found | None:
        """The answer, remembered or looked up."""
        found = self.known(key, self._clock.now())
        if found is not None:
            return found
        running = self._running.get(key)
        if running is None:
            running = self._running[key] = asyncio.ensure_future(self._ask(key, look_up))
            running.add_done_callback(lambda done: self._forget_running(key, done))
        return await asyncio.shield(running)

    def clear(self) -> None:
        """Forget everything, what is being looked up right now included."""
        self._generation += 1
        self._answers.clear()
        self._running.clear()

    async def _ask(self, key: Key, look_up: Callable[[], Awaitable[Found | None]]) -> Found | None:
        generation = self._generation
        found = await look_up()
        if found is not None and generation == self._generation:
            self._answers[key] = (self._clock.now() + self._kept, found)
            self._answers.move_to_end(key)
            if len(self._answers) > self._size:
                self._answers.popitem(last=False)
        return found

    def _forget_running(self, key: Key, done: asyncio.Future[Found | None]) -> None:
        if self._running.get(key) is done:
            del self._running[key]
        if not done.cancelled():
            done.exception()  # whoever asked has raised it; if they all gave up, nobody needs it
