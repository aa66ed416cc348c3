"""Redis flushed, killed, frozen: whoever sends or receives is told within seconds, and goes on with the same client."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import pytest

from adapters.redis.broker import RedisBroker, open_redis_broker
from core.kernel.message import Batch
from ports.broker import BrokerUnavailable
from ports.queue import Depth
from tests.conformance.test_broker import a_message, drained, ids_of, received
from tests.support.given import an_id
from tests.support.redis import RedisServer, redis_server

pytestmark = pytest.mark.redis
PATIENCE_SECONDS = 60.0


@pytest.fixture
def server() -> Iterator[RedisServer]:
    """A server to be rough with."""
    with redis_server() as running:
        yield running


def on(server: RedisServer, story: Callable[[RedisBroker], Awaitable[Any]]) -> None:
    """Play ``story`` with a broker on the server, within a bounded time."""

    async def play() -> None:
        async with asyncio.timeout(PATIENCE_SECONDS), open_redis_broker(server.url) as broker:
            await story(broker)

    asyncio.run(play())


async def back(broker: RedisBroker) -> Depth:
    """The depth, as soon as the server answers again."""
    while True:
        try:
            return await broker.depth("q")
        except BrokerUnavailable:
            await asyncio.sleep(0.02)


def test_after_everything_was_flushed_messages_flow_as_if_nothing_had_been(server: RedisServer) -> None:
    async def story(broker: RedisBroker) -> None:
        await broker.send([a_message(1), a_message(2)])
        await received(broker, 1)
        async with open_redis_broker(server.url) as other:
            await flush(other)
        assert await broker.receive("q", 10, 60.0) is None
        await broker.send([a_message(3)])
        assert await drained(broker, 1) == [an_id(3)]

    on(server, story)


async def flush(broker: RedisBroker) -> None:
    await broker._send.registered_client.flushall()


@pytest.mark.parametrize("blow", ["kill", "freeze"])
def test_while_it_is_away_every_call_says_so_and_nothing_confirmed_is_lost(server: RedisServer, blow: str) -> None:
    async def story(broker: RedisBroker) -> None:
        await broker.send([a_message(number) for number in range(1, 6)])
        held = await received(broker, 2)
        getattr(server, blow)()
        for call in calls(broker, held):
            with pytest.raises(BrokerUnavailable):
                await call()
        server.start() if blow == "kill" else server.thaw()
        await back(broker)
        # What was sent while nobody answered may have been kept: under its own id, so whoever applies it knows.
        await broker.done(held)
        ids = set()
        while (batch := await broker.receive("q", 100, 60.0)) is not None:
            ids |= set(ids_of(batch.messages))
            await broker.done(batch)
        assert {an_id(3), an_id(4), an_id(5)} <= ids <= {an_id(3), an_id(4), an_id(5), an_id(9)}

    on(server, story)


def calls(broker: RedisBroker, held: Batch) -> list[Callable[[], Awaitable[Any]]]:
    return [
        lambda: broker.send([a_message(9)]),
        lambda: broker.receive("none", 10, 60.0),
        lambda: broker.depth("q"),
    ]


def test_who_held_a_batch_when_it_was_killed_comes_too_late_once_another_has_it(server: RedisServer) -> None:
    async def story(broker: RedisBroker) -> None:
        await broker.send([a_message(1)])
        held = await broker.receive("q", 1, 0.05)
        assert held is not None
        server.kill()
        server.start()
        await back(broker)
        again = await received(broker, 1)
        assert (ids_of(again.messages), again.attempt) == ([an_id(1)], 2)
        await broker.done(again)

    on(server, story)
