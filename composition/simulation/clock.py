"""Each process's own idea of the time, and how it waits."""

import asyncio
from collections.abc import Callable
from contextvars import Context
from datetime import UTC, datetime, timedelta

from composition.simulation.loop import SimulatedLoop

BEGINNING = datetime(2026, 1, 1, tzinfo=UTC)
POLL_LAST_SECONDS = 0.5
BEAT_STEP_SECONDS, BEATS_TOGETHER = 0.1, 20
"""A heart looks up between two beats to see whether it is to stop; here it does so once a beat."""
DOZE_LONGEST_SECONDS = 40.0
"""Only what no commit tells of waits for it: a worker that went silent and left its shards to others."""
HINT_SECONDS = 0.004
NO_CONTEXT = Context()
ANYTHING = "anything"

Sleepers = dict[asyncio.Future[None], None]


class Naps:
    """Lets pollers sleep while there is nothing new: a commit or a moment something falls due wakes them.

    A poll that finds nothing changes nothing, so leaving out most of them leaves out nothing but time. A poller is a
    task with a name: it is woken by hints with its name alone; who has none, by every hint.
    """

    def __init__(self, loop: SimulatedLoop) -> None:
        self._loop = loop
        self._sleepers: dict[str, Sleepers] = {}
        self._hinted: set[str] = set()
        self._idle: dict[tuple[str, asyncio.Task[object] | None], int] = {}

    def hint(self, *pollers: str) -> None:
        """Something changed that these look for: they wake in a moment."""
        if not self._hinted:
            self._loop.call_later(HINT_SECONDS, self._wake_hinted, context=NO_CONTEXT)
        self._hinted.update(pollers)

    def hint_all(self) -> None:
        """Everybody wakes in a moment."""
        self.hint(ANYTHING, *sorted(self._sleepers))

    def hint_at(self, seconds: float, poller: str, still: Callable[[], bool]) -> None:
        """Something ``poller`` looks for falls due at this virtual time, if it is ``still`` there by then."""
        self._loop.call_at(seconds + HINT_SECONDS, self._wake_if, poller, still, context=NO_CONTEXT)

    async def nap(self, seconds: float) -> None:
        """Sleep until a hint, or longer and longer."""
        task = asyncio.current_task()
        name = poller_of(task)
        times = self._idle[name, task] = self._idle.get((name, task), 0) + 1
        sleeper = self._loop.create_future()
        self._sleepers.setdefault(name, {})[sleeper] = None
        longest = min(DOZE_LONGEST_SECONDS, seconds * 2 ** min(times, 12))
        timer = self._loop.call_later(longest, _end, sleeper, context=NO_CONTEXT)
        try:
            await sleeper
        finally:
            timer.cancel()
            self._sleepers.get(name, {}).pop(sleeper, None)

    def _wake_hinted(self) -> None:
        hinted, self._hinted = self._hinted, set()
        for poller in sorted({*hinted, ANYTHING}):
            self._wake(poller)

    def _wake_if(self, poller: str, still: Callable[[], bool]) -> None:
        if still():
            self._wake(poller)

    def _wake(self, poller: str) -> None:
        for idle in [idle for idle in self._idle if idle[0] == poller]:
            del self._idle[idle]
        for sleeper in self._sleepers.pop(poller, ()):
            _end(sleeper)


def poller_of(task: asyncio.Task[object] | None) -> str:
    """The name its task was given, if it was given one."""
    name = "" if task is None else task.get_name()
    return ANYTHING if name.startswith("Task-") else name


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
        self._beats = 0

    def now(self) -> datetime:
        """See the port."""
        return moment(self._loop) + self._skew

    async def sleep(self, seconds: float) -> None:
        """See the port."""
        if seconds == BEAT_STEP_SECONDS:
            self._beats += 1
            if self._beats % BEATS_TOGETHER == 0:
                await asyncio.sleep(seconds * self._slow * BEATS_TOGETHER)
        elif seconds < POLL_LAST_SECONDS:
            await self._naps.nap(seconds)
        else:
            await asyncio.sleep(seconds)

    async def wait(self, seconds: float) -> None:
        """Wait for so long, whatever it is for."""
        await asyncio.sleep(seconds)


def moment(loop: SimulatedLoop) -> datetime:
    """The true time."""
    return BEGINNING + timedelta(seconds=loop.time())
