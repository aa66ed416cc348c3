"""How a worker ends: it gives up its share of the tenants first, and then waits for the calls it has begun."""

import asyncio
from typing import Any

from adapters.memory.telemetry import MemoryTelemetry
from entrypoints.worker.loop import WorkerLoops


class Ending:
    """Whatever a worker is made of, as far as its end asks for it."""

    def __init__(self) -> None:
        self.done: list[str] = []

    batch = 1

    async def leave(self, worker: str) -> None:
        self.done.append(f"{worker} left")

    async def finish(self) -> None:
        self.done.append("calls ended")


def test_others_take_over_while_the_last_calls_end() -> None:
    it: Any = Ending()
    loops = WorkerLoops(
        "w", it, it, it, it, it, it, None, None, None, None, it, lambda: "id", MemoryTelemetry()
    )  # fmt: skip
    loops.stop()
    asyncio.run(loops.run())
    assert it.done == ["w left", "calls ended"]
