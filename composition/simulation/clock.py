"""Each process's own idea of the time, and how it waits."""

import asyncio
from collections import deque
from datetime import datetime, timedelta

from adapters.memory.clock import BEGINNING
from composition.simulation.loop import SimulatedLoop

POLL_LAST_SECONDS = 0.5
BEAT_STEP_SECONDS = 0.1
DOZE_LONGEST_SECONDS = 8.0
HINT_SECONDS = 0.004


class Naps:
    """Lets pollers sleep while there is nothing new: a commit or a moment something falls due wakes them.

    A poll that finds nothing changes nothing, so leaving out most of them leaves out nothing but time.
    """

    def __init__(self, loop: SimulatedLoop) -> None:
        self._loop = loop
        self._sleepers: deque[asyncio.Future[None]] = deque()
        self._hinted = False
        self._idle: dict[asyncio.Task[object] | None, int] = {}

    def hint(self) -> None:
        """Something changed: whoever naps wakes in a moment."""
        if not self._hinted:
            self._hinted = True
            self._loop.call_later(HINT_SECONDS, self._wake)

    def hint_at(self, seconds: float) -> None:
        """Something falls due at this virtual time."""
        self._loop.call_at(seconds + HINT_SECONDS, self._wake)

    async def nap(self, seconds: float) -> None:
        """Sleep until a hint, or longer and longer."""
        task = asyncio.current_task()
        times = self._idle[task] = self._idle.get(task, 0) + 1
        sleeper = self._loop.create_future()
        self._sleepers.append(sleeper)
        longest = min(DOZE_LONGEST_SECONDS, seconds * 2 ** min(times, 12))
        timer = self._loop.call_later(longest, _end, sleeper)
        try:
            await sleeper
        finally:
            timer.cancel()

    def _wake(self) -> None:
        self._hinted = False
        self._idle.clear()
        sleepers, self._sleepers = self._sleepers, deque()
        for sleeper in sleepers:
            _end(sleeper)


def _end(sleeper: asyncio.Future[None]) -> None:
    if not sleeper.done():
        sleeper.set_result(None)


class ProcessClock:
    """See ports.clock.Clock. ``skew`` seconds wrong; its heart beats ``slow`` times slower than it should."""

    def __init__(self, loop: SimulatedLoop, naps: Naps, skew: float, slow: float) -> None:
        self._loop = loop
        self._naps = naps
        self._skew = timedelta(seconds=skew)
        self._slow = slow

    def now(self) -> datetime:
        """See the port."""
        return moment(self._loop) + self._skew

    async def sleep(self, seconds: float) -> None:
        """See the port."""
        if seconds == BEAT_STEP_SECONDS:
            await asyncio.sleep(seconds * self._slow)
        elif seconds < POLL_LAST_SECONDS:
            await self._naps.nap(seconds)
        else:
            await asyncio.sleep(seconds)


def moment(loop: SimulatedLoop) -> datetime:
    """The true time."""
    return BEGINNING + timedelta(seconds=loop.time())
