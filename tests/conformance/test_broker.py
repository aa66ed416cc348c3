"""What every broker promises: in order under a key, at least once, held by one, and what kills its receiver alone."""

import asyncio
from collections.abc import Iterable
from typing import Any

import pytest

from core.kernel.ids import MessageId
from core.kernel.job import LeaseLost
from core.kernel.message import Batch, Message, Priority, strand_of
from ports.broker import Broker, QueueFull
from ports.queue import Depth
from tests.conformance.brokers import (
    LITTLE,
    Brokers,
    KafkaBrokers,
    MemoryBrokers,
    PostgresBrokers,
    RabbitBrokers,
    RedisBrokers,
)
from tests.support.given import OTHER_TENANT, TENANT, an_id

LONG = 600.0
APART = "a", "b"
"""Two keys on strands of their own."""


SERVERS: dict[str, tuple[type[Any], str]] = {
    "kafka": (KafkaBrokers, "kafka_url"),
    "postgres": (PostgresBrokers, "database_url"),
    "rabbitmq": (RabbitBrokers, "rabbitmq_url"),
    "redis": (RedisBrokers, "redis_url"),
}
"""Each broker that has a server: its kind, and the fixture that says where it is."""


@pytest.fixture(params=["memory", *(pytest.param(name, marks=getattr(pytest.mark, name)) for name in SERVERS)])
def brokers(request: pytest.FixtureRequest) -> Brokers:
    """A broker with nothing in it."""
    if request.param == "memory":
        return MemoryBrokers()
    kind, url = SERVERS[request.param]
    made: Brokers = kind(request.getfixturevalue(url))
    return made


def a_message(
    number: int, key: str = "a", *, queue: str = "q", priority: Priority = Priority.NORMAL, payload: bytes = b"said"
) -> Message:
    return Message(
        id=MessageId(an_id(number)),
        tenant=TENANT,
        queue=queue,
        key=key,
        payload=payload,
        correlation="c-1",
        priority=priority,
    )


async def received(broker: Broker, limit: int = 100, queue: str = "q") -> Batch:
    """The next batch. A broker that is told of what was sent by others may need a moment to hear of it."""
    while (batch := await broker.receive(queue, limit, LONG)) is None:
        await asyncio.sleep(0.01)
    return batch


async def drained(broker: Broker, number: int, limit: int = 100) -> list[MessageId]:
    """The ids of the next ``number`` messages, in the order they came."""
    ids: list[MessageId] = []
    while len(ids) < number:
        batch = await received(broker, limit)
        ids += ids_of(batch.messages)
        await broker.done(batch)
    return ids


def ids_of(messages: Iterable[Message]) -> list[MessageId]:
    return [message.id for message in messages]


async def test_a_message_comes_as_it_was_sent_and_is_gone_when_it_is_done(brokers: Brokers) -> None:
    sent = Message(
        id=MessageId(an_id(1)),
        tenant=OTHER_TENANT,
        queue="q",
        key="Schlüssel / 1",
        payload=bytes(range(256)),
        correlation="c-9",
        priority=Priority.HIGH,
    )
    await brokers.one.send([sent])
    batch = await received(brokers.two)
    assert (batch.messages, batch.attempt) == ((sent,), 1)
    await brokers.two.done(batch)
    assert await brokers.one.receive("q", 10, LONG) is None
    assert await brokers.one.depth("q") == Depth()


async def test_messages_of_a_key_come_in_the_order_they_were_sent(brokers: Brokers) -> None:
    for start in range(1, 61, 20):
        await brokers.one.send([a_message(number, "a") for number in range(start, start + 20)])
    assert await drained(brokers.two, 60, limit=7) == [an_id(number) for number in range(1, 61)]


async def test_no_batch_is_larger_than_was_asked_for(brokers: Brokers) -> None:
    await brokers.one.send([a_message(number) for number in range(1, 6)])
    batch = await received(brokers.one, 3)
    assert ids_of(batch.messages) == [an_id(1), an_id(2), an_id(3)]


async def test_while_a_key_is_held_nobody_else_gets_what_is_behind_it(brokers: Brokers) -> None:
    one, other = APART
    assert strand_of(one) != strand_of(other)
    await brokers.one.send([a_message(1, one), a_message(2, one), a_message(3, other)])
    first = await received(brokers.one, 1)
    second = await received(brokers.two, 1)
    assert {first.messages[0].key, second.messages[0].key} == {one, other}
    assert await brokers.two.receive("q", 1, LONG) is None
    mine, theirs = (first, brokers.one), (second, brokers.two)
    held, holder = mine if first.messages[0].key == one else theirs
    await holder.done(held)
    assert ids_of((await received(brokers.two, 1)).messages) == [an_id(2)]


async def test_what_was_not_ended_comes_again_alone_with_its_attempt_counted(brokers: Brokers) -> None:
    await brokers.one.send([a_message(number) for number in range(1, 5)])
    lost = await received(brokers.one, 3)
    assert (ids_of(lost.messages), lost.attempt) == ([an_id(1), an_id(2), an_id(3)], 1)
    await brokers.let_go()
    for attempt in (2, 3, 4):
        again = await received(brokers.two, 100)
        assert (ids_of(again.messages), again.attempt) == ([an_id(1)], attempt)
        await brokers.let_go()
    assert await drained(brokers.two, 4) == [an_id(number) for number in range(1, 5)]


async def test_behind_what_was_handed_out_before_batches_are_whole_again(brokers: Brokers) -> None:
    await brokers.one.send([a_message(number) for number in range(1, 8)])
    await received(brokers.one, 2)
    await brokers.let_go()
    batches = []
    for _ in range(3):
        batches.append(await received(brokers.two))
        await brokers.two.done(batches[-1])
    assert [(len(batch.messages), batch.attempt) for batch in batches] == [(1, 2), (1, 2), (5, 1)]


async def test_who_held_it_for_too_long_can_end_nothing(brokers: Brokers) -> None:
    await brokers.one.send([a_message(1), a_message(2)])
    past = await received(brokers.one, 1)
    await brokers.let_go()
    with pytest.raises(LeaseLost):
        await brokers.one.done(past)
    now = await received(brokers.two, 1)
    assert ids_of(now.messages) == [an_id(1)]
    with pytest.raises(LeaseLost):
        await brokers.one.done(past)
    await brokers.two.done(now)
    with pytest.raises(LeaseLost):
        await brokers.two.done(now)
    assert await drained(brokers.two, 1) == [an_id(2)]


async def test_who_is_done_can_end_nothing_more(brokers: Brokers) -> None:
    await brokers.one.send([a_message(1)])
    past = await received(brokers.two)
    await brokers.two.done(past)
    await brokers.one.send([a_message(2)])
    now = await received(brokers.two)
    with pytest.raises(LeaseLost):
        await brokers.two.done(past)
    await brokers.two.done(now)
    assert await brokers.one.depth("q") == Depth()


async def test_high_comes_before_normal_before_low(brokers: Brokers) -> None:
    sent = [(1, Priority.LOW), (2, Priority.NORMAL), (3, Priority.HIGH)]
    await brokers.one.send([a_message(number, priority=priority) for number, priority in sent])
    assert await drained(brokers.one, 3) == [an_id(3), an_id(2), an_id(1)]


async def test_the_lowest_priority_does_not_wait_for_ever(brokers: Brokers) -> None:
    await brokers.one.send([a_message(99, priority=Priority.LOW)])
    await brokers.one.send([a_message(number, priority=Priority.HIGH) for number in range(1, 30)])
    assert an_id(99) in await drained(brokers.one, 20, limit=1)


async def test_a_full_queue_takes_nothing_more_until_somebody_is_done(brokers: Brokers) -> None:
    await brokers.little.send([a_message(number) for number in range(1, LITTLE + 1)])
    with pytest.raises(QueueFull):
        await brokers.little.send([a_message(97)])
    await brokers.little.send([a_message(99, queue="r")])
    batch = await received(brokers.little)
    assert ids_of(batch.messages) == [an_id(number) for number in range(1, LITTLE + 1)]
    await brokers.little.done(batch)
    await brokers.little.send([a_message(98)])
    assert await drained(brokers.little, 1) == [an_id(98)]


async def test_queues_do_not_meet(brokers: Brokers) -> None:
    await brokers.one.send([a_message(1), a_message(2, queue="r")])
    assert ids_of((await received(brokers.one, queue="r")).messages) == [an_id(2)]
    assert await drained(brokers.one, 1) == [an_id(1)]
    assert await brokers.one.receive("s", 10, LONG) is None


async def test_depth_tells_what_waits_from_what_is_held(brokers: Brokers) -> None:
    await brokers.one.send([a_message(number) for number in range(1, 6)])
    await received(brokers.one, 2)
    assert await brokers.one.depth("q") == Depth(ready=3, leased=2)
    assert (await brokers.two.depth("q")).ready == 3
    await brokers.let_go()
    assert (await brokers.two.depth("q")).ready == 5


async def test_many_at_once_lose_nothing_and_never_meet(brokers: Brokers) -> None:
    """Two that send and four that receive: every message is ended once, and each key's in the order it was sent."""
    keys = [f"key {number}" for number in range(20)]
    ended: list[Message] = []

    async def send(sender: Broker, first: int) -> None:
        for start in range(0, 200, 20):
            await sender.send([a_message(first + start + n, key, payload=b"%d" % start) for n, key in enumerate(keys)])

    async def receive(receiver: Broker) -> None:
        while len(ended) < 400:
            batch = await receiver.receive("q", 9, LONG)
            if batch is None:
                await asyncio.sleep(0)
                continue
            ended.extend(batch.messages)
            await receiver.done(batch)

    await asyncio.gather(
        send(brokers.one, 1000),
        send(brokers.two, 2000),
        *(receive(broker) for broker in (brokers.one, brokers.one, brokers.two, brokers.two)),
    )
    assert len(ended) == len(set(ids_of(ended))) == 400
    for key in keys:
        for first in (1000, 2000):
            mine = [one.id for one in ended if one.key == key and an_id(first) <= one.id < an_id(first + 1000)]
            assert mine == sorted(mine)
            assert len(mine) == 10


async def test_strands_of_a_priority_take_turns(brokers: Brokers) -> None:
    """One with much in it keeps no other waiting."""
    for key in ("a", "b", "c"):
        await brokers.one.send([a_message(number, key) for number in range(ord(key) * 10, ord(key) * 10 + 4)])
    keys = []
    for _ in range(6):
        batch = await received(brokers.two, 1)
        keys.append(batch.messages[0].key)
        await brokers.two.done(batch)
    assert keys[:3] == keys[3:]
    assert sorted(keys[:3]) == ["a", "b", "c"]


async def test_a_great_many_sent_together_keep_the_order_of_each_key(brokers: Brokers) -> None:
    keys = [f"key {number}" for number in range(13)]
    sent = [a_message(number, keys[number % 13]) for number in range(2340)]
    await brokers.one.send(sent)
    came = await drained(brokers.two, 2340, 1000)
    for number, _ in enumerate(keys):
        mine = [message.id for message in sent[number::13]]
        assert [one for one in came if one in set(mine)] == mine


async def test_who_waits_hears_of_what_another_sends(brokers: Brokers) -> None:
    await brokers.one.send([a_message(0)])  # a queue that is not new
    assert await drained(brokers.two, 1) == [an_id(0)]
    for number in range(1, 4):
        waiting = asyncio.ensure_future(woken(brokers.two))
        await asyncio.sleep(0)
        await brokers.one.send([a_message(number)])
        batch = await waiting
        assert ids_of(batch.messages) == [an_id(number)]
        await brokers.two.done(batch)


async def test_what_was_sent_while_nobody_waited_is_not_waited_for(brokers: Brokers) -> None:
    await brokers.two.wait("q", 0.01)  # from now on it listens
    for number in range(1, 4):
        assert await brokers.two.receive("q", 10, LONG) is None
        await brokers.one.send([a_message(number)])
        batch = await woken(brokers.two)
        assert ids_of(batch.messages) == [an_id(number)]
        await brokers.two.done(batch)


async def test_waiting_for_what_nobody_sends_ends(brokers: Brokers) -> None:
    async with asyncio.timeout(30):
        for _ in range(3):
            await brokers.one.wait("q", 0.01)
    assert await brokers.one.receive("q", 10, LONG) is None


async def woken(broker: Broker) -> Batch:
    """The next batch, of whoever waits for longer than a test may take unless he is woken."""
    async with asyncio.timeout(30):
        await broker.wait("q", LONG)
        while (batch := await broker.receive("q", 10, LONG)) is None:
            await broker.wait("q", LONG)
        return batch


async def test_nothing_sent_is_nothing(brokers: Brokers) -> None:
    await brokers.one.send([])
    assert await brokers.one.receive("q", 10, LONG) is None
