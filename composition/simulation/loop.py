"""An event loop without a world: the seed chooses who goes next, and time jumps to the next thing that is due."""

import asyncio
import heapq
from asyncio import events
from collections.abc import Callable, Coroutine
from contextvars import Context, ContextVar
from random import Random
from typing import Any, cast

PROCESS: ContextVar[str] = ContextVar("process", default="world")
"""Which process a callback belongs to."""
STEPS_MAX = 100_000


class Stuck(Exception):
    """What was waited for did not come within its bounds."""


class NumberedTask(asyncio.Task[Any]):
    """A task that hashes by its number: a task group cancels its tasks in the order of a set, and by address that
    order would be another one in every run."""

    def __init__(self, coro: Any, number: int, **settings: Any) -> None:
        self._number = number
        super().__init__(coro, **settings)

    def __hash__(self) -> int:
        return self._number


class SimulatedLoop:
    """As much of an event loop as coroutines, tasks, futures and timers need; the rest would be a world."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)
        self.steps = 0
        self._as_loop = cast(asyncio.AbstractEventLoop, self)
        self.complaints: list[str] = []
        self._now = 0.0
        self._ready: list[asyncio.Handle] = []
        self._timers: list[tuple[float, int, asyncio.TimerHandle]] = []
        self._timer_count = 0
        self._task_count = 0
        self._frozen: dict[str, list[asyncio.Handle]] = {}

    def run_until(self, coroutine: Coroutine[Any, Any, Any], deadline: float) -> Any:
        """The coroutine's result. Raises Stuck when it is not there at virtual time ``deadline``."""
        events._set_running_loop(self._as_loop)
        try:
            task = self.create_task(coroutine)
            while not task.done():
                self._step(deadline)
            return task.result()
        finally:
            events._set_running_loop(None)

    def freeze(self, process: str, seconds: float) -> None:
        """Let no callback of ``process`` run for ``seconds``."""
        if process not in self._frozen:
            self._frozen[process] = []
            self.call_later(seconds, self._thaw, process, context=Context())

    def frozen(self, process: str) -> bool:
        """Whether the process stands still."""
        return process in self._frozen

    def _thaw(self, process: str) -> None:
        self._ready += self._frozen.pop(process)

    def _step(self, deadline: float) -> None:
        if not self._ready:
            self._advance(deadline)
            return
        ready = self._ready
        place = int(self.random.random() * len(ready))
        ready[place], ready[-1] = ready[-1], ready[place]
        handle = ready.pop()
        if handle.cancelled():
            return
        if self._frozen:
            process = handle._context.get(PROCESS, "world")  # type: ignore[attr-defined]
            if process in self._frozen:
                self._frozen[process].append(handle)
                return
        self.steps += 1
        if self.steps > STEPS_MAX:
            raise Stuck(f"{STEPS_MAX} steps and no end")
        handle._run()

    def _advance(self, deadline: float) -> None:
        while self._timers and self._timers[0][2].cancelled():
            heapq.heappop(self._timers)
        if not self._timers or self._timers[0][0] > deadline:
            raise Stuck(f"nothing happens before {deadline:.1f} s")
        self._now = max(self._now, self._timers[0][0])
        while self._timers and self._timers[0][0] <= self._now:
            self._ready.append(heapq.heappop(self._timers)[2])

    def time(self) -> float:
        """Virtual seconds since the beginning."""
        return self._now

    def call_soon(self, callback: Callable[..., object], *args: Any, context: Context | None = None) -> asyncio.Handle:
        """See asyncio."""
        handle = asyncio.Handle(callback, args, self._as_loop, context)
        self._ready.append(handle)
        return handle

    def call_at(
        self, when: float, callback: Callable[..., object], *args: Any, context: Context | None = None
    ) -> asyncio.TimerHandle:
        """See asyncio."""
        handle = asyncio.TimerHandle(when, callback, args, self._as_loop, context)
        self._timer_count += 1
        heapq.heappush(self._timers, (when, self._timer_count, handle))
        return handle

    def call_later(
        self, delay: float, callback: Callable[..., object], *args: Any, context: Context | None = None
    ) -> asyncio.TimerHandle:
        """See asyncio."""
        return self.call_at(self._now + delay, callback, *args, context=context)

    def create_future(self) -> asyncio.Future[Any]:
        """See asyncio."""
        return asyncio.Future(loop=self._as_loop)

    def create_task(self, coro: Any, *, name: str | None = None, context: Context | None = None) -> asyncio.Task[Any]:
        """See asyncio."""
        self._task_count += 1
        return NumberedTask(coro, self._task_count, loop=self._as_loop, name=name, context=context)

    def call_exception_handler(self, context: dict[str, Any]) -> None:
        """Remember: an exception nobody asked for is a finding."""
        self.complaints.append(f"{context.get('message')}: {context.get('exception')!r}")

    def get_debug(self) -> bool:
        """Never."""
        return False

    def is_running(self) -> bool:
        """Always."""
        return True

    def is_closed(self) -> bool:
        """Never."""
        return False

    def _timer_handle_cancelled(self, handle: asyncio.TimerHandle) -> None:
        """A cancelled timer is passed over when its time comes."""
