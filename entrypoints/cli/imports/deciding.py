"""A worker inside the importing process, so that orders are decided although nothing else runs."""

import asyncio
import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from core.acceptance.queues import RETRY, REVIEW
from core.kernel.ids import TenantId
from entrypoints.cli.session import Session
from ports.queue import Depth

INTAKE = "intake"
POLL_SECONDS = 0.2
NONE = Depth()


@asynccontextmanager
async def deciding(session: Session) -> AsyncIterator["asyncio.Task[None]"]:
    """A worker runs inside the block; after it, it finishes what is in hand and leaves."""
    loops = session.worker(f"import-{os.getpid()}")
    task = asyncio.create_task(loops.run())
    try:
        yield task
    finally:
        loops.stop()
        await task


async def until_decided(
    session: Session, tenant: TenantId, worker: "asyncio.Task[None]", show: Callable[[str], None]
) -> dict[str, int]:
    """Wait until the tenant has no order left to decide; how many wait for a person, and how many were given up."""
    while True:
        if worker.done():
            await worker  # raises what ended it
        depths = await session.queue.depth([tenant])
        left = waiting(depths.get(INTAKE, NONE)) + waiting(depths.get(RETRY, NONE))
        if not left:
            held = depths.get(REVIEW, NONE)
            dead = sum(depth.dead for depth in depths.values())
            return {"needs_review": held.parked + waiting(held), "dead": dead}
        show(f"{left:,} orders to decide")
        await session.clock.sleep(POLL_SECONDS)


def waiting(depth: Depth) -> int:
    """Jobs that will go on by themselves."""
    return depth.ready + depth.leased + depth.delayed
