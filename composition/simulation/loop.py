"""An event loop without a world: first come, first served unless the seed chooses otherwise; time jumps ahead."""

import asyncio
import heapq
import inspect
from asyncio import events
from collections.abc import Callable, Coroutine
from contextvars import Context, ContextVar, copy_context
from typing import Any, cast

from composition.simulation.choices import Choices

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


class Due:
    """A callback and when it is due; see asyncio.TimerHandle, of which nobody needs more here."""

    __slots__ = ("args", "at", "callback", "context")

    def __init__(self, at: float, callback: Callable[..., object], args: tuple[Any, ...], context: Context) -> None:
        self.at = at
        self.callback: Callable[..., object] | None = callback
        self.args = args
        self.context = context

    def cancel(self) -> None:
        """See asyncio."""
        self.callback = None

    def cancelled(self) -> bool:
        """See asyncio."""
        return self.callback is None

    def when(self) -> float:
        """See asyncio."""
        return self.at


class SimulatedLoop:
    """As much of an event loop as coroutines, tasks, futures and timers need; the rest would be a world.

    ``choices`` say at which steps somebody else goes than whoever has been ready for longest.
    """

    def __init__(self, choices: Choices) -> None:
        self.choices = choices
        choices.now = self.time
        self.steps = 0
        self._as_loop = cast(asyncio.AbstractEventLoop, self)
        self.complaints: list[str] = []
        self._now = 0.0
        self._ready: list[Due] = []
        self._timers: list[tuple[float, int, Due]] = []
        self._timer_count = 0
        self._task_count = 0
        self._frozen: dict[str, list[Due]] = {}

    def run_until(self, coroutine: Coroutine[Any, Any, Any], deadline: float) -> Any:
        """The coroutine's result. Raises Stuck when it is not there at virtual time ``deadline``."""
        events._set_running_loop(self._as_loop)
        try:
            task = self.create_task(coroutine)
            ready, place = self._ready, self.choices.place
            while not task.done():
                if not ready:
                    self._advance(deadline)
                    continue
                length = len(ready)
                self._run(ready.pop(place(length) if length > 1 else 0))
            return task.result()
        finally:
            events._set_running_loop(None)

    def abandon(self) -> None:
        """What was to begin and has not never will: its coroutines are put away, or somebody else is told of them."""
        for due in (*self._ready, *(due for frozen in self._frozen.values() for due in frozen)):
            task = getattr(due.callback, "__self__", None)
            work = task.get_coro() if isinstance(task, asyncio.Task) else None
            if inspect.iscoroutine(work) and inspect.getcoroutinestate(work) == inspect.CORO_CREATED:
                work.close()

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

    def _run(self, due: Due) -> None:
        callback = due.callback
        if callback is None:
            return
        if self._frozen:
            process = due.context.get(PROCESS, "world")
            if process in self._frozen:
                self._frozen[process].append(due)
                return
        self.steps += 1
        if self.steps > STEPS_MAX:
            raise Stuck(f"{STEPS_MAX} steps and no end")
        try:
            due.context.run(callback, *due.args)
        except Exception as error:  # noqa: BLE001 - as any event loop: it is told, and life goes on
            self.complaints.append(f"an exception in {callback}: {error!r}")

    def _advance(self, deadline: float) -> None:
        timers = self._timers
        while timers and timers[0][2].callback is None:
            heapq.heappop(timers)
        if not timers or timers[0][0] > deadline:
            raise Stuck(f"nothing happens before {deadline:.1f} s")
        self._now = max(self._now, timers[0][0])
        while timers and timers[0][0] <= self._now:
            self._ready.append(heapq.heappop(timers)[2])

    def time(self) -> float:
        """Virtual seconds since the beginning."""
        return self._now

    def call_soon(self, callback: Callable[..., object], *args: Any, context: Context | None = None) -> Due:
        """See asyncio."""
        due = Due(self._now, callback, args, copy_context() if context is None else context)
        self._ready.append(due)
        return due

    def call_at(self, when: float, callback: Callable[..., object], *args: Any, context: Context | None = None) -> Due:
        """See asyncio."""
        due = Due(when, callback, args, copy_context() if context is None else context)
        self._timer_count += 1
        heapq.heappush(self._timers, (when, self._timer_count, due))
        return due

    def call_later(
        self, delay: float, callback: Callable[..., object], *args: Any, context: Context | None = None
    ) -> Due:
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
