"""How it is seen that orders are decided: a sample is watched by status URL, the audit counts them all."""

import asyncio
from collections.abc import Awaitable, Callable
from time import perf_counter
from urllib.parse import urlsplit

import msgspec

from core.kernel.value import value
from entrypoints.cli.bench.caller import Caller, ConnectionLost
from entrypoints.cli.bench.client import render_request

DECIDED = frozenset({"completed", "rejected", "needs_review", "failed"})
TIMED = frozenset({"completed", "rejected"})
POLL_SECONDS_MIN = 0.003
POLL_SECONDS_MAX = 0.1
POLL_GROWTH = 0.1
"""Wait a tenth of an order's age between polls: fine grained when it is quick, cheap when it is not."""
AUDIT_SECONDS = 0.1


@value
class Audit:
    """Orders of the bench tenants, counted in the database in one snapshot. ``decided`` includes parked ones.

    ``oversold`` counts the balances below what they may be.
    """

    accepted: int
    decided: int
    completed: int
    rejected: int
    oversold: int


class StatusAnswer(msgspec.Struct):
    """The part of the status answer that matters here."""

    status: str


_STATUS = msgspec.json.Decoder(StatusAnswer)


class CompletionSampler:
    """Watches up to ``samples_per_second`` orders until decided; keeps (intended, seconds taken) of each."""

    def __init__(self, caller: Caller, key_of: Callable[[int], str], *, samples_per_second: float) -> None:
        self._caller = caller
        self._key_of = key_of
        self._gap = 1.0 / samples_per_second
        self._next_at = 0.0
        self._first_wait = 0.002
        self._pending: dict[int, float] = {}
        self._watchers: set[asyncio.Task[None]] = set()
        self.samples: list[tuple[float, float]] = []
        self.polls = 0
        self.poll_errors = 0

    @property
    def unfinished(self) -> int:
        """How many watched orders have not been seen decided."""
        return len(self._pending)

    def wants(self, now: float) -> bool:
        """Whether it is time to watch another order."""
        return now >= self._next_at

    def watch(self, number: int, intended: float, status_url: str) -> None:
        """Poll ``status_url`` until the order of request ``number`` is decided."""
        self._next_at = perf_counter() + self._gap
        parts = urlsplit(status_url)
        path = f"{parts.path}?{parts.query}" if parts.query else parts.path
        request = render_request(self._caller.address, "GET", path, key=self._key_of(number))
        self._pending[number] = intended
        task = asyncio.create_task(self._follow(number, intended, request))
        self._watchers.add(task)
        task.add_done_callback(self._watchers.discard)

    async def finish(self, limit_seconds: float) -> None:
        """Wait for the orders still watched, then stop watching whatever is left."""
        if self._watchers:
            await asyncio.wait(self._watchers, timeout=limit_seconds)
        left = list(self._watchers)
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)

    async def _follow(self, number: int, intended: float, request: bytes) -> None:
        await asyncio.sleep(self._first_wait)
        first = True
        while (status := await self._poll(request)) not in DECIDED:
            first = False
            age = perf_counter() - intended
            await asyncio.sleep(min(max(POLL_SECONDS_MIN, age * POLL_GROWTH), POLL_SECONDS_MAX))
        seconds = perf_counter() - intended
        # A poll costs the server more than an order does, so do not ask long before an answer is likely. When
        # the first look comes late the figure is too high, never too low, and the next first look is earlier.
        self._first_wait = self._first_wait * 0.7 if first else min(self._first_wait + 0.0005, seconds / 2)
        del self._pending[number]
        if status in TIMED:
            self.samples.append((intended, seconds))

    async def _poll(self, request: bytes) -> str:
        """The order's status, empty when it could not be had this time (counted, asked again)."""
        self.polls += 1
        try:
            status, body = await self._caller.request(request)
            if status == 200:
                return _STATUS.decode(body).status
        except (ConnectionLost, OSError, msgspec.DecodeError):
            self.poll_errors += 1
            return ""
        self.poll_errors += 1
        return ""


async def await_decided(audit: Callable[[], Awaitable[Audit]], accepted: int, limit_seconds: float) -> Audit:
    """Audit until all orders, those ``accepted`` here and those stored, are decided or the limit is over."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + limit_seconds
    pause = AUDIT_SECONDS
    while True:
        seen = await audit()
        if seen.decided >= max(accepted, seen.accepted) or loop.time() >= deadline:
            return seen
        await asyncio.sleep(pause)
        # Counting a large run costs the database time it needs for deciding.
        pause = min(pause * 1.5, 1.0)
