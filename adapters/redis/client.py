"""A client of a Redis server."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

CONNECTIONS = 8


@asynccontextmanager
async def open_client(url: str, name: str, seconds: float) -> AsyncIterator[Redis]:
    """A client of the server at ``url``, which need not be there yet; its connections are closed at the end.

    It waits so many ``seconds`` for a free connection, and for making one. The driver's own limits are left alone: each
    user bounds every call as a whole, and the driver's way to bound a write loses a cancellation now and then before
    Python 3.12. Nothing is tried twice in silence: a script that is would send its messages twice.
    """
    pool = BlockingConnectionPool.from_url(
        url,
        max_connections=CONNECTIONS,
        timeout=seconds,
        socket_timeout=None,
        socket_connect_timeout=seconds,
        retry=Retry(NoBackoff(), 0),
        protocol=2,
        client_name=name,
        driver_info=None,
    )
    client = Redis.from_pool(pool)
    try:
        yield client
    finally:
        await client.aclose()
