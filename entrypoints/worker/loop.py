"""Everything one worker process does: orders, what waited, sagas, relaying, keeping house, saying it is alive."""

import asyncio

from core.kernel.context import Context
from core.kernel.ids import NewId, TenantId
from core.tenants.tenant import SHARDS
from entrypoints.worker.accept import BATCH, BatchAcceptance
from entrypoints.worker.aside import AsideRunner
from entrypoints.worker.chores import HOUSEKEEPING, Chores
from entrypoints.worker.jobs import JobRunner
from entrypoints.worker.notices import NoticeRunner
from entrypoints.worker.pace import Pace, Repeater
from entrypoints.worker.receiving import RECEIVING, Receiver
from entrypoints.worker.relay import RELAYING, Relay
from entrypoints.worker.sagas import SagaRunner
from entrypoints.worker.suspicion import Suspicion
from entrypoints.worker.webhooks import WebhookRunner
from ports.clock import Clock
from ports.storage import StorageUnavailable
from ports.telemetry import Telemetry
from ports.work import Membership, Workers

ACCEPTING = Pace(idle_first_seconds=0.004, idle_last_seconds=0.05, linger_seconds=0.004, worth_it=BATCH // 4)
RETRYING = Pace(idle_first_seconds=0.05, idle_last_seconds=0.4, linger_seconds=0.0, worth_it=1)
BEAT_SECONDS = 2.0
NOBODY = TenantId("00000000-0000-0000-0000-000000000000")
"""Stands for "no tenant yet" until a batch or a job names its own: it sees nothing."""


class WorkerLoops:
    """The loops of one worker, until it is told to stop.

    ``relay`` is None where another process relays, ``receiver`` where the relay delivers by itself, ``webhooks``
    where others call, ``notices`` where others look into them, ``chores`` where others keep house.
    """

    def __init__(
        self,
        worker: str,
        workers: Workers,
        acceptance: BatchAcceptance,
        jobs: JobRunner,
        sagas: SagaRunner,
        aside: AsideRunner,
        webhooks: WebhookRunner | None,
        notices: NoticeRunner | None,
        relay: Relay | None,
        receiver: Receiver | None,
        chores: Chores | None,
        clock: Clock,
        new_id: NewId,
        telemetry: Telemetry,
    ) -> None:
        self._worker = worker
        self._workers = workers
        self._acceptance = acceptance
        self._jobs = jobs
        self._sagas = sagas
        self._aside = aside
        self._webhooks = webhooks
        self._notices = notices
        self._relay = relay
        self._receiver = receiver
        self._chores = chores
        self._clock = clock
        self._new_id = new_id
        self._telemetry = telemetry
        self._membership = Membership(index=0, count=1, crashes=0)
        self._suspicion = Suspicion(acceptance.batch)
        self._repeater = Repeater(clock, telemetry)

    def stop(self) -> None:
        """Finish what is in hand, take nothing more."""
        self._repeater.stop()

    async def run(self) -> None:
        """Work until stopped, then leave."""
        await self._join()
        repeat = self._repeater.repeat
        async with asyncio.TaskGroup() as group:
            group.create_task(repeat(self._accept, ACCEPTING), name="orders")
            group.create_task(repeat(lambda: self._jobs.step(self._context()), RETRYING), name="jobs")
            group.create_task(repeat(lambda: self._sagas.step(self._context()), RETRYING), name="sagas")
            group.create_task(repeat(lambda: self._aside.step(self._context()), RETRYING), name="events set aside")
            if self._relay is not None:
                group.create_task(repeat(self._relay.step, RELAYING), name="relay")
            if self._receiver is not None:
                group.create_task(repeat(self._receiver.step, RECEIVING, self._receiver.rest), name="events")
            if (chores := self._chores) is not None:
                group.create_task(repeat(lambda: chores.fire(self._context()), HOUSEKEEPING), name="schedule")
                group.create_task(repeat(lambda: chores.do(self._context()), HOUSEKEEPING), name="chores")
            if (notices := self._notices) is not None:
                group.create_task(repeat(lambda: notices.step(self._context()), RETRYING), name="notices")
            if (webhooks := self._webhooks) is not None:
                group.create_task(repeat(lambda: webhooks.step(self._context()), RETRYING), name="webhooks")
            group.create_task(self._keep_beating(), name="heart")
        await self._leave()
        if self._webhooks is not None:
            await self._webhooks.finish()

    async def _leave(self) -> None:
        try:
            await self._workers.leave(self._worker)
        except StorageUnavailable as error:
            self._telemetry.log("warning", "left without saying so", error=repr(error))

    async def _join(self) -> None:
        while not self._repeater.stopping:
            try:
                self._membership = await self._workers.join(self._worker)
                self._suspicion.crashed(self._membership.crashes)
                return
            except StorageUnavailable as error:
                await self._repeater.wait_out(error)

    async def _accept(self) -> int:
        mine = [shard for shard in range(SHARDS) if shard % self._membership.count == self._membership.index]
        if not mine:
            return 0
        suspicion = self._suspicion
        taken = await self._acceptance.step(mine, self._context(), suspicion.size, cautious=suspicion.move_first())
        if taken:
            suspicion.went_well()
        return taken

    async def _keep_beating(self) -> None:
        while not self._repeater.stopping:
            try:
                self._membership = await self._workers.beat(self._worker, well=self._suspicion.well)
            except StorageUnavailable as error:
                await self._repeater.wait_out(error)
            for _ in range(int(BEAT_SECONDS / 0.1)):
                if self._repeater.stopping:
                    return
                await self._clock.sleep(0.1)

    def _context(self) -> Context:
        return Context(
            tenants=(NOBODY,), actor=f"worker:{self._worker}", now=self._clock.now(), correlation=self._new_id()
        )
