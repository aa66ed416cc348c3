"""Orders that waited: decided one by one, each together with the end of its job."""

from collections.abc import Sequence

from core.acceptance.facts import Outcome
from core.acceptance.queues import RETRY, REVIEW, AcceptQueued
from core.kernel.context import Context
from core.kernel.job import LeasedJob
from entrypoints.dispatch import Dispatch
from entrypoints.worker.accept import count_outcomes
from entrypoints.worker.leases import LeasedWork
from ports.queue import JobSource
from ports.telemetry import Telemetry

QUEUES = (RETRY, REVIEW)


class JobRunner:
    """Takes due orders of both queues through ``dispatch``."""

    def __init__(self, source: JobSource, dispatch: Dispatch, telemetry: Telemetry) -> None:
        self._dispatch = dispatch
        self._telemetry = telemetry
        works = dict.fromkeys(QUEUES, self._decide)
        self._work = LeasedWork(source, dispatch, telemetry, works, failures="orders_failed_total")

    async def step(self, context: Context) -> int:
        """Run what is due now; answers how many jobs were taken."""
        return await self._work.step(context)

    async def _decide(self, job: LeasedJob, context: Context) -> None:
        outcomes: Sequence[Outcome] = await self._dispatch.run(AcceptQueued(job=job), context)
        count_outcomes(self._telemetry, outcomes, context)
