"""Events that break the batch they are delivered in: found by halving, set aside, and tried again by themselves.

The rest of the batch is applied. What was set aside becomes a job of its own: tried again later and later, buried after
its last attempt with its cause, and replayed when somebody has seen to that cause.
"""

from collections.abc import Callable, Sequence

from core.kernel.context import Context
from core.kernel.decider import in_halves
from core.kernel.event import RecordedEvent
from core.kernel.ids import JobId, TenantId
from core.kernel.job import FinishJob, LeasedJob, NewJob, SetAside
from core.kernel.retry import DEFAULT, delay_seconds
from entrypoints.dispatch import Dispatch
from entrypoints.worker.leases import LeasedWork
from ports.clock import Clock
from ports.delivery import Publisher
from ports.queue import JobSource
from ports.storage import CommitUnknown, StorageUnavailable, TransactionConflict
from ports.telemetry import Telemetry

EVENTS = "events"
"""The queue events are relayed to, and those set aside wait in: a payload is an event in its envelope."""
TROUBLE = (StorageUnavailable, CommitUnknown, TransactionConflict)
"""No event's fault: the whole batch comes again."""


class Aside:
    """Where events are set aside. What is set aside again, alive or dead, is there once: by the event's own id."""

    def __init__(self, dispatch: Dispatch, clock: Clock, telemetry: Telemetry) -> None:
        self._dispatch = dispatch
        self._clock = clock
        self._telemetry = telemetry

    async def put(self, event: str, tenant: TenantId, sealed: bytes, correlation: str, why: str) -> None:
        """Keep the event with the id ``event`` for later. Raises what the storage raises."""
        self._telemetry.count("events_set_aside_total")
        self._telemetry.log("error", "event set aside", event=event, tenant=tenant, error=why)
        job = NewJob(
            id=JobId(event),
            tenant=tenant,
            queue=EVENTS,
            payload=sealed,
            correlation=correlation,
            delay_seconds=delay_seconds(DEFAULT, 1, event),
            max_attempts=DEFAULT.attempts,
        )
        context = Context(tenants=(tenant,), actor="relay", now=self._clock.now(), correlation=correlation)
        await self._dispatch.run(SetAside(job=job), context)


class SettingAside:
    """See ports.delivery.Publisher: delivers through ``inner``, and takes out what breaks it."""

    def __init__(self, inner: Publisher, aside: Aside, seal: Callable[[RecordedEvent], bytes]) -> None:
        self._inner = inner
        self._aside = aside
        self._seal = seal

    async def publish(self, events: Sequence[RecordedEvent]) -> None:
        """See the port. Raises what the storage raises, and nothing else."""
        left = [events]
        while left:
            part = left.pop(0)
            try:
                await self._inner.publish(part)
            except TROUBLE:
                raise
            except Exception as error:  # noqa: BLE001 - whatever one event can do wrong must not stop the others
                if len(part) == 1:
                    (event,) = part
                    await self._aside.put(event.id, event.tenant, self._seal(event), event.correlation, repr(error))
                else:
                    left[:0] = in_halves(part)


class AsideRunner:
    """Delivers due events that were set aside, one by one, through ``publisher``, which must not set aside itself."""

    def __init__(
        self,
        source: JobSource,
        dispatch: Dispatch,
        publisher: Publisher,
        unseal: Callable[[bytes], RecordedEvent],
        telemetry: Telemetry,
    ) -> None:
        self._dispatch = dispatch
        self._publisher = publisher
        self._unseal = unseal
        self._work = LeasedWork(source, dispatch, telemetry, {EVENTS: self._deliver}, failures="events_buried_total")

    async def step(self, context: Context) -> int:
        """Run what is due now; answers how many jobs were taken."""
        return await self._work.step(context)

    async def _deliver(self, job: LeasedJob, context: Context) -> None:
        await self._publisher.publish([self._unseal(job.payload)])
        await self._dispatch.run(FinishJob(job=job), context)
