"""What a process holds is free as soon as that process is gone, and not before its time is over while it is there."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
import pytest

from adapters.postgres.broker import PostgresBroker
from adapters.postgres.engine import Database
from adapters.postgres.strands import PostgresStrands
from core.kernel.ids import MessageId
from core.kernel.job import LeaseLost
from core.kernel.message import Message, Priority
from ports.strands import HandedOut
from tests.support.given import TENANT, an_id

pytestmark = pytest.mark.postgres
LONG = 600.0
ONE, TWO = (Priority.NORMAL, 1), (Priority.NORMAL, 2)
_KILLED = "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE application_name = $1"


@asynccontextmanager
async def processes(url: str) -> AsyncIterator[tuple[Database, Database, Any]]:
    """Two processes' databases, and the owner, who can do away with the first."""
    owner: Any = await asyncpg.connect(url)
    await owner.execute("TRUNCATE message, message_strand, strand")
    one, other = Database(url, 2, name="one"), Database(url, 2, name="other")
    await one.open()
    await other.open()
    yield one, other, owner
    await one.close()
    await other.close()
    await owner.close()


async def test_messages_of_a_process_that_is_gone_are_handed_out_again_at_once(database_url: str) -> None:
    async with processes(database_url) as (one, other, owner):
        holding, waiting = PostgresBroker(one), PostgresBroker(other)
        message = Message(id=MessageId(an_id(1)), tenant=TENANT, queue="q", key="a", payload=b"said", correlation="c-1")
        await holding.send([message])
        batch = await holding.receive("q", 10, LONG)
        assert batch is not None
        assert [await waiting.receive("q", 10, LONG), await holding.receive("q", 10, LONG)] == [None, None]
        assert await owner.fetchval(_KILLED, "one-listens")
        again = await waiting.receive("q", 10, LONG)
        assert again is not None
        assert (again.messages, again.attempt) == ((message,), 2)
        with pytest.raises(LeaseLost):
            await holding.done(batch)
        assert await holding.receive("q", 10, LONG) is None
        await waiting.done(again)


async def test_strands_of_a_process_that_is_gone_are_anybodys(database_url: str) -> None:
    async with processes(database_url) as (one, other, owner):
        holding, waiting = PostgresStrands(one, "b"), PostgresStrands(other, "b")
        hold = await holding.take("q", [ONE], LONG)
        assert hold is not None
        assert [await strands.take("q", [ONE], LONG) for strands in (waiting, holding)] == [None, None]
        await holding.end(hold, 0, 0, keep=LONG)
        await waiting.ring("q", [ONE])
        assert await owner.fetchval(_KILLED, "one-listens")
        await waiting.ring("q", [ONE, TWO])
        assert set(await waiting.wait("q", LONG)) == {ONE, TWO}, "who is gone keeps nothing"
        again = await waiting.take("q", [ONE], LONG)
        assert again is not None
        with pytest.raises(LeaseLost):
            await holding.hand_out(hold, HandedOut(first="m-1", attempt=1, in_hand=1, tried=1), LONG)
        assert await holding.take("q", [ONE], LONG) is None
