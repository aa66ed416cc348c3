"""When every connection is in use for too long, the caller hears 'unavailable', and the operator sees it counted."""

import asyncio

import pytest

from adapters.postgres import engine
from adapters.postgres.engine import Database
from ports.storage import StorageUnavailable
from tests.support.postgres import FreshDatabase


def test_no_free_connection_is_unavailable_and_counted(
    fresh_database: FreshDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "ACQUIRE_SECONDS", 0.05)
    url, counted = fresh_database(), []

    async def ask_with_none_free() -> None:
        database = Database(url, 1, lambda: counted.append(1))
        await database.open()
        async with database.acquire():
            with pytest.raises(StorageUnavailable, match="none came free in time"):
                async with database.acquire():
                    raise AssertionError("there was none")
        async with database.acquire() as connection:
            assert await connection.fetchval("SELECT 1") == 1
        await database.close()

    asyncio.run(ask_with_none_free())
    assert counted == [1]
