"""The network between us and PostgreSQL, and Redis: slow, cut, silent, half, and a reply that never comes back."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from functools import partial
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit, urlunsplit

import pytest

from adapters.postgres.engine import Database
from adapters.postgres.journal import PostgresJournalFeed
from adapters.postgres.transaction import PostgresTransactions
from adapters.redis.broker import open_redis_broker
from core.configuration.flag import Flag, FlagSet
from core.kernel.event import NewEvent
from core.kernel.ids import MessageId, StreamId
from core.kernel.message import Message
from ports.broker import Broker, BrokerUnavailable
from ports.storage import CommitUnknown, StorageUnavailable
from tests.support.given import TENANT, a_context, an_id, numbered_ids
from tests.support.postgres import database_url, fresh_database, postgres_server, postgres_url
from tests.support.proxy import Proxy, proxied
from tests.support.redis import redis_server

__all__ = ["database_url", "fresh_database", "postgres_server", "postgres_url"]

SOON = 20.0
Story = Callable[[Proxy, Database], Awaitable[None]]


def over_postgres(url: str, story: Story) -> None:
    """The server is reached by its socket in the file system, the proxy before it over TCP."""
    parts = urlsplit(url)
    (folder,) = parse_qs(parts.query)["host"]

    async def play() -> None:
        upstream = partial(asyncio.open_unix_connection, f"{folder}/.s.PGSQL.5432")
        async with asyncio.timeout(60), proxied(upstream) as proxy:
            way = parts._replace(query=urlencode({"host": "127.0.0.1", "port": proxy.port, "sslmode": "disable"}))
            database = Database(urlunsplit(way), 2)
            await database.open()
            try:
                await story(proxy, database)
            finally:
                proxy.heal()
                await database.close()

    asyncio.run(play())


def over_redis(story: Callable[[Proxy, Broker], Awaitable[None]]) -> None:
    async def play(port: int) -> None:
        upstream = partial(asyncio.open_connection, "127.0.0.1", port)
        async with (
            asyncio.timeout(60),
            proxied(upstream) as proxy,
            open_redis_broker(f"redis://127.0.0.1:{proxy.port}/0") as broker,
        ):
            await story(proxy, broker)
            proxy.heal()

    with redis_server() as server:
        asyncio.run(play(server.port))


async def record(database: Database, number: int) -> None:
    event = NewEvent(
        tenant=TENANT,
        stream=StreamId(an_id(number)),
        version=1,
        body=FlagSet(flag=Flag.RISK_ASSESSMENT, enabled=True),
    )
    async with PostgresTransactions(database, numbered_ids()).begin(a_context()) as tx:
        await tx.journal.record([event])


async def recorded(database: Database, number: int) -> bool:
    return bool(await PostgresJournalFeed(database).stream(TENANT, StreamId(an_id(number))))


async def soon(work: Awaitable[Any]) -> Any:
    async with asyncio.timeout(SOON):
        return await work


async def until_it_works(work: Callable[[], Awaitable[Any]]) -> Any:
    """Again and again: connections that were cut are found out one by one."""
    async with asyncio.timeout(SOON):
        while True:
            with suppress(StorageUnavailable, BrokerUnavailable):
                return await work()


@pytest.mark.postgres
def test_a_slow_network_is_slow_and_nothing_else(database_url: str) -> None:
    async def story(proxy: Proxy, database: Database) -> None:
        proxy.delay(0.05)
        await soon(record(database, 1))
        assert await recorded(database, 1)

    over_postgres(database_url, story)


@pytest.mark.postgres
def test_a_commit_whose_reply_is_lost_is_not_known_and_has_happened(database_url: str) -> None:
    async def story(proxy: Proxy, database: Database) -> None:
        await record(database, 11)
        proxy.lose_reply(b"COMMIT")
        with pytest.raises(CommitUnknown):
            await soon(record(database, 12))
        assert proxy.lost == 1
        assert await until_it_works(lambda: recorded(database, 12))

    over_postgres(database_url, story)


@pytest.mark.postgres
def test_what_is_cut_before_the_commit_has_not_happened(database_url: str) -> None:
    async def story(proxy: Proxy, database: Database) -> None:
        await record(database, 21)
        proxy.lose_reply(b"flag.set.v1")
        with pytest.raises(StorageUnavailable):
            await soon(record(database, 22))
        assert not await until_it_works(lambda: recorded(database, 22))
        await until_it_works(lambda: record(database, 22))
        assert await recorded(database, 22)

    over_postgres(database_url, story)


@pytest.mark.postgres
def test_connections_that_are_cut_are_replaced(database_url: str) -> None:
    async def story(proxy: Proxy, database: Database) -> None:
        await record(database, 31)
        proxy.reset()
        assert await until_it_works(lambda: recorded(database, 31))
        proxy.drop()
        proxy.reset()
        for _ in range(3):
            with pytest.raises(StorageUnavailable):
                await soon(recorded(database, 31))
        proxy.heal()
        assert await until_it_works(lambda: recorded(database, 31))

    over_postgres(database_url, story)


@pytest.mark.postgres
def test_half_an_answer_is_none(database_url: str) -> None:
    async def story(proxy: Proxy, database: Database) -> None:
        await record(database, 41)
        proxy.freeze_after(3)
        asking = asyncio.create_task(recorded(database, 41))
        done, _ = await asyncio.wait([asking], timeout=0.3)
        assert not done
        proxy.reset()
        with pytest.raises(StorageUnavailable):
            await soon(asking)
        proxy.heal()
        assert await until_it_works(lambda: recorded(database, 41))

    over_postgres(database_url, story)


def a_message(number: int) -> Message:
    return Message(id=MessageId(an_id(number)), tenant=TENANT, queue="q", key="a", payload=b"said", correlation="c-1")


async def drained(broker: Broker) -> list[str]:
    found: list[str] = []
    while (batch := await broker.receive("q", 100, 60.0)) is not None:
        found += [message.id for message in batch.messages]
        await broker.done(batch)
    return found


@pytest.mark.redis
def test_a_redis_nobody_hears_of_is_given_up_within_seconds() -> None:
    async def story(proxy: Proxy, broker: Broker) -> None:
        await broker.send([a_message(1)])
        proxy.blackhole()
        calls = broker.send([a_message(2)]), broker.receive("q", 1, 60.0), broker.depth("q"), broker.wait("q", 0.1)
        for call in calls:
            with pytest.raises(BrokerUnavailable):
                await soon(call)
        proxy.heal()
        proxy.reset()
        await until_it_works(lambda: broker.send([a_message(2)]))
        assert await drained(broker) == [an_id(1), an_id(2)]

    over_redis(story)


@pytest.mark.redis
def test_what_redis_confirmed_to_nobody_is_sent_again_and_in_its_place() -> None:
    async def story(proxy: Proxy, broker: Broker) -> None:
        await broker.send([a_message(1)])
        proxy.lose_reply(an_id(2).encode())
        with pytest.raises(BrokerUnavailable):
            await soon(broker.send([a_message(2)]))
        assert proxy.lost == 1
        await until_it_works(lambda: broker.send([a_message(2), a_message(3)]))
        found = await drained(broker)
        assert list(dict.fromkeys(found)) == [an_id(1), an_id(2), an_id(3)]

    over_redis(story)
