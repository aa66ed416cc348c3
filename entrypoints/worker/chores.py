"""Chores: fired by whichever process comes first, done by whichever worker takes them."""

import traceback
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from datetime import datetime

from core.kernel.context import Context
from core.kernel.job import FinishJob, LeasedJob, LeaseLost, RetryJob
from core.kernel.retry import DEFAULT, delay_seconds
from core.kernel.value import value
from core.scheduling.chore import CHORES, FireChore, Rhythm
from entrypoints.dispatch import Dispatch
from entrypoints.worker.holding import Holder
from entrypoints.worker.pace import Pace
from ports.clock import Clock
from ports.queue import JobSource
from ports.telemetry import Telemetry

LEASE_SECONDS = 30.0
"""For so long nobody does a chore again whose worker died at it."""
RENEW_SECONDS = 10.0
"""A lease that is lost all the same means a second worker beside the first: each does what is left to do."""
HOUSEKEEPING = Pace(idle_first_seconds=1.0, idle_last_seconds=1.0, linger_seconds=0.0, worth_it=1)


@value
class Chore:
    """What is done, in its rhythm; ``do`` answers how much it did. Done again, or by two at once, it does no harm."""

    rhythm: Rhythm
    do: Callable[[], Awaitable[int]]


class Chores:
    """Each of ``chores``, by its name, fired and done. Every worker does both: whoever is paused holds up nobody.

    One that fails is tried again soon, and then at its next moment: none is buried.
    """

    def __init__(
        self,
        chores: Mapping[str, Chore],
        source: JobSource,
        dispatch: Dispatch,
        clock: Clock,
        telemetry: Telemetry,
    ) -> None:
        self._chores = chores
        self._source = source
        self._dispatch = dispatch
        self._clock = clock
        self._telemetry = telemetry
        self._holder = Holder(clock, telemetry)
        self._seen: dict[str, datetime] = {}

    async def fire(self, context: Context) -> int:
        """Fire what is due; answers how many chores were."""
        fired = 0
        for name, chore in self._chores.items():
            due = chore.rhythm.last(self._clock.now())
            if self._seen.get(name) == due:
                continue
            if await self._dispatch.run(FireChore(chore=name, due=due), context):
                self._telemetry.count("chores_fired_total", chore=name)
                fired += 1
            self._seen[name] = due
        return fired

    async def do(self, context: Context) -> int:
        """Do the chore that was fired first, if one was; answers how many were taken."""
        taken = 0
        for job in await self._source.lease(CHORES, 1, LEASE_SECONDS):
            taken += 1
            acting = replace(context, tenants=(job.tenant,), correlation=job.correlation)
            ending = await self._done(job)
            try:
                await self._dispatch.run(ending, acting)
            except LeaseLost:
                self._telemetry.log("warning", "lease lost", job=job.id, attempt=job.attempt)
        return taken

    async def _done(self, job: LeasedJob) -> FinishJob | RetryJob:
        name = job.payload.decode()
        chore = self._chores.get(name)
        # A chore this version does not know, or that killed whoever did it: its next moment will see.
        if chore is None or job.attempt > job.max_attempts:
            self._fail(name, "nobody knows it" if chore is None else "nobody survived doing it")
            return FinishJob(job=job)
        try:
            async with self._holder.holding(lambda: self._source.keep(job, LEASE_SECONDS), RENEW_SECONDS):
                await chore.do()
        except Exception as error:  # noqa: BLE001 - one chore's trouble must not keep the others waiting
            self._fail(name, "".join(traceback.format_exception(error)))
            if job.attempt >= job.max_attempts:
                return FinishJob(job=job)
            return RetryJob(job=job, delay_seconds=delay_seconds(DEFAULT, job.attempt, job.id), detail=repr(error))
        self._telemetry.count("chores_done_total", chore=name)
        return FinishJob(job=job)

    def _fail(self, name: str, why: str) -> None:
        self._telemetry.count("chores_failed_total", chore=name)
        self._telemetry.log("error", "chore failed", chore=name, error=why)
