"""What the processes of an installation remember together, in a Redis that may forget.

It wants ``maxmemory-policy allkeys-lru``, and is not the one that carries messages: that one must forget nothing.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

from redis.asyncio import Redis
from redis.exceptions import RedisError

from adapters.redis.client import open_client

ANSWER_SECONDS = 0.5
TOGETHER_MAX = 1000
"""So many are on their way to the server at most; what comes on top is not kept."""
_PREFIX = b"fluxor:cache:"


@asynccontextmanager
async def open_redis_cache(url: str) -> AsyncIterator["RedisCache"]:
    """The cache on the server at ``url``, which need not be there yet. What is on its way at the end is not kept."""
    async with open_client(url, "fluxor-cache", ANSWER_SECONDS) as client:
        cache = RedisCache(client)
        try:
            yield cache
        finally:
            await cache.close()


class RedisCache:
    """See ports.cache.Cache. Whoever puts something there waits for nothing: it is written with what comes next."""

    def __init__(self, client: Redis) -> None:
        self._client: Any = client  # the driver types its answers for both of its worlds at once
        self._waiting: dict[bytes, tuple[bytes, float]] = {}
        self._writing: asyncio.Task[None] | None = None

    async def get(self, key: bytes) -> bytes | None:
        """See the port."""
        if key in self._waiting:
            return self._waiting[key][0]
        with suppress(RedisError, OSError, TimeoutError):
            async with asyncio.timeout(ANSWER_SECONDS):
                found: bytes | None = await self._client.get(_PREFIX + key)
                return found
        return None

    async def put(self, key: bytes, found: bytes, seconds: float) -> None:
        """See the port."""
        if len(self._waiting) < TOGETHER_MAX or key in self._waiting:
            self._waiting[key] = found, seconds
        if self._writing is None or self._writing.done():
            self._writing = asyncio.ensure_future(self._write())

    async def close(self) -> None:
        """Write no more."""
        if self._writing is not None:
            self._writing.cancel()
            await asyncio.wait([self._writing])

    async def _write(self) -> None:
        while self._waiting:
            together = dict(self._waiting)
            with suppress(RedisError, OSError, TimeoutError):
                async with asyncio.timeout(ANSWER_SECONDS), self._client.pipeline(transaction=False) as pipe:
                    for key, (found, seconds) in together.items():
                        pipe.set(_PREFIX + key, found, px=max(1, round(1000 * seconds)))
                    await pipe.execute()
            for key, written in together.items():
                if self._waiting.get(key) is written:
                    del self._waiting[key]
