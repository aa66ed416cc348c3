"""Events that break the batch they are delivered in: found by halving, set aside, and tried again by themselves.

The rest of the batch is applied, but for what is behind such an event in its stream: that waits for it, and other
streams go on. What was set aside becomes a job of its own: tried again later and later, buried after its last attempt
with its cause, replayed or forgiven when somebody has seen to that cause; then its stream goes on from there.
"""

from collections.abc import Callable, Container, Sequence

from core.kernel.context import Context
from core.kernel.decider import in_halves
from core.kernel.event import EVENT_QUEUE, RecordedEvent
from core.kernel.ids import JobId, TenantId
from core.kernel.job import FindHeldUp, FinishJob, LeasedJob, NewJob, SetAside
from core.kernel.message import Message
from core.kernel.retry import DEFAULT, delay_seconds
from entrypoints.dispatch import Dispatch
from entrypoints.worker.leases import LeasedWork
from ports.clock import Clock
from ports.delivery import Publisher
from ports.queue import JobSource
from ports.storage import TROUBLE
from ports.telemetry import Telemetry

Stream = tuple[TenantId, str]


class Aside:
    """Where events are set aside, and which streams wait for one. What is set aside again is there once, by its id."""

    def __init__(self, dispatch: Dispatch, clock: Clock, telemetry: Telemetry) -> None:
        self._dispatch = dispatch
        self._clock = clock
        self._telemetry = telemetry

    async def blocked(self, events: Sequence[RecordedEvent]) -> set[Stream]:
        """The streams of ``events`` of which one was set aside before and is not done."""
        streams = frozenset((event.tenant, str(event.stream)) for event in events)
        context = self._context(tuple(sorted({tenant for tenant, _ in streams})), events[0].correlation)
        return set(await self._dispatch.run(FindHeldUp(queue=EVENT_QUEUE, keys=streams), context))

    async def put(self, message: Message, place: int, why: str, *, spent: int = 0) -> None:
        """Keep what is in ``message`` for later, at ``place`` in its stream: ``why`` says what is wrong with it.

        So many of its attempts are ``spent`` already. Raises what the storage raises.
        """
        self._telemetry.log("error", "event set aside", event_id=message.id, tenant=message.tenant, error=why)
        job = _job(message, place, delay_seconds(DEFAULT, 1, message.id), DEFAULT.attempts - spent)
        await self._keep([job], waits="")

    async def put_behind(self, placed: Sequence[tuple[Message, int]]) -> None:
        """Keep these, each with its place, behind what was set aside of their streams. Raises as ``put``."""
        await self._keep([_job(message, place, 0.0, DEFAULT.attempts) for message, place in placed], waits="yes")

    async def _keep(self, jobs: Sequence[NewJob], waits: str) -> None:
        tenants = tuple(sorted({job.tenant for job in jobs}))
        await self._dispatch.run(SetAside(jobs=tuple(jobs)), self._context(tenants, jobs[0].correlation))
        self._telemetry.count("events_set_aside_total", len(jobs), waits=waits)

    def _context(self, tenants: tuple[TenantId, ...], correlation: str) -> Context:
        return Context(tenants=tenants, actor="relay", now=self._clock.now(), correlation=correlation)


def _job(message: Message, place: int, delay: float, attempts: int) -> NewJob:
    return NewJob(
        id=JobId(message.id),
        tenant=message.tenant,
        queue=EVENT_QUEUE,
        payload=message.payload,
        correlation=message.correlation,
        delay_seconds=delay,
        max_attempts=attempts,
        key=message.key,
        place=place,
    )


class SettingAside:
    """See ports.delivery.Publisher: delivers through ``inner``, and takes out what breaks it and what waits for that.

    ``write`` puts an event into a message.
    """

    def __init__(self, inner: Publisher, aside: Aside, write: Callable[[RecordedEvent], Message]) -> None:
        self._inner = inner
        self._aside = aside
        self._write = write

    async def publish(self, events: Sequence[RecordedEvent]) -> None:
        """See the port. Raises what the storage raises, and nothing else."""
        if not events:
            return
        blocked = await self._aside.blocked(events)
        left = [events]
        while left:
            part = await self._passing(left.pop(0), blocked)
            try:
                if part:
                    await self._inner.publish(part)
            except TROUBLE:
                raise  # no event's fault: the whole batch comes again
            except Exception as error:  # noqa: BLE001 - whatever one event can do wrong must not stop the others
                if len(part) == 1:
                    (event,) = part
                    await self._aside.put(self._write(event), event.version, repr(error))
                    blocked.add((event.tenant, event.stream))
                else:
                    left[:0] = in_halves(part)

    async def _passing(self, events: Sequence[RecordedEvent], blocked: Container[Stream]) -> Sequence[RecordedEvent]:
        """Those of ``events`` that wait for nothing; the others are set aside."""
        waiting = [event for event in events if (event.tenant, event.stream) in blocked]
        if not waiting:
            return events
        await self._aside.put_behind([(self._write(event), event.version) for event in waiting])
        return [event for event in events if (event.tenant, event.stream) not in blocked]


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
        self._work = LeasedWork(
            source, dispatch, telemetry, {EVENT_QUEUE: self._deliver}, failures="events_buried_total"
        )

    async def step(self, context: Context) -> int:
        """Run what is due now; answers how many jobs were taken."""
        return await self._work.step(context)

    async def _deliver(self, job: LeasedJob, context: Context) -> None:
        await self._publisher.publish([self._unseal(job.payload)])
        await self._dispatch.run(FinishJob(job=job), context)
