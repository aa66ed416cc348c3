"""Every broker under one roof: processes that share it, and what a test must be able to do to it from outside."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta
from functools import partial
from typing import Any, Protocol
from urllib.parse import urlsplit

import aio_pika
import asyncpg
from aio_pika.exceptions import ChannelNotFoundEntity
from redis.asyncio import Redis

from adapters.kafka.broker import open_kafka_broker
from adapters.memory.broker import MemoryBroker
from adapters.memory.strands import MemoryStrands
from adapters.postgres.broker import PostgresBroker
from adapters.postgres.engine import Database
from adapters.rabbitmq.broker import RabbitBroker
from adapters.rabbitmq.queues import strand_name, strands_of
from adapters.redis.broker import open_redis_broker
from core.kernel.message import Priority
from ports.broker import QUEUE_MAX, Broker
from tests.support.given import NOW
from tests.support.proxy import proxied

LITTLE = 5
"""What a queue of the broker ``little`` holds at most."""


class Brokers(Protocol):
    """What every test of a broker is written against: two processes, and one whose queues hold little."""

    one: Broker
    two: Broker
    little: Broker

    @asynccontextmanager
    async def opened(self) -> AsyncIterator[None]:
        """Ready for use, with nothing in it."""
        yield

    async def let_go(self) -> None:
        """Let the time be over for which anything is held: whoever held it is not heard of any more."""


class MemoryBrokers:
    """See Brokers."""

    def __init__(self) -> None:
        self._time = NOW
        self.one = self.two = MemoryBroker(lambda: self._time)
        self.little = MemoryBroker(lambda: self._time, LITTLE)

    @asynccontextmanager
    async def opened(self) -> AsyncIterator[None]:
        """See Brokers."""
        yield

    async def let_go(self) -> None:
        """See Brokers."""
        self._time += timedelta(days=1)


class KafkaBrokers:
    """See Brokers."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._time = NOW

    @asynccontextmanager
    async def opened(self) -> AsyncIterator[None]:
        """See Brokers."""
        strands = MemoryStrands(lambda: self._time)
        async with AsyncExitStack() as stack:
            self.one, self.two, self.little = [
                await stack.enter_async_context(open_kafka_broker(self._url, strands, most))
                for most in (QUEUE_MAX, QUEUE_MAX, LITTLE)
            ]
            yield

    async def let_go(self) -> None:
        """See Brokers."""
        self._time += timedelta(days=1)


class PostgresBrokers:
    """See Brokers."""

    def __init__(self, url: str) -> None:
        self._url = url
        databases = [Database(url, 2) for _ in range(2)]
        self._databases = databases
        self.one, self.two = map(PostgresBroker, databases)
        self.little = PostgresBroker(databases[0], LITTLE)

    @asynccontextmanager
    async def opened(self) -> AsyncIterator[None]:
        """See Brokers."""
        self._owner: Any = await asyncpg.connect(self._url)
        await self._owner.execute("TRUNCATE message, message_strand")
        for database in self._databases:
            await database.open()
        try:
            yield
        finally:
            for database in self._databases:
                await database.close()
            await self._owner.close()

    async def let_go(self) -> None:
        """See Brokers."""
        await self._owner.execute(
            "UPDATE message_strand SET held_until = now() - interval '1 s' WHERE held_until > now()"
        )


class RedisBrokers:
    """See Brokers."""

    def __init__(self, url: str) -> None:
        self._url = url

    @asynccontextmanager
    async def opened(self) -> AsyncIterator[None]:
        """See Brokers."""
        async with AsyncExitStack() as stack:
            self._owner = Redis.from_url(self._url)
            stack.push_async_callback(self._owner.aclose)
            await self._owner.flushdb()
            self.one, self.two = [await stack.enter_async_context(open_redis_broker(self._url)) for _ in range(2)]
            self.little = await stack.enter_async_context(open_redis_broker(self._url, LITTLE))
            yield

    async def let_go(self) -> None:
        """See Brokers."""
        async for held in self._owner.scan_iter("fluxor:*:held:*"):
            await self._owner.delete(held)


class RabbitBrokers:
    """See Brokers. Their connections run through a proxy, which cuts them to let go."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._time = NOW

    @asynccontextmanager
    async def opened(self) -> AsyncIterator[None]:
        """See Brokers."""
        place = urlsplit(self._url)
        strands = MemoryStrands(lambda: self._time)
        async with AsyncExitStack() as stack:
            server = partial(asyncio.open_connection, place.hostname, place.port or 5672)
            self._proxy = await stack.enter_async_context(proxied(server))
            self._owner = await stack.enter_async_context(await aio_pika.connect(self._url))
            await self._delete_all()
            near = place._replace(netloc=f"guest:guest@127.0.0.1:{self._proxy.port}").geturl()
            self._brokers = [RabbitBroker(near, strands, most) for most in (QUEUE_MAX, QUEUE_MAX, LITTLE)]
            self.one, self.two, self.little = self._brokers
            for broker in self._brokers:
                stack.push_async_callback(broker.close)
            yield

    async def let_go(self) -> None:
        """See Brokers: until both ends have noticed."""
        self._time += timedelta(days=1)
        self._proxy.reset()
        # Whoever thinks better of it does not cancel a question: its answer would be taken for that of the next.
        while any(broker.connected for broker in self._brokers) or await asyncio.shield(self._received()):
            await asyncio.sleep(0.01)

    async def _received(self) -> bool:
        async with self._owner.channel() as channel:
            try:
                strands = [await channel.declare_queue(name, passive=True) for name in _names("q")]
            except ChannelNotFoundEntity:
                return False  # nothing was ever sent
        return any(strand.declaration_result.consumer_count for strand in strands)

    async def _delete_all(self) -> None:
        async with self._owner.channel() as channel:
            for name in [name for queue in "qrs" for name in _names(queue)]:
                await channel.queue_delete(name)


def _names(queue: str) -> list[str]:
    return [strand_name(place) for priority in Priority for place in strands_of(queue, priority)]
