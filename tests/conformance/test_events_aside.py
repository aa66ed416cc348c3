"""An event that breaks its batch: the others are applied, it waits by itself, and ends applied or buried."""

from collections.abc import Collection, Sequence
from typing import Any

import pytest

from adapters.toolkit.carrying import to_message
from adapters.toolkit.envelope import unseal
from core.intake.dead_letters import ForgiveDeadLetter, ReplayDeadLetter
from core.kernel.event import EVENT_QUEUE, START, RecordedEvent
from core.kernel.ids import JobId
from core.kernel.retry import DEFAULT
from entrypoints.worker.aside import Aside, AsideRunner, SettingAside
from ports.queue import Depth
from ports.storage import StorageUnavailable
from tests.conformance.office import Office
from tests.conformance.shop import a_tenant, an_event, recorded
from tests.conformance.storage import Storage
from tests.support.given import NOW, OTHER_TENANT, TENANT, a_context

Place = tuple[int, int]
NONE = Depth()
ALL = [(51, 1), (51, 2), (51, 3), (52, 1), (52, 2), (53, 1)]


class Poisoned(RuntimeError):
    """What a subscriber does not survive."""


class Subscriber:
    """Applies whatever it is given, but for ``bad`` events (stream, version), whose whole batch it refuses."""

    def __init__(self) -> None:
        self.bad: Collection[Place] = ()
        self.applied: list[Place] = []

    async def publish(self, events: Sequence[RecordedEvent]) -> None:
        places = [place_of(event) for event in events]
        poison = [place for place in places if place in self.bad]
        if poison:
            raise Poisoned(f"{poison[0]} cannot be applied")
        self.applied += places

    def of(self, stream: int) -> list[int]:
        """Which versions of the stream were applied, in this order."""
        return [version for one, version in self.applied if one == stream]


def place_of(event: RecordedEvent) -> Place:
    """The number of its stream, and its version."""
    return int(event.stream[-3:], 16), event.version


class Clock:
    def now(self) -> Any:
        return NOW


class Delivery:
    """Six events of three streams, who subscribes, and what the relay and a worker do with them."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage
        self.office = Office(storage)
        self.subscriber = Subscriber()
        self._cursor = START
        dispatch, telemetry = self.office.dispatch, self.office.telemetry
        self.put_aside = Aside(dispatch, Clock(), telemetry)  # type: ignore[arg-type]
        self._publisher = SettingAside(self.subscriber, self.put_aside, to_message)
        self._runner = AsideRunner(storage.jobs, dispatch, self.subscriber, unseal, telemetry)

    async def begin(self) -> Sequence[RecordedEvent]:
        await a_tenant(self._storage)
        await recorded(self._storage, *(an_event(stream, version) for stream, version in ALL))
        return await self.events()

    async def events(self) -> Sequence[RecordedEvent]:
        events: Sequence[RecordedEvent] = await self._storage.feed.read(START, 100)
        return events

    async def relay(self) -> None:
        """What was recorded since the last time."""
        events = await self._storage.feed.read(self._cursor, 100)
        self._cursor = events[-1].cursor
        await self._publisher.publish(events)

    async def relay_again(self) -> None:
        """Everything, once more."""
        await self._publisher.publish(await self.events())

    async def work(self) -> int:
        await self._storage.make_due()
        return await self._runner.step(a_context())

    async def aside(self) -> Depth:
        depths = await self._storage.queue.depth([TENANT])
        found: Depth = depths.get(EVENT_QUEUE, NONE)
        return found


async def test_what_breaks_a_batch_is_set_aside_and_other_streams_go_on(storage: Storage) -> None:
    delivery = Delivery(storage)
    await delivery.begin()
    delivery.subscriber.bad = ((51, 2), (53, 1))
    await delivery.relay()
    assert delivery.subscriber.applied == [(51, 1), (52, 1), (52, 2)]
    assert (await delivery.aside()).delayed == 2
    assert delivery.office.telemetry.counts["events_set_aside_total", (("waits", ""),)] == 2


async def test_what_is_behind_it_in_its_stream_waits_for_it_and_is_applied_in_order(storage: Storage) -> None:
    delivery = Delivery(storage)
    await delivery.begin()
    delivery.subscriber.bad = ((51, 1),)
    await delivery.relay()
    await recorded(storage, an_event(51, 4))
    await delivery.relay()
    assert delivery.subscriber.of(51) == []
    assert delivery.office.telemetry.counts["events_set_aside_total", (("waits", "yes"),)] >= 3
    delivery.subscriber.bad = ()
    while await delivery.work():
        pass
    assert delivery.subscriber.of(51) == [1, 2, 3, 4]
    assert await delivery.aside() == NONE
    await recorded(storage, an_event(51, 5))
    await delivery.relay()
    assert delivery.subscriber.of(51)[-1] == 5


async def test_it_is_delivered_by_itself_just_as_it_was_recorded(storage: Storage) -> None:
    delivery = Delivery(storage)
    events = await delivery.begin()
    delivery.subscriber.bad = ((53, 1),)
    await delivery.relay()
    (job,) = await leased(storage)
    assert unseal(job.payload) == events[-1]
    delivery.subscriber.bad = ()
    assert await delivery.work() == 1
    assert sorted(delivery.subscriber.applied) == ALL
    assert await delivery.aside() == NONE


async def leased(storage: Storage) -> Sequence[Any]:
    """The jobs of events set aside, held no longer than the look takes."""
    await storage.make_due()
    jobs: Sequence[Any] = await storage.jobs.lease(EVENT_QUEUE, 10, 0.0)
    return jobs


async def test_whoever_delivers_it_again_sets_it_aside_once(storage: Storage) -> None:
    delivery = Delivery(storage)
    await delivery.begin()
    delivery.subscriber.bad = ((53, 1),)
    await delivery.relay()
    await delivery.relay_again()
    assert (await delivery.aside()).delayed == 1


async def test_what_never_can_be_applied_is_buried_with_its_cause_and_replayed(storage: Storage) -> None:
    delivery = Delivery(storage)
    events = await delivery.begin()
    delivery.subscriber.bad = ((51, 2),)
    await delivery.relay()
    for _ in range(DEFAULT.attempts):
        assert await delivery.work() == 1
    assert await delivery.work() == 0
    (letter,) = await storage.queue.dead(TENANT, after="", limit=9)
    assert (letter.id, letter.queue, letter.attempts) == (events[1].id, EVENT_QUEUE, DEFAULT.attempts)
    assert (letter.error_code, letter.error_detail) == ("Poisoned", "(51, 2) cannot be applied")
    assert "Poisoned" in letter.trace
    delivery.subscriber.bad = ()
    await delivery.office.run(ReplayDeadLetter(job=JobId(letter.id)))
    while await delivery.work():
        pass
    assert delivery.subscriber.of(51) == [1, 2, 3]


async def test_once_it_is_forgiven_its_stream_goes_on_without_it(storage: Storage) -> None:
    delivery = Delivery(storage)
    await delivery.begin()
    delivery.subscriber.bad = ((51, 2),)
    await delivery.relay()
    while await delivery.work():
        pass
    assert delivery.subscriber.of(51) == [1]
    (letter,) = await storage.queue.dead(TENANT, after="", limit=9)
    await delivery.office.run(ForgiveDeadLetter(job=JobId(letter.id)))
    assert await delivery.work() == 1
    assert delivery.subscriber.of(51) == [1, 3]
    await recorded(storage, an_event(51, 4))
    await delivery.relay()
    assert delivery.subscriber.of(51)[-1] == 4


async def test_no_event_is_set_aside_for_what_it_has_no_part_in(storage: Storage) -> None:
    class Away(Subscriber):
        async def publish(self, events: Sequence[RecordedEvent]) -> None:
            raise StorageUnavailable("away")

    delivery = Delivery(storage)
    events = await delivery.begin()
    publisher = SettingAside(Away(), delivery.put_aside, to_message)
    with pytest.raises(StorageUnavailable):
        await publisher.publish(events)
    assert await delivery.aside() == NONE


async def test_each_is_kept_as_its_tenants(storage: Storage) -> None:
    delivery = Delivery(storage)
    await delivery.begin()
    await a_tenant(storage, OTHER_TENANT)
    await recorded(storage, an_event(53, tenant=OTHER_TENANT))
    delivery.subscriber.bad = ((53, 1),)
    await delivery.relay()
    assert {(job.tenant, unseal(job.payload).tenant) for job in await leased(storage)} == {
        (TENANT, TENANT),
        (OTHER_TENANT, OTHER_TENANT),
    }
