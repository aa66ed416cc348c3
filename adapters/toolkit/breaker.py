"""A circuit breaker for asynchronous calls, on pybreaker: its states, counters and listeners; time and probes are ours.

pybreaker itself counts a coroutine as done when it is made, lets every caller through at once when it tries again, and
reads the wall clock. Here a call is told to it when it has ended, one probe at a time goes out, and time is the clock
port's. Beside its count of failures in a row (SPEC RES-02) a share of failures within a window opens it (RES-03).
"""

from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime, timedelta

import pybreaker

from core.kernel.value import value
from ports.clock import Clock

PROBE_SECONDS = 1.0
"""While one tries whether it is well again, the others wait so long."""
Tell = Callable[[str], None]
"""Hears what happened: open, half_open, close, success, failure."""


@value
class Limits:
    """When a breaker opens, and for how long.

    ``failures`` in a row open it (5), or ``share`` of at least ``least`` calls within ``window_seconds`` (half of 10
    in 10 s; None: no such rule). It tries again after ``reset_seconds`` (60); ``successes`` in a row close it (1).
    """

    failures: int = 5
    reset_seconds: float = 60.0
    successes: int = 1
    share: float | None = None
    least: int = 10
    window_seconds: float = 10.0


class BreakerOpen(Exception):
    """Nobody is called; ``retry_after`` is in how many seconds it is worth asking again."""

    def __init__(self, retry_after: float) -> None:
        super().__init__(f"not called: it has failed again and again; tried again in {retry_after:.0f} s")
        self.retry_after = retry_after


class _Failed(Exception):
    """Told to pybreaker, whatever it was that failed."""


class Breaker:
    """One breaker, for one thing that is called."""

    def __init__(self, limits: Limits, clock: Clock, tell: Tell = lambda event: None) -> None:
        self._limits = limits
        self._clock = clock
        self._tell = tell
        self._opened_at = clock.now()
        self._openings = 0
        self._probing = False
        self._calls: deque[tuple[datetime, bool]] = deque()
        self._breaker = pybreaker.CircuitBreaker(
            fail_max=limits.failures,
            # It never tries again by itself: when to is judged by the clock port.
            reset_timeout=timedelta.max.total_seconds() / 2,
            success_threshold=limits.successes,
            throw_new_error_on_trip=False,
        )

    @property
    def state(self) -> str:
        """closed, open or half-open."""
        return self._breaker.current_state

    @property
    def calm(self) -> bool:
        """Whether it is as good as new."""
        return (
            self.state == pybreaker.STATE_CLOSED
            and self._breaker.fail_counter == 0
            and all(well for _, well in self._calls)
        )

    @asynccontextmanager
    async def calling(self, failed: Callable[[BaseException], bool] = lambda error: True) -> AsyncIterator[None]:
        """A call. What it raises counts as a failure if ``failed`` says so; being cancelled counts as nothing.

        Raises BreakerOpen, and what the call raises.
        """
        self._admit()
        probing = self._probing = self.state == pybreaker.STATE_HALF_OPEN
        openings = self._openings
        try:
            yield
        except Exception as error:
            self._ended(well=not failed(error), late=openings != self._openings)
            raise
        else:
            self._ended(well=True, late=openings != self._openings)
        finally:
            if probing:
                self._probing = False

    def _admit(self) -> None:
        if self.state == pybreaker.STATE_OPEN:
            passed = (self._clock.now() - self._opened_at).total_seconds()
            if passed < self._limits.reset_seconds:
                raise BreakerOpen(self._limits.reset_seconds - passed)
            self._breaker.half_open()
            self._tell("half_open")
        if self._probing:
            raise BreakerOpen(PROBE_SECONDS)

    def _ended(self, *, well: bool, late: bool) -> None:
        self._tell("success" if well else "failure")
        if late:
            return  # it began before the breaker opened, and says nothing about now
        before = self.state
        self._remember(well=well)
        try:
            self._breaker.call(_succeed if well else _fail)
        except _Failed:
            if self.state == pybreaker.STATE_CLOSED and self._too_many():
                self._breaker.open()
        after = self.state
        if before != after:
            self._calls.clear()
            self._tell("close" if after == pybreaker.STATE_CLOSED else "open")
        if before != after == pybreaker.STATE_OPEN:
            self._openings += 1
            self._opened_at = self._clock.now()

    def _remember(self, *, well: bool) -> None:
        if self._limits.share is None:
            return
        now = self._clock.now()
        self._calls.append((now, well))
        while (now - self._calls[0][0]).total_seconds() > self._limits.window_seconds:
            self._calls.popleft()

    def _too_many(self) -> bool:
        share, calls = self._limits.share, len(self._calls)
        if share is None or calls < self._limits.least:
            return False
        return sum(not well for _, well in self._calls) >= share * calls


def _succeed() -> None:
    pass


def _fail() -> None:
    raise _Failed
