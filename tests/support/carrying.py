"""A process's database and the broker over it, as a process of the product has them."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from adapters.postgres.engine import Database
from composition.broker import opened_broker
from composition.settings import Settings
from ports.broker import Broker

CONNECTIONS = 4


@asynccontextmanager
async def carrying(url: str, queue_url: str) -> AsyncIterator[tuple[Database, Broker]]:
    """The database at ``url``, open, and the broker that ``queue_url`` names."""
    database = Database(url, CONNECTIONS)
    await database.open()
    try:
        async with opened_broker(Settings.from_environment({"QUEUE_URL": queue_url}), database) as broker:
            assert broker is not None, "QUEUE_URL names a broker"
            yield database, broker
    finally:
        await database.close()
