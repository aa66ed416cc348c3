"""What every cache promises: it tells what was put there last or nothing, never fails, and forgets in time."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest
from redis.asyncio import Redis

from adapters.memory.cache import MemoryCache
from adapters.redis.cache import TOGETHER_MAX, open_redis_cache
from ports.cache import Cache
from tests.support.given import NOW

NOBODY = "redis://127.0.0.1:1/0"


class Memory:
    """A cache in memory, alone."""

    def __init__(self) -> None:
        self._time = NOW
        self.one: Cache = MemoryCache(lambda: self._time)
        self.other = self.one

    @asynccontextmanager
    async def opened(self) -> AsyncIterator[None]:
        """As the suite opens everything."""
        yield

    async def pass_by(self, seconds: float) -> None:
        """Let so many seconds pass there."""
        self._time += timedelta(seconds=seconds)


class Shared:
    """A cache in Redis, seen by two."""

    def __init__(self, url: str) -> None:
        self._url = url
        self.one: Cache
        self.other: Cache

    @asynccontextmanager
    async def opened(self) -> AsyncIterator[None]:
        """With nothing in it."""
        self._owner = Redis.from_url(self._url)
        async with self._owner, open_redis_cache(self._url) as self.one, open_redis_cache(self._url) as self.other:
            await self._owner.flushdb()
            yield

    async def pass_by(self, seconds: float) -> None:
        """Redis keeps its own time: every key has so many seconds less."""
        async for key in self._owner.scan_iter("fluxor:cache:*"):
            left = await self._owner.pttl(key)
            await self._owner.pexpire(key, max(0, left - round(1000 * seconds)))


Caches = Memory | Shared


@pytest.fixture(params=["memory", pytest.param("redis", marks=pytest.mark.redis)])
def caches(request: pytest.FixtureRequest) -> Caches:
    """A cache with nothing in it."""
    return Memory() if request.param == "memory" else Shared(request.getfixturevalue("redis_url"))


async def found(cache: Cache, key: bytes) -> bytes:
    """What is there, as soon as something is."""
    while (value := await cache.get(key)) is None:
        await asyncio.sleep(0.01)
    return value


async def test_what_was_put_last_is_there_for_everybody(caches: Caches) -> None:
    assert await caches.one.get(b"k") is None
    for value in (b"first", bytes(range(256)), b""):
        await caches.one.put(b"k", value, 60)
        assert await caches.one.get(b"k") == value
        while await found(caches.other, b"k") != value:
            await asyncio.sleep(0.01)
    assert await caches.other.get(b"l") is None


async def test_it_is_forgotten_when_its_time_is_over(caches: Caches) -> None:
    await caches.one.put(b"short", b"1", 10)
    await caches.one.put(b"long", b"2", 600)
    await found(caches.other, b"short")
    await found(caches.other, b"long")
    await caches.pass_by(10)
    assert [await caches.other.get(key) for key in (b"short", b"long")] == [None, b"2"]


async def test_what_is_put_again_lives_as_long_as_is_said_then(caches: Caches) -> None:
    await caches.one.put(b"k", b"1", 600)
    await found(caches.other, b"k")
    await caches.one.put(b"k", b"2", 10)
    while await found(caches.other, b"k") != b"2":
        await asyncio.sleep(0.01)
    await caches.pass_by(10)
    assert await caches.other.get(b"k") is None


async def test_in_memory_what_was_used_last_stays() -> None:
    cache = MemoryCache(lambda: NOW, most=30)
    for key in (b"a", b"b", b"c"):
        await cache.put(key, b"123456789", 60)
    assert await cache.get(b"a") == b"123456789"
    await cache.put(b"d", b"123456789", 60)
    assert [await cache.get(key) is not None for key in (b"a", b"b", b"c", b"d")] == [True, False, True, True]
    await cache.put(b"e", b"1" * 29, 60)
    assert [await cache.get(key) is not None for key in (b"a", b"c", b"d", b"e")] == [False, False, False, True]
    await cache.put(b"f", b"1" * 30, 60)
    assert [await cache.get(key) for key in (b"e", b"f")] == [None, None]


async def test_a_server_that_is_not_there_knows_nothing_and_holds_nobody_up() -> None:
    async with asyncio.timeout(30), open_redis_cache(NOBODY) as cache:
        for number in range(2 * TOGETHER_MAX):
            await cache.put(b"%d" % number, b"value", 60)
        assert await cache.get(b"0") == b"value"
        assert await cache.get(b"%d" % (2 * TOGETHER_MAX - 1)) is None
        while await cache.get(b"0") is not None:
            await asyncio.sleep(0.01)
