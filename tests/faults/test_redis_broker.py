"""Redis flushed, killed, frozen: callers hear of it within seconds, and what was confirmed is not lost by it."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Iterator
from contextlib import suppress
from itertools import count

import pytest
from redis import Redis

from adapters.redis.broker import open_redis_broker
from adapters.redis.client import CONNECTIONS
from core.kernel.ids import MessageId
from core.kernel.job import LeaseLost
from core.kernel.message import Message
from ports.broker import Broker, BrokerUnavailable
from ports.queue import Depth
from tests.support.given import TENANT, an_id
from tests.support.redis import RedisServer
from tests.support.redis import redis_server as a_server

pytestmark = pytest.mark.redis

LONG = 600.0
SOON = 10.0
"""Nobody waits for longer, however busy the machine."""


@pytest.fixture
def redis_server() -> Iterator[RedisServer]:
    """A server to be rough with."""
    with a_server() as server:
        yield server


def played(server: RedisServer, story: Callable[[Broker], Awaitable[None]]) -> None:
    async def play() -> None:
        async with asyncio.timeout(60), open_redis_broker(server.url) as broker:
            await story(broker)

    asyncio.run(play())


def messages(numbers: Iterable[int], key: str = "a") -> list[Message]:
    return [
        Message(id=MessageId(an_id(n)), tenant=TENANT, queue="q", key=key, payload=b"said", correlation="c-1")
        for n in numbers
    ]


async def refused(call: Awaitable[object]) -> None:
    """The broker is unavailable, and the caller hears of it soon."""
    async with asyncio.timeout(SOON):
        with pytest.raises(BrokerUnavailable):
            await call


async def drained(broker: Broker, ids: list[MessageId] | None = None) -> list[MessageId]:
    """The ids of all that nobody holds, in the order they came, behind ``ids``; all of it is ended."""
    ids = [] if ids is None else ids
    while (batch := await broker.receive("q", 100, LONG)) is not None:
        ids += [message.id for message in batch.messages]
        await broker.done(batch)
    return ids


def let_go(server: RedisServer) -> None:
    """Whoever holds something is not heard of any more."""
    with Redis.from_url(server.url) as client:
        client.delete("", *client.scan_iter(match="fluxor:*:held:*"))


def test_what_is_flushed_is_declared_again(redis_server: RedisServer) -> None:
    async def story(broker: Broker) -> None:
        await broker.send(messages([1, 2]))
        before = await broker.receive("q", 1, LONG)
        assert before is not None
        with Redis.from_url(redis_server.url) as client:
            client.flushall()
            client.script_flush()
        assert await broker.receive("q", 10, LONG) is None
        await broker.send(messages([3]))
        after = await broker.receive("q", 10, LONG)
        assert after is not None
        assert (after.messages, after.attempt) == (tuple(messages([3])), 1)
        with pytest.raises(LeaseLost):
            await broker.done(before)
        await broker.done(after)
        assert await broker.depth("q") == Depth()

    played(redis_server, story)


def test_what_is_flushed_before_anybody_received_is_declared_when_somebody_does(redis_server: RedisServer) -> None:
    async def story(broker: Broker) -> None:
        await broker.send(messages([1]))
        with Redis.from_url(redis_server.url) as client:
            client.flushall()
        assert await broker.receive("q", 10, LONG) is None
        await broker.send(messages([2]))
        assert await drained(broker) == [an_id(2)]

    played(redis_server, story)


def test_a_kill_is_heard_of_and_what_was_confirmed_comes_after_it(redis_server: RedisServer) -> None:
    """The same broker goes on with the server that takes its place; only what was not confirmed may be missing."""
    confirmed: list[MessageId] = []
    received: list[MessageId] = []
    going = asyncio.Event()

    async def send(broker: Broker) -> None:
        for start in count(1, 10):
            batch = messages(range(start, start + 10), key=f"key {start}")
            await broker.send(batch)
            confirmed.extend(message.id for message in batch)

    async def receive(broker: Broker) -> None:
        while True:
            if (batch := await broker.receive("q", 5, LONG)) is not None:
                received.extend(message.id for message in batch.messages)
                await broker.done(batch)
                going.set()

    async def story(broker: Broker) -> None:
        working = [asyncio.create_task(work(broker)) for work in (send, receive)]
        await going.wait()
        await asyncio.to_thread(redis_server.kill)
        for work in working:
            await refused(work)
        calls = broker.send(messages([1])), broker.receive("q", 1, LONG), broker.depth("q"), broker.wait("q", 0.1)
        await asyncio.gather(*map(refused, calls))
        await asyncio.to_thread(redis_server.start)
        let_go(redis_server)
        await drained(broker, received)
        assert set(confirmed) <= set(received)
        await broker.send(messages([1]))
        assert await drained(broker) == [an_id(1)]

    played(redis_server, story)


def test_while_it_is_frozen_callers_hear_so_and_what_they_send_again_comes_twice_at_most(
    redis_server: RedisServer,
) -> None:
    async def story(broker: Broker) -> None:
        await broker.send(messages([1]))
        redis_server.freeze()
        calls = broker.send(messages([2])), broker.receive("q", 10, LONG), broker.depth("q"), broker.wait("q", 0.1)
        await asyncio.gather(*map(refused, calls))
        redis_server.thaw()
        await broker.send(messages([2, 3]))
        let_go(redis_server)
        ids = await drained(broker)
        assert list(dict.fromkeys(ids)) == [an_id(1), an_id(2), an_id(3)]
        assert len(ids) in (3, 4)

    played(redis_server, story)


def test_who_is_done_while_it_is_frozen_may_be_done_and_nothing_behind_it_is_lost(redis_server: RedisServer) -> None:
    async def story(broker: Broker) -> None:
        await broker.send(messages([1, 2]))
        batch = await broker.receive("q", 1, LONG)
        assert batch is not None
        redis_server.freeze()
        await refused(broker.done(batch))
        redis_server.thaw()
        with suppress(LeaseLost):
            await broker.done(batch)
        assert await drained(broker) == [an_id(2)]

    played(redis_server, story)


def test_calls_that_are_broken_off_leave_no_connection_behind_that_answers_others(redis_server: RedisServer) -> None:
    async def story(broker: Broker) -> None:
        await broker.send(messages([1]))
        redis_server.freeze()
        for moments in range(3 * CONNECTIONS):
            call = asyncio.create_task(broker.depth("r"))
            for _ in range(moments):
                await asyncio.sleep(0)
            call.cancel()
            with pytest.raises(asyncio.CancelledError):
                await call
        redis_server.thaw()
        depths = await asyncio.gather(*(broker.depth("q") for _ in range(3 * CONNECTIONS)))
        assert {depth.ready for depth in depths} == {1}

    played(redis_server, story)


def test_an_answer_that_is_lost_on_its_way_makes_nothing_happen_twice(redis_server: RedisServer) -> None:
    """Between them stands somebody who lets every script through once, and hangs up instead of bringing the answer."""
    scripts = []

    async def between(caller: asyncio.StreamReader, back: asyncio.StreamWriter) -> None:
        answers, server = await asyncio.open_connection("127.0.0.1", redis_server.port)
        while said := await caller.read(100_000):
            server.write(said)
            answer = await answers.read(100_000)
            if b"EVALSHA" in said and not answer.startswith(b"-NOSCRIPT"):
                scripts.append(said)
                break
            back.write(answer)
        for writer in (server, back):
            writer.close()

    async def story(broker: Broker) -> None:
        way = await asyncio.start_server(between, "127.0.0.1", 0)
        port = way.sockets[0].getsockname()[1]
        async with way, open_redis_broker(f"redis://127.0.0.1:{port}") as far:
            await refused(far.send(messages([1])))
        assert len(scripts) == 1
        assert await drained(broker) == [an_id(1)]

    played(redis_server, story)
