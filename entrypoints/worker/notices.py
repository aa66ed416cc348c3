"""Looking into what sources said, one notice at a time."""

from core.ingress.notice import INBOUND, NoticeState, ProcessNotice
from core.kernel.context import Context
from core.kernel.job import LeasedJob
from entrypoints.dispatch import Dispatch
from entrypoints.worker.leases import LeasedWork
from ports.queue import JobSource
from ports.telemetry import Telemetry


class NoticeRunner:
    """Takes due notices through ``dispatch``."""

    def __init__(self, source: JobSource, dispatch: Dispatch, telemetry: Telemetry) -> None:
        self._dispatch = dispatch
        self._telemetry = telemetry
        self._work = LeasedWork(source, dispatch, telemetry, {INBOUND: self._look}, failures="notices_buried_total")

    async def step(self, context: Context) -> int:
        """Look into what is due now; answers how many were taken."""
        return await self._work.step(context)

    async def _look(self, job: LeasedJob, context: Context) -> None:
        state: NoticeState | None = await self._dispatch.run(ProcessNotice(job=job), context)
        if state is not None:
            self._telemetry.count("notices_processed_total", state=state.value)
