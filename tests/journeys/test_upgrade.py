"""From one schema to the next and back, on a database that has been used."""

import asyncio
from datetime import UTC, datetime

import asyncpg
import pytest

from adapters.postgres.engine import Database
from adapters.postgres.migrate import migrate, status
from ports.storage import StorageUnavailable
from tests.support.postgres import FreshDatabase

NOW = datetime.now(UTC)
TENANT = "01900000-0000-7000-8000-000000000001"
EVENT = """
INSERT INTO journal (tenant_id, stream, version, name, payload, actor, correlation, recorded_at)
VALUES ($1, $1, 1, 'flag.set.v1', '{}', 'a', 'c', now())
"""
STORED = "SELECT count(*) FROM pg_partition_tree('journal') t JOIN pg_class c ON c.oid = t.relid WHERE t.isleaf"


async def _look(url: str) -> tuple[int, int, int]:
    owner = await asyncpg.connect(url)
    leaves = await owner.fetchval(STORED)
    plain = await owner.fetchval(f"{STORED} AND c.reloptions @> '{{toast_tuple_target=8160}}'")
    kept = await owner.fetchval("SELECT count(*) FROM journal")
    await owner.close()
    return leaves, plain, kept


def test_an_installation_in_use_is_brought_to_the_newest_schema_and_back(fresh_database: FreshDatabase) -> None:
    url = fresh_database()

    async def back_and_forth() -> list[tuple[int, int, int]]:
        await migrate(url, NOW, "base")
        await migrate(url, NOW, "0001")
        owner = await asyncpg.connect(url)
        await owner.execute("INSERT INTO tenant VALUES ($1, 't', now())", TENANT)
        await owner.execute(EVENT, TENANT)
        # As partitions were before it was said how their rows are stored.
        for leaf in await owner.fetch("SELECT relid::regclass::text FROM pg_partition_tree('journal') WHERE isleaf"):
            await owner.execute(f"ALTER TABLE {leaf[0]} RESET (toast_tuple_target)")
        await owner.close()
        seen = [await _look(url)]
        assert await migrate(url, NOW) == (await status(url))[1]
        return [*seen, await _look(url)]

    (leaves, plain, kept), after = asyncio.run(back_and_forth())
    assert (plain, kept) == (0, 1)
    assert after == (leaves, leaves, 1)


def test_a_schema_that_is_behind_is_an_outage_and_not_the_orders_fault(fresh_database: FreshDatabase) -> None:
    url = fresh_database()

    async def use() -> None:
        await migrate(url, NOW, "base")
        await migrate(url, NOW, "0001")
        database = Database(url, 1)
        await database.open()
        try:
            async with database.autocommit() as connection:
                await connection.fetch("SELECT * FROM unnest($1::order_row[])", [])
        finally:
            await database.close()

    with pytest.raises(StorageUnavailable, match="order_row"):
        asyncio.run(use())
