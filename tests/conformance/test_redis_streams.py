"""What only Redis promises: a tidy server, one slot of a cluster, and patience with whoever meddles."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from redis.asyncio import Redis
from redis.crc import key_slot

from adapters.redis.broker import TOGETHER_MAX
from core.kernel.job import LeaseLost
from core.kernel.message import Priority
from ports.broker import BrokerUnavailable
from tests.conformance.brokers import RedisBrokers
from tests.conformance.test_broker import LONG, a_message, drained, ids_of, received
from tests.support.given import an_id

pytestmark = pytest.mark.redis


@pytest.fixture
def brokers(redis_url: str) -> RedisBrokers:
    """A Redis with nothing in it."""
    return RedisBrokers(redis_url)


@asynccontextmanager
async def by_hand(url: str) -> AsyncIterator[tuple[Redis, bytes]]:
    """A client for whoever meddles, and the one stream there is."""
    async with Redis.from_url(url) as client:
        (stream,) = [key async for key in client.scan_iter(match="fluxor:*:stream:*")]
        yield client, stream


async def test_more_than_a_script_takes_is_sent_and_handed_out_in_order(brokers: RedisBrokers) -> None:
    numbers = range(1, 2 * TOGETHER_MAX + 2)
    await brokers.one.send([a_message(number) for number in numbers])
    first = await received(brokers.one, len(numbers))
    await brokers.one.done(first)
    assert len(first.messages) == TOGETHER_MAX
    ids = ids_of(first.messages) + await drained(brokers.one, len(numbers) - TOGETHER_MAX)
    assert ids == [an_id(number) for number in numbers]


async def test_what_is_done_leaves_nothing_behind(brokers: RedisBrokers, redis_url: str) -> None:
    await brokers.one.send([a_message(number) for number in range(1, 6)])
    await drained(brokers.one, 5, limit=2)
    async with by_hand(redis_url) as (client, stream):
        assert await client.xlen(stream) == 0
        assert (await client.xpending(stream, "fluxor"))["pending"] == 0
        assert not [key async for key in client.scan_iter(match="fluxor:*:held:*")]


async def test_all_keys_of_a_queue_lie_in_one_slot_of_a_cluster(brokers: RedisBrokers, redis_url: str) -> None:
    await brokers.one.send([a_message(n, f"key {n}", priority=priority) for n, priority in enumerate(Priority)])
    await received(brokers.one)
    async with Redis.from_url(redis_url) as client:
        keys = [key async for key in client.scan_iter()]
    assert len(keys) == 6, "three streams, one of them held, the turns and the bell"
    assert len({key_slot(key) for key in keys}) == 1


async def test_what_was_deleted_by_hand_holds_nobody_up(brokers: RedisBrokers, redis_url: str) -> None:
    await brokers.one.send([a_message(number) for number in range(1, 5)])
    await received(brokers.one, 2)
    async with by_hand(redis_url) as (client, stream):
        await client.xtrim(stream, maxlen=3, approximate=False)
    await brokers.let_go()
    again = await received(brokers.two)
    assert (ids_of(again.messages), again.attempt) == ([an_id(2)], 2)
    await brokers.two.done(again)
    assert await drained(brokers.two, 2) == [an_id(3), an_id(4)]


async def test_who_lost_the_group_ends_nothing_and_all_of_it_comes_again(brokers: RedisBrokers, redis_url: str) -> None:
    await brokers.one.send([a_message(1), a_message(2)])
    held = await received(brokers.one)
    async with by_hand(redis_url) as (client, stream):
        await client.xgroup_destroy(stream, "fluxor")
    with pytest.raises(LeaseLost):
        await brokers.one.done(held)
    assert await brokers.one.receive("q", 10, LONG) is None, "it is held still"
    await brokers.let_go()
    assert await drained(brokers.one, 2) == [an_id(1), an_id(2)]


async def test_what_somebody_else_put_into_a_stream_is_said_to_be_and_where(
    brokers: RedisBrokers, redis_url: str
) -> None:
    await brokers.one.send([a_message(1)])
    async with by_hand(redis_url) as (client, stream):
        await client.xadd(stream, {"said": "by a stranger"})
        with pytest.raises(BrokerUnavailable, match=f"what comes next in {stream.decode()} is not ours"):
            await brokers.one.receive("q", 10, LONG)
