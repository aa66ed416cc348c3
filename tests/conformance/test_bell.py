"""A bell between processes: who waits hears it, with what it was rung for; a connection that breaks is made again."""

import asyncio
from typing import Any

import asyncpg
import pytest

from adapters.postgres.bell import PostgresBell
from adapters.postgres.engine import Database
from adapters.postgres.strands import PostgresStrands
from core.kernel.message import Priority
from ports.storage import StorageUnavailable

pytestmark = pytest.mark.postgres
LONG = 600.0
ONE, OTHER = (Priority.HIGH, 7), (Priority.LOW, 0)


async def test_what_was_rung_for_is_heard_once_and_other_queues_are_not_meant(database_url: str) -> None:
    database = Database(database_url, 2)
    await database.open()
    async with asyncio.timeout(30):
        ringing, hearing = PostgresStrands(database, "b"), PostgresStrands(database, "b")
        assert await hearing.wait("q", LONG) == (), "it begins to listen"
        await ringing.ring("r", [ONE])
        await ringing.ring("q", [ONE])
        await ringing.ring("q", [OTHER, ONE])
        heard = set(await hearing.wait("q", LONG))
        while heard != {ONE, OTHER}:
            heard |= set(await hearing.wait("q", LONG))
        assert set(await hearing.wait("q", 0.01)) == set()
    await database.close()


async def test_who_was_cut_off_looks_by_himself_and_listens_again(database_url: str) -> None:
    database = Database(database_url, 2, name="cut-off")
    await database.open()
    owner: Any = await asyncpg.connect(database_url)
    async with asyncio.timeout(30):
        bell = PostgresStrands(database, "b")
        await bell.wait("q", LONG)
        killed = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'cut-off-listens'"
        assert await owner.fetch(killed)
        while await owner.fetchval("SELECT 1 FROM pg_stat_activity WHERE application_name = 'cut-off-listens'"):
            await asyncio.sleep(0.01)
        while not await owner.fetchval("SELECT 1 FROM pg_stat_activity WHERE application_name = 'cut-off-listens'"):
            await bell.wait("q", 0.01)
        await bell.ring("q", [ONE])
        assert set(await bell.wait("q", LONG)) == {ONE}
    await owner.close()
    await database.close()


async def test_there_is_no_listening_to_a_database_that_is_away() -> None:
    with pytest.raises(StorageUnavailable, match="cannot listen"):
        await PostgresBell(Database("postgresql://127.0.0.1:1/nowhere", 1)).wait("q", LONG)


async def test_a_connection_that_does_not_get_to_listen_is_let_go(database_url: str) -> None:
    database = Database(database_url, 1, name="not-heard")
    owner: Any = await asyncpg.connect(database_url)
    with pytest.raises(asyncpg.DivisionByZeroError):
        await database.listening("c", str, "SELECT 1 / 0")
    async with asyncio.timeout(30):
        while await owner.fetchval("SELECT 1 FROM pg_stat_activity WHERE application_name = 'not-heard-listens'"):
            await asyncio.sleep(0.01)
    await owner.close()
