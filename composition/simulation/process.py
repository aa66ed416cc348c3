"""A simulated process: its tasks, its connections, its clock; it can be killed between any two steps."""

import asyncio
from collections.abc import Coroutine
from contextvars import ContextVar, copy_context
from typing import Any

from adapters.memory.database import MemoryDatabase
from adapters.memory.ids import MemoryIds
from adapters.memory.store import Store
from composition.simulation.clock import ProcessClock
from composition.simulation.loop import PROCESS, SimulatedLoop

IDS: ContextVar[MemoryIds] = ContextVar("ids")


def current_id() -> str:
    """An id as the running process makes them: use cases are bound once for all processes."""
    return IDS.get()()


class Process:
    """``name`` is unique to this life of it."""

    def __init__(self, loop: SimulatedLoop, store: Store, name: str, clock: ProcessClock, seed: int) -> None:
        self.name = name
        self.clock = clock
        self.database = MemoryDatabase(store, name)
        self.new_id = MemoryIds(seed, clock.now)
        self.alive = True
        self.death: asyncio.Future[None] = loop.create_future()
        self._loop = loop
        self._tasks: dict[asyncio.Task[Any], None] = {}
        self._context = copy_context()
        self._context.run(PROCESS.set, name)
        self._context.run(IDS.set, self.new_id)

    def spawn(self, work: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        """Run a coroutine as part of this process."""
        task = self._loop.create_task(work, context=self._context)
        self._tasks[task] = None
        task.add_done_callback(self._forget)
        return task

    def kill(self) -> None:
        """End it as kill -9 does: the storage rolls back what it had open, and nothing of it runs on."""
        self.alive = False
        if not self.death.done():
            self.death.set_result(None)
        self.database.cut()
        for task in tuple(self._tasks):
            task.cancel()

    def _forget(self, task: asyncio.Task[Any]) -> None:
        self._tasks.pop(task, None)
