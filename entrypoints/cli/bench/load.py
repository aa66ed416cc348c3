"""The load itself: a schedule of intended send times, and connections that keep to it.

Open loop: request ``i`` is due at ``start + i * interval`` whatever the server does; when every connection is
busy it waits, and the wait is part of its latency (no coordinated omission). Closed loop: a connection sends
its next request as soon as it has its answer, unless the product has fallen behind (``may_send``).
"""

import asyncio
import math
from collections import Counter
from collections.abc import Callable, Sequence
from time import perf_counter
from typing import Protocol

from entrypoints.cli.bench.client import Address, Connection, connect

TICK_SECONDS = 0.001
RECONNECT_SECONDS = 0.1
NO_ANSWER = 0
"""The status of a request whose answer never came."""


class Observe(Protocol):
    """What is told of each request: its number, intended send time and end (seconds), status and body."""

    def __call__(self, number: int, intended: float, ended: float, status: int, body: bytes) -> None:
        """Book one request."""


class Schedule:
    """When requests are due. ``interval`` in seconds; 0 means whenever a connection is free."""

    __slots__ = ("_interval", "_may_send", "_start", "_stop", "issued")

    def __init__(self, *, start: float, interval: float, may_send: Callable[[], bool]) -> None:
        self._start = start
        self._interval = interval
        self._may_send = may_send
        self._stop = math.inf
        self.issued = 0

    def claim(self, now: float) -> float | None:
        """Issue the next request if it is due at ``now``: its intended send time, else None."""
        if self._interval:
            due = self._start + self.issued * self._interval
            if due > now or due >= self._stop:
                return None
        elif now >= self._stop or not self._may_send():
            return None
        else:
            due = now
        self.issued += 1
        return due

    def stop(self, now: float) -> None:
        """Nothing that would be due at ``now`` or later is issued any more; what was due before still is."""
        self._stop = now


class Load:
    """Sends ``requests`` in turn, round and round, over so many ``connections``; observes each answer."""

    def __init__(
        self,
        address: Address,
        requests: Sequence[bytes],
        *,
        connections: int,
        observe: Observe,
        clock: Callable[[], float] = perf_counter,
    ) -> None:
        self._address = address
        self._requests = requests
        self._connections = connections
        self._observe = observe
        self._clock = clock
        self._idle: list[Connection] = []
        self._busy: set[Connection] = set()
        self._reopening: set[asyncio.Task[None]] = set()
        self._schedule: Schedule | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._closed = False
        self.lost_connections: Counter[str] = Counter()

    async def open(self) -> None:
        """Open all connections. Raises OSError when nobody listens."""
        await asyncio.gather(*(self._open_one() for _ in range(self._connections)))

    def start(self, *, interval: float, may_send: Callable[[], bool] = lambda: True) -> None:
        """Begin to send, a request every ``interval`` seconds or, with 0, as fast as answers come back."""
        self._schedule = Schedule(start=self._clock(), interval=interval, may_send=may_send)
        self._tick()

    def stop(self, now: float) -> None:
        """Send nothing that was due at ``now`` or later."""
        if self._schedule is not None:
            self._schedule.stop(now)

    async def drain(self, limit_seconds: float) -> None:
        """After ``stop``: wait for what is under way or overdue; past the limit it counts as unanswered."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + limit_seconds
        while self._outstanding() and loop.time() < deadline:
            await asyncio.sleep(TICK_SECONDS)
        now = self._clock()
        while self._schedule is not None and (intended := self._schedule.claim(now)) is not None:
            self._observe(self._schedule.issued - 1, intended, now, NO_ANSWER, b"")
        self.close()
        while self._busy:
            await asyncio.sleep(TICK_SECONDS)

    def close(self) -> None:
        """Drop all connections; requests under way are observed as unanswered."""
        self._closed = True
        if self._timer is not None:
            self._timer.cancel()
        for task in self._reopening:
            task.cancel()
        for connection in [*self._idle, *self._busy]:
            connection.close()

    def _outstanding(self) -> bool:
        self._release(self._clock())
        # With no idle connection left, something overdue may still be waiting for one.
        return bool(self._busy) or not self._idle

    async def _open_one(self) -> None:
        connection = Connection(self._answered, self._lost)
        await connect(self._address, connection)
        self._idle.append(connection)

    def _tick(self) -> None:
        self._release(self._clock())
        self._timer = asyncio.get_running_loop().call_later(TICK_SECONDS, self._tick)

    def _release(self, now: float) -> None:
        schedule, idle = self._schedule, self._idle
        while schedule is not None and idle and (intended := schedule.claim(now)) is not None:
            self._send(idle.pop(), intended, schedule.issued - 1)

    def _send(self, connection: Connection, intended: float, number: int) -> None:
        connection.number = number
        connection.intended = intended
        self._busy.add(connection)
        connection.send(self._requests[number % len(self._requests)])

    def _answered(self, connection: Connection, status: int, body: bytes) -> None:
        now = self._clock()
        self._busy.discard(connection)
        self._observe(connection.number, connection.intended, now, status, body)
        schedule = self._schedule
        if schedule is not None and (intended := schedule.claim(now)) is not None:
            self._send(connection, intended, schedule.issued - 1)
        else:
            self._idle.append(connection)

    def _lost(self, connection: Connection, reason: str) -> None:
        if connection in self._busy:
            self._busy.discard(connection)
            self._observe(connection.number, connection.intended, self._clock(), NO_ANSWER, b"")
        elif connection in self._idle:
            self._idle.remove(connection)
        if not self._closed:
            self.lost_connections[reason] += 1
            task = asyncio.get_running_loop().create_task(self._reopen())
            self._reopening.add(task)
            task.add_done_callback(self._reopening.discard)

    async def _reopen(self) -> None:
        """Connect again for as long as the run lasts: a restarting server is part of what may be measured."""
        while not self._closed:
            try:
                await self._open_one()
            except OSError:
                await asyncio.sleep(RECONNECT_SECONDS)
            else:
                return
