"""An event that breaks its batch: the others are applied, it waits by itself, and ends applied or buried."""

from collections.abc import Collection, Sequence
from typing import Any

import pytest

from adapters.toolkit.envelope import seal, unseal
from core.intake.dead_letters import ReplayDeadLetter
from core.kernel.event import START, RecordedEvent
from core.kernel.ids import JobId
from core.kernel.retry import DEFAULT
from entrypoints.worker.aside import EVENTS, Aside, AsideRunner, SettingAside
from ports.queue import Depth
from ports.storage import StorageUnavailable
from tests.conformance.office import Office
from tests.conformance.shop import a_tenant, an_event, recorded
from tests.conformance.storage import Storage
from tests.support.given import NOW, OTHER_TENANT, TENANT, a_context


class Poisoned(RuntimeError):
    """What a subscriber does not survive."""


class Subscriber:
    """Applies whatever it is given, but for ``bad`` versions, whose whole batch it refuses."""

    def __init__(self) -> None:
        self.bad: Collection[int] = ()
        self.applied: list[int] = []

    async def publish(self, events: Sequence[RecordedEvent]) -> None:
        poison = [event.version for event in events if event.version in self.bad]
        if poison:
            raise Poisoned(f"version {poison[0]} cannot be applied")
        self.applied += [event.version for event in events]


class Clock:
    def now(self) -> Any:
        return NOW


class Delivery:
    """Six events of one stream, who subscribes, and what the relay and a worker do with them."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage
        self.office = Office(storage)
        self.subscriber = Subscriber()
        dispatch, telemetry = self.office.dispatch, self.office.telemetry
        self.put_aside = Aside(dispatch, Clock(), telemetry)  # type: ignore[arg-type]
        self._publisher = SettingAside(self.subscriber, self.put_aside, seal)
        self._runner = AsideRunner(storage.jobs, dispatch, self.subscriber, unseal, telemetry)

    async def begin(self) -> Sequence[RecordedEvent]:
        await a_tenant(self._storage)
        await recorded(self._storage, *(an_event(version=version) for version in range(1, 7)))
        return await self.events()

    async def events(self) -> Sequence[RecordedEvent]:
        events: Sequence[RecordedEvent] = await self._storage.feed.read(START, 100)
        return events

    async def relay(self) -> None:
        await self._publisher.publish(await self.events())

    async def work(self) -> int:
        await self._storage.make_due()
        return await self._runner.step(a_context())

    async def aside(self) -> Depth:
        depths = await self._storage.queue.depth([TENANT])
        found: Depth = depths.get(EVENTS, Depth(ready=0, leased=0, delayed=0, parked=0, dead=0))
        return found


async def test_what_breaks_a_batch_is_set_aside_and_the_others_are_applied(storage: Storage) -> None:
    delivery = Delivery(storage)
    await delivery.begin()
    delivery.subscriber.bad = (2, 5)
    await delivery.relay()
    assert sorted(delivery.subscriber.applied) == [1, 3, 4, 6]
    assert (await delivery.aside()).delayed == 2
    assert delivery.office.telemetry.counts["events_set_aside_total", ()] == 2


async def test_it_is_delivered_by_itself_later_just_as_it_was_recorded(storage: Storage) -> None:
    delivery = Delivery(storage)
    events = await delivery.begin()
    delivery.subscriber.bad = (2,)
    await delivery.relay()
    (job,) = await leased(storage)
    assert unseal(job.payload) == events[1]
    delivery.subscriber.bad = ()
    assert await delivery.work() == 1
    assert sorted(delivery.subscriber.applied) == [1, 2, 3, 4, 5, 6]
    assert await delivery.aside() == Depth(ready=0, leased=0, delayed=0, parked=0, dead=0)


async def leased(storage: Storage) -> Sequence[Any]:
    """The jobs of events set aside, held no longer than the look takes."""
    await storage.make_due()
    jobs: Sequence[Any] = await storage.jobs.lease(EVENTS, 10, 0.0)
    return jobs


async def test_whoever_delivers_it_again_sets_it_aside_once(storage: Storage) -> None:
    delivery = Delivery(storage)
    await delivery.begin()
    delivery.subscriber.bad = (4,)
    await delivery.relay()
    await delivery.relay()
    assert (await delivery.aside()).delayed == 1


async def test_what_never_can_be_applied_is_buried_with_its_cause_and_replayed(storage: Storage) -> None:
    delivery = Delivery(storage)
    events = await delivery.begin()
    delivery.subscriber.bad = (3,)
    await delivery.relay()
    for _ in range(DEFAULT.attempts):
        assert await delivery.work() == 1
    assert await delivery.work() == 0
    (letter,) = await storage.queue.dead(TENANT, after="", limit=9)
    assert (letter.id, letter.queue, letter.attempts) == (events[2].id, EVENTS, DEFAULT.attempts)
    assert (letter.error_code, letter.error_detail) == ("Poisoned", "version 3 cannot be applied")
    assert "Poisoned" in letter.trace
    delivery.subscriber.bad = ()
    await delivery.office.run(ReplayDeadLetter(job=JobId(letter.id)))
    assert await delivery.work() == 1
    assert delivery.subscriber.applied.count(3) == 1


async def test_no_event_is_set_aside_for_what_it_has_no_part_in(storage: Storage) -> None:
    class Away(Subscriber):
        async def publish(self, events: Sequence[RecordedEvent]) -> None:
            raise StorageUnavailable("away")

    delivery = Delivery(storage)
    events = await delivery.begin()
    publisher = SettingAside(Away(), delivery.put_aside, seal)
    with pytest.raises(StorageUnavailable):
        await publisher.publish(events)
    assert await delivery.aside() == Depth(ready=0, leased=0, delayed=0, parked=0, dead=0)


async def test_each_is_kept_as_its_tenants(storage: Storage) -> None:
    delivery = Delivery(storage)
    await delivery.begin()
    await a_tenant(storage, OTHER_TENANT)
    await recorded(storage, an_event(52, tenant=OTHER_TENANT))
    delivery.subscriber.bad = (1,)
    await delivery.relay()
    assert {(job.tenant, unseal(job.payload).tenant) for job in await leased(storage)} == {
        (TENANT, TENANT),
        (OTHER_TENANT, OTHER_TENANT),
    }
