"""Jobs taken one at a time under a lease, each to the work its queue is for, ended by one table of outcomes."""

import traceback
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace

from core.kernel.context import Context
from core.kernel.errors import DomainError, Kind
from core.kernel.job import BuryJob, LeasedJob, LeaseLost, RetryJob
from core.kernel.retry import DEFAULT, delay_seconds
from entrypoints.dispatch import Dispatch
from ports.queue import JobSource
from ports.storage import TROUBLE
from ports.telemetry import Telemetry

LEASE_SECONDS = 60.0
TRACE_MAX = 8_000
WORKER_LOST = "worker_lost"
"""The code of what was given up because no attempt at it ever came to an end."""
HOPELESS = frozenset({Kind.NOT_FOUND, Kind.REJECTED, Kind.FORBIDDEN})
"""Errors of these kinds come out the same however often they are tried (SPEC QUE-04)."""

Work = Callable[[LeasedJob, Context], Awaitable[None]]
"""Does what the job is for and ends the job with it. Whatever it raises, the table below decides on."""


class LeasedWork:
    """Takes due jobs of each queue to its work; ``failures`` counts those that are given up."""

    def __init__(
        self, source: JobSource, dispatch: Dispatch, telemetry: Telemetry, works: Mapping[str, Work], failures: str
    ) -> None:
        self._source = source
        self._dispatch = dispatch
        self._telemetry = telemetry
        self._works = works
        self._failures = failures

    async def step(self, context: Context) -> int:
        """Run what is due now; answers how many jobs were taken."""
        taken = 0
        for queue in self._works:
            # One at a time: an attempt is counted by the lease, and a job that kills the worker must not spend those
            # of the jobs behind it.
            for job in await self._source.lease(queue, 1, LEASE_SECONDS):
                taken += 1
                await self._run(job, replace(context, tenants=(job.tenant,), correlation=job.correlation))
        return taken

    async def _run(self, job: LeasedJob, context: Context) -> None:
        if job.attempt - job.failures > job.max_attempts:
            # Attempts are counted before they are made: so many did not live to say what came of theirs.
            detail = "the worker did not survive running it"
            await self._end(BuryJob(job=job, code=WORKER_LOST, detail=detail, trace=""), context)
            return
        try:
            await self._works[job.queue](job, context)
        except LeaseLost:
            self._telemetry.log("warning", "lease lost", job=job.id, attempt=job.attempt)
        except Exception as error:  # noqa: BLE001 - the table below says what becomes of each
            await self._end(ending_of(job, error), context)

    async def _end(self, ending: RetryJob | BuryJob, context: Context) -> None:
        if isinstance(ending, BuryJob):
            self._telemetry.count(self._failures, reason=ending.code)
        self._telemetry.log("error", type(ending).__name__, job=ending.job.id, detail=ending.detail)
        try:
            await self._dispatch.run(ending, context)
        except LeaseLost:
            self._telemetry.log("warning", "lease lost", job=ending.job.id, attempt=ending.job.attempt)


def ending_of(job: LeasedJob, error: Exception) -> RetryJob | BuryJob:
    """The one table from what went wrong to what becomes of the job."""
    if isinstance(error, TROUBLE):
        # The storage is away or busy: however long that goes on, it is no job's fault, and none is given up for it.
        delay = delay_seconds(DEFAULT, job.attempt, job.id)
        return RetryJob(job=job, delay_seconds=delay, detail=repr(error), counted=False)
    hopeless = isinstance(error, DomainError) and error.kind in HOPELESS
    # What was lost with a worker may have been another job's fault: it is no failure of this one's.
    if hopeless or job.failures + 1 >= job.max_attempts:
        code = error.code if isinstance(error, DomainError) else type(error).__name__
        trace = "".join(traceback.format_exception(error))[-TRACE_MAX:]
        return BuryJob(job=job, code=code, detail=str(error) or repr(error), trace=trace)
    return RetryJob(job=job, delay_seconds=delay_seconds(DEFAULT, job.attempt, job.id), detail=repr(error))
