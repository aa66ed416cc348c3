"""From the journal over a broker to a subscriber: once each, in order, whatever goes wrong on the way."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from adapters.memory.broker import MemoryBroker
from adapters.toolkit.carrying import BrokerPublisher, CarriedQueues, to_message
from adapters.toolkit.envelope import unseal
from core.kernel.event import EVENT_QUEUE, START, RecordedEvent
from core.kernel.ids import MessageId
from core.kernel.message import Message
from core.kernel.retry import DEFAULT
from entrypoints.worker.aside import Aside, SettingAside
from entrypoints.worker.receiving import ATTEMPTS_MAX, HELD_SECONDS, Receiver
from entrypoints.worker.relay import Relay
from ports.broker import QueueFull
from ports.storage import StorageUnavailable
from tests.conformance.office import Office
from tests.conformance.shop import a_tenant, an_event, recorded
from tests.conformance.storage import Storage
from tests.support.given import NOW, TENANT, an_id

LONGER_THAN_HELD = timedelta(seconds=HELD_SECONDS + 1)


class Clock:
    def __init__(self) -> None:
        self.time = NOW

    def now(self) -> Any:
        return self.time

    async def sleep(self, seconds: float) -> None:
        """Nobody here is that slow."""
        await asyncio.Event().wait()


class Subscriber:
    """Applies each event once, unless the storage is away or it dies of it."""

    def __init__(self) -> None:
        self.applied: list[RecordedEvent] = []
        self.away = False
        self.dies_of: int | None = None

    async def publish(self, events: Sequence[RecordedEvent]) -> None:
        if self.away:
            raise StorageUnavailable("away")
        if self.dies_of in {event.version for event in events}:
            raise SystemExit("killed")
        self.applied += [event for event in events if event not in self.applied]


class Line:
    """A relay, a broker, two receivers and a subscriber."""

    def __init__(self, storage: Storage, most: int = 1000) -> None:
        self.storage = storage
        self.clock = Clock()
        self.broker = MemoryBroker(self.clock.now, most)
        self.subscriber = Subscriber()
        self.office = Office(storage)
        publisher = BrokerPublisher(self.broker)
        self.relay = Relay(storage.feed, storage.relay("one"), publisher, self.clock, self.office.telemetry, "r")  # type: ignore[arg-type]
        self.put_aside = Aside(self.office.dispatch, self.clock, self.office.telemetry)  # type: ignore[arg-type]
        self.one, self.two = self.receiver(), self.receiver()

    def receiver(self) -> Receiver:
        """A process that receives, with nothing in hand."""
        delivery = SettingAside(self.subscriber, self.put_aside, to_message)
        return Receiver(self.broker, delivery, self.put_aside, unseal, self.office.telemetry)

    async def record(self, count: int = 5) -> None:
        await a_tenant(self.storage)
        await recorded(self.storage, *(an_event(version=version) for version in range(1, count + 1)))

    async def aside(self) -> list[str]:
        """The ids of what was set aside."""
        await self.storage.make_due()
        return [job.id for job in await self.storage.jobs.lease(EVENT_QUEUE, 100, 0.0)]


def a_message(payload: bytes = b"said") -> Message:
    return Message(
        id=MessageId(an_id(9)), tenant=TENANT, queue=EVENT_QUEUE, key=an_id(51), payload=payload, correlation="c"
    )


async def test_what_is_recorded_reaches_the_subscriber_as_it_is_and_in_order(storage: Storage) -> None:
    line = Line(storage)
    await line.record()
    assert await line.relay.step() == 5
    assert await line.one.step() == 5
    assert line.subscriber.applied == list(await storage.feed.read(START, 100))
    assert [await line.one.step(), await line.two.step(), await line.relay.step()] == [0, 0, 0]


async def test_while_the_storage_is_away_the_batch_stays_in_hand(storage: Storage) -> None:
    line = Line(storage)
    await line.record()
    await line.relay.step()
    line.subscriber.away = True
    for _ in range(ATTEMPTS_MAX + 1):
        with pytest.raises(StorageUnavailable):
            await line.one.step()
    assert await line.two.step() == 0
    line.subscriber.away = False
    assert await line.one.step() == 5
    assert await line.aside() == []


async def test_who_was_too_slow_lets_go_of_what_another_has_done(storage: Storage) -> None:
    line = Line(storage)
    await line.record()
    await line.relay.step()
    line.subscriber.away = True
    with pytest.raises(StorageUnavailable):
        await line.one.step()
    line.subscriber.away = False
    line.clock.time += LONGER_THAN_HELD
    while await line.two.step():
        pass
    await line.one.step()
    assert await line.one.step() == 0
    assert [event.version for event in line.subscriber.applied] == [1, 2, 3, 4, 5]
    assert [message for _, message, _ in line.office.telemetry.messages] == ["lease lost"]


async def test_what_kills_its_receivers_goes_where_attempts_are_counted_and_the_rest_goes_on(storage: Storage) -> None:
    line = Line(storage)
    await line.record()
    await recorded(storage, an_event(52))
    await line.relay.step()
    line.subscriber.dies_of = 3
    deaths = 0
    while (await line.broker.depth(EVENT_QUEUE)).ready:
        try:
            await line.receiver().step()
        except SystemExit:
            deaths += 1
            line.clock.time += LONGER_THAN_HELD
    events = list(await storage.feed.read(START, 100))
    assert deaths == ATTEMPTS_MAX
    assert sorted(event.id for event in line.subscriber.applied) == sorted([events[0].id, events[1].id, events[5].id])
    await storage.make_due()
    (killer,) = await storage.jobs.lease(EVENT_QUEUE, 100, 0.0)
    assert killer.id == events[2].id
    assert killer.max_attempts == DEFAULT.attempts - deaths, "all its attempts are as many as anybody's"
    assert (await storage.queue.depth([TENANT]))[EVENT_QUEUE].ready == 2, "what waits for it"


async def test_what_holds_no_event_is_set_aside_as_it_came(storage: Storage) -> None:
    line = Line(storage)
    await line.record(2)
    junk = a_message(b"\x00no event")
    await line.broker.send([junk])
    await line.relay.step()
    await line.one.step()
    await storage.make_due()
    (job,) = await storage.jobs.lease(EVENT_QUEUE, 10, 0.0)
    assert (job.id, job.payload) == (junk.id, junk.payload)
    assert line.subscriber.applied == [], "all of its stream may depend on it"


async def test_while_the_queue_is_full_the_relay_stays_where_it_is(storage: Storage) -> None:
    line = Line(storage, most=1)
    await line.record(1)
    await line.relay.step()
    await recorded(storage, an_event(52))
    with pytest.raises(QueueFull):
        await line.relay.step()
    await line.one.step()
    assert await line.relay.step() == 1
    await line.one.step()
    assert len(line.subscriber.applied) == 2


async def test_what_is_sent_twice_is_the_same_message(storage: Storage) -> None:
    """A relay that does not know what was confirmed sends again: with the same ids."""
    line = Line(storage)
    await line.record(3)
    events = list(await storage.feed.read(START, 100))
    publisher = BrokerPublisher(line.broker)
    for _ in range(2):
        await publisher.publish(events)
    batch = await line.broker.receive(EVENT_QUEUE, 100, 60.0)
    assert batch is not None
    assert [message.id for message in batch.messages] == [event.id for event in events] * 2


async def test_the_depth_of_a_queue_is_what_waits_on_the_way_and_what_was_set_aside(storage: Storage) -> None:
    line = Line(storage)
    await line.record(5)
    await line.relay.step()
    await line.broker.receive(EVENT_QUEUE, 2, 60.0)
    queues = CarriedQueues(storage.queue, line.broker)
    depth = (await queues.depth())[EVENT_QUEUE]
    assert (depth.ready, depth.leased, depth.delayed) == (3, 2, 0)
    await line.put_aside.put(a_message(), 1, "it cannot be applied")
    depth = (await queues.depth())[EVENT_QUEUE]
    assert (depth.ready, depth.leased, depth.delayed) == (3, 2, 1)
    assert (await queues.depth([TENANT]))[EVENT_QUEUE] == replace(depth, ready=0, leased=0)
    assert await queues.dead(TENANT, after="", limit=9) == []
