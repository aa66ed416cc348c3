"""What is sent is on the disk when it is confirmed; who holds it, and that it is done, need not be."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
import pytest

from adapters.postgres.broker import PostgresBroker
from adapters.postgres.engine import APP_ROLE, Database
from adapters.postgres.strands import PostgresStrands
from core.kernel.ids import MessageId
from core.kernel.job import LeaseLost
from core.kernel.message import Message, Priority
from ports.strands import HandedOut
from tests.support.given import TENANT, an_id

pytestmark = pytest.mark.postgres
LONG = 600.0
ONE = (Priority.NORMAL, 1)


class Watched(Database):
    """It is known of each statement that is a transaction by itself whether its commit waited for the disk."""

    def __init__(self, url: str) -> None:
        super().__init__(url, 2)
        self._waited: list[bool] = []

    @asynccontextmanager
    async def autocommit(self, role: str = APP_ROLE) -> AsyncIterator[Any]:
        """See Database."""
        async with super().autocommit(role) as connection, connection.transaction():
            yield connection
            self._waited.append(await connection.fetchval("SHOW synchronous_commit") == "on")

    def waited(self) -> list[bool]:
        """Of each since this was asked last."""
        waited, self._waited = self._waited, []
        return waited


@asynccontextmanager
async def watching(url: str) -> AsyncIterator[tuple[Watched, Any]]:
    """Over tables in which nothing is; and their owner."""
    owner: Any = await asyncpg.connect(url)
    await owner.execute("TRUNCATE message, message_strand, strand")
    database = Watched(url)
    await database.open()
    yield database, owner
    await database.close()
    await owner.close()


async def test_of_messages_in_tables_only_sending_waits_for_the_disk(database_url: str) -> None:
    async with watching(database_url) as (watched, _):
        broker = PostgresBroker(watched)
        message = Message(id=MessageId(an_id(1)), tenant=TENANT, queue="q", key="a", payload=b"said", correlation="c-1")
        await broker.send([message])
        assert watched.waited() == [True]
        batch = await broker.receive("q", 10, LONG)
        assert batch is not None
        await broker.done(batch)
        assert watched.waited() == [False, False]


async def test_nothing_of_strands_waits_for_the_disk(database_url: str) -> None:
    async with watching(database_url) as (watched, _):
        strands = PostgresStrands(watched, "b")
        hold = await strands.take("q", [ONE], LONG)
        assert hold is not None
        watched.waited()  # where it never was taken it is made first
        await strands.hand_out(hold, HandedOut(first="m-1", attempt=1, in_hand=1, tried=1), LONG)
        await strands.end(hold, 0, 0, keep=LONG)
        await strands.ring("q", [(Priority.NORMAL, 2)])
        await strands.give_back(hold)
        assert await strands.take("q", [ONE], LONG) is not None
        assert watched.waited() == [False] * 5


async def test_who_held_what_a_crash_made_forget_holds_it_no_more(database_url: str) -> None:
    async with watching(database_url) as (watched, owner):
        broker, strands = PostgresBroker(watched), PostgresStrands(watched, "b")
        message = Message(id=MessageId(an_id(1)), tenant=TENANT, queue="q", key="a", payload=b"said", correlation="c-1")
        await broker.send([message])
        batch, hold = await broker.receive("q", 10, LONG), await strands.take("q", [ONE], LONG)
        assert batch is not None
        assert hold is not None
        await owner.execute("UPDATE message_strand SET fence = 0, held_until = '-infinity', out = 0")
        await owner.execute("UPDATE strand SET fence = 0, held_until = '-infinity'")
        await owner.execute("UPDATE message SET attempts = 0")
        again, other = await broker.receive("q", 10, LONG), await strands.take("q", [ONE], LONG)
        assert again is not None
        assert other is not None
        with pytest.raises(LeaseLost):
            await broker.done(batch)
        with pytest.raises(LeaseLost):
            await strands.end(hold, 0, 0)
        await broker.done(again)
        await strands.end(other, 0, 0)
