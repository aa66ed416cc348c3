"""Every broker under one roof: processes that share it, and what a test must be able to do to it from outside."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta
from typing import Any, Protocol

import asyncpg
from redis.asyncio import Redis

from adapters.memory.broker import MemoryBroker
from adapters.postgres.broker import PostgresBroker
from adapters.postgres.engine import Database
from adapters.redis.broker import open_redis_broker
from ports.broker import Broker
from tests.support.given import NOW

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
