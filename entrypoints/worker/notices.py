"""Looking into what sources said: each notice is read, and found to be news or not."""

from collections.abc import Callable

from core.ingress.notice import INBOUND, Notice, NoticeState, ProcessNotice, Reading
from core.ingress.scheme import SchemeName
from core.kernel.context import Context
from core.kernel.ids import NoticeId
from core.kernel.job import FinishJob, LeasedJob
from entrypoints.dispatch import Dispatch
from entrypoints.worker.leases import LeasedWork
from ports.ingress import IngressView
from ports.queue import JobSource
from ports.telemetry import Telemetry

Read = Callable[[SchemeName, str, bytes], Reading]
"""(scheme, topic, body) -> what it says; raises ValueError."""


class NoticeRunner:
    """Takes due notices through ``read`` and ``dispatch``."""

    def __init__(
        self, source: JobSource, dispatch: Dispatch, view: IngressView, read: Read, telemetry: Telemetry
    ) -> None:
        self._dispatch = dispatch
        self._view = view
        self._read = read
        self._telemetry = telemetry
        self._work = LeasedWork(source, dispatch, telemetry, {INBOUND: self._look}, failures="notices_buried_total")

    async def step(self, context: Context) -> int:
        """Look into what is due now; answers how many were taken."""
        return await self._work.step(context)

    async def _look(self, job: LeasedJob, context: Context) -> None:
        notice = await self._view.notice(job.tenant, NoticeId(job.id))
        if notice is None:
            await self._dispatch.run(FinishJob(job=job), context)
            return
        state: NoticeState | None = await self._dispatch.run(await self._reading(job, notice), context)
        if state is not None:
            self._telemetry.count("notices_processed_total", state=state.value)

    async def _reading(self, job: LeasedJob, notice: Notice) -> ProcessNotice:
        source = await self._view.source(job.tenant, notice.source)
        if source is None:
            return ProcessNotice(job=job, reading=None, unreadable="its source was removed")
        try:
            return ProcessNotice(job=job, reading=self._read(source.scheme, notice.topic, notice.body))
        except ValueError as error:
            return ProcessNotice(job=job, reading=None, unreadable=str(error))
