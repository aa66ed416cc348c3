"""A worker's loops: each steps while there is something to do, and waits a little longer each time there is not."""

import asyncio
import traceback
from collections.abc import Awaitable, Callable

from core.kernel.context import Context
from core.kernel.ids import NewId, TenantId
from core.kernel.value import value
from core.tenants.tenant import SHARDS
from entrypoints.worker.accept import BATCH, BatchAcceptance
from entrypoints.worker.jobs import JobRunner
from entrypoints.worker.relay import BATCH as RELAYED
from entrypoints.worker.relay import Relay
from entrypoints.worker.suspicion import Suspicion
from ports.clock import Clock
from ports.storage import CommitUnknown, StorageUnavailable, TransactionConflict
from ports.telemetry import Telemetry
from ports.work import Membership, Workers


@value
class Pace:
    """How a loop waits: longer each time there was nothing, a little after a batch smaller than is ``worth_it``.

    Lingering lets the next batch grow: at low load this is latency nobody notices, and half the work.
    """

    idle_first_seconds: float
    idle_last_seconds: float
    linger_seconds: float
    worth_it: int


ACCEPTING = Pace(idle_first_seconds=0.004, idle_last_seconds=0.05, linger_seconds=0.004, worth_it=BATCH // 4)
RETRYING = Pace(idle_first_seconds=0.05, idle_last_seconds=0.4, linger_seconds=0.0, worth_it=1)
RELAYING = Pace(idle_first_seconds=0.02, idle_last_seconds=0.2, linger_seconds=0.1, worth_it=RELAYED)
BEAT_SECONDS = 2.0
DOWN_SECONDS = 0.5
NOBODY = TenantId("00000000-0000-0000-0000-000000000000")
"""Stands for "no tenant yet" until a batch or a job names its own: it sees nothing."""


class WorkerLoops:
    """Everything one worker process does, until it is told to stop."""

    def __init__(
        self,
        worker: str,
        workers: Workers,
        acceptance: BatchAcceptance,
        jobs: JobRunner,
        relay: Relay,
        clock: Clock,
        new_id: NewId,
        telemetry: Telemetry,
    ) -> None:
        self._worker = worker
        self._workers = workers
        self._acceptance = acceptance
        self._jobs = jobs
        self._relay = relay
        self._clock = clock
        self._new_id = new_id
        self._telemetry = telemetry
        self._membership = Membership(index=0, count=1, crashes=0)
        self._suspicion = Suspicion(acceptance.batch)
        self._stopping = False

    def stop(self) -> None:
        """Finish what is in hand, take nothing more."""
        self._stopping = True

    async def run(self) -> None:
        """Work until stopped, then leave."""
        await self._join()
        async with asyncio.TaskGroup() as group:
            group.create_task(self._repeat(self._accept, ACCEPTING))
            group.create_task(self._repeat(lambda: self._jobs.step(self._context()), RETRYING))
            group.create_task(self._repeat(self._relay.step, RELAYING))
            group.create_task(self._keep_beating())
        try:
            await self._workers.leave(self._worker)
        except StorageUnavailable as error:
            self._telemetry.log("warning", "left without saying so", error=repr(error))

    async def _join(self) -> None:
        while not self._stopping:
            try:
                self._membership = await self._workers.join(self._worker)
                self._suspicion.crashed(self._membership.crashes)
                return
            except StorageUnavailable as error:
                await self._wait_for_storage(error)

    async def _accept(self) -> int:
        mine = [shard for shard in range(SHARDS) if shard % self._membership.count == self._membership.index]
        if not mine:
            return 0
        suspicion = self._suspicion
        taken = await self._acceptance.step(mine, self._context(), suspicion.size, cautious=suspicion.move_first())
        if taken:
            suspicion.went_well()
        return taken

    async def _repeat(self, step: Callable[[], Awaitable[int]], pace: Pace) -> None:
        idle = pace.idle_first_seconds
        while not self._stopping:
            try:
                done = await step()
            except (StorageUnavailable, CommitUnknown, TransactionConflict) as error:
                # Nothing is lost: an undecided batch is back in its table, a decided one is gone from it.
                await self._wait_for_storage(error)
                continue
            except Exception as error:  # noqa: BLE001 - one loop's defect must not stop the other loops
                self._telemetry.log("error", "step failed; trying again", error=_trace(error))
                await self._clock.sleep(DOWN_SECONDS)
                continue
            if done == 0:
                await self._clock.sleep(idle)
                idle = min(idle * 2, pace.idle_last_seconds)
            else:
                idle = pace.idle_first_seconds
                if done < pace.worth_it:
                    await self._clock.sleep(pace.linger_seconds)

    async def _keep_beating(self) -> None:
        while not self._stopping:
            try:
                self._membership = await self._workers.beat(self._worker, well=self._suspicion.well)
            except StorageUnavailable as error:
                await self._wait_for_storage(error)
            for _ in range(int(BEAT_SECONDS / 0.1)):
                if self._stopping:
                    return
                await self._clock.sleep(0.1)

    async def _wait_for_storage(self, error: Exception) -> None:
        self._telemetry.log("warning", "step failed; trying again", error=repr(error))
        await self._clock.sleep(DOWN_SECONDS)

    def _context(self) -> Context:
        return Context(
            tenants=(NOBODY,), actor=f"worker:{self._worker}", now=self._clock.now(), correlation=self._new_id()
        )


def _trace(error: Exception) -> str:
    return "".join(traceback.format_exception(error))
