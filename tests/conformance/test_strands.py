"""What is known of the strands of a broker that counts nothing: who holds it, and what he handed out."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any

import asyncpg
import pytest

from adapters.memory.strands import MemoryStrands
from adapters.postgres.engine import Database
from adapters.postgres.strands import PostgresStrands
from core.kernel.job import LeaseLost
from core.kernel.message import Priority
from ports.strands import HandedOut, StrandHold, Strands
from tests.support.given import NOW

LONG = 600.0
ONE, OTHER = (Priority.NORMAL, 1), (Priority.NORMAL, 2)
THREE = HandedOut(first="m-1", attempt=1, in_hand=3, tried=3, behind=4)


class Memory:
    """In one memory."""

    def __init__(self) -> None:
        self._time = NOW
        self.one: Strands = MemoryStrands(lambda: self._time)
        self.of_another_broker: Strands = MemoryStrands(lambda: self._time)

    @asynccontextmanager
    async def opened(self) -> AsyncIterator[None]:
        yield

    async def pass_by(self, seconds: float) -> None:
        """Let time pass, as far as strands know."""
        self._time += timedelta(seconds=seconds)


class Postgres:
    """In a table."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._database = Database(url, 2)
        self.one: Strands = PostgresStrands(self._database, "b")
        self.of_another_broker: Strands = PostgresStrands(self._database, "c")

    @asynccontextmanager
    async def opened(self) -> AsyncIterator[None]:
        self._owner: Any = await asyncpg.connect(self._url)
        await self._owner.execute("TRUNCATE strand")
        await self._database.open()
        yield
        await self._database.close()
        await self._owner.close()

    async def pass_by(self, seconds: float) -> None:
        await self._owner.execute("UPDATE strand SET held_until = held_until - $1 * interval '1 s'", seconds)


@pytest.fixture(params=["memory", pytest.param("postgres", marks=pytest.mark.postgres)])
def strands(request: pytest.FixtureRequest) -> Memory | Postgres:
    """Nobody ever held any."""
    return Memory() if request.param == "memory" else Postgres(request.getfixturevalue("database_url"))


async def taken(strands: Memory | Postgres, *among: tuple[Priority, int], seconds: float = LONG) -> StrandHold:
    hold = await strands.one.take("q", among or (ONE,), seconds)
    assert hold is not None
    return hold


def without_fence(hold: StrandHold) -> StrandHold:
    """All that is known of it but the number of the hold, which is anything."""
    return replace(hold, fence=0)


async def test_a_strand_is_held_by_one(strands: Memory | Postgres) -> None:
    held = await taken(strands)
    assert without_fence(held) == StrandHold(queue="q", priority=Priority.NORMAL, strand=1, fence=0)
    assert await strands.one.take("q", [ONE], LONG) is None
    assert (await strands.one.take("r", [ONE], LONG)) is not None
    await strands.one.give_back(held)
    assert (await taken(strands)).fence > held.fence


async def test_what_one_broker_has_says_nothing_of_another(strands: Memory | Postgres) -> None:
    held = await taken(strands)
    await strands.one.hand_out(held, THREE, LONG)
    assert await strands.of_another_broker.fetched("q") == (0, 0)
    theirs = await strands.of_another_broker.take("q", [ONE], LONG)
    assert theirs is not None
    assert without_fence(theirs) == StrandHold(queue="q", priority=Priority.NORMAL, strand=1, fence=0)
    await strands.one.end(held, 17, 0)
    assert await strands.of_another_broker.positions("q") == {ONE: 0}


async def test_the_strand_comes_that_was_not_taken_for_longest(strands: Memory | Postgres) -> None:
    first, second = await taken(strands, ONE, OTHER), await taken(strands, ONE, OTHER)
    assert (first.strand, second.strand) == (1, 2)
    await strands.one.give_back(second)
    await strands.one.give_back(first)
    assert (await taken(strands, OTHER, ONE)).strand == 1


async def test_what_was_handed_out_and_not_ended_is_known_to_who_comes_next(strands: Memory | Postgres) -> None:
    await strands.one.hand_out(await taken(strands), THREE, 10)
    await strands.pass_by(15)
    assert without_fence(await taken(strands)) == StrandHold(
        queue="q", priority=Priority.NORMAL, strand=1, fence=0, first="m-1", tried=3, attempts=1
    )


async def test_given_back_it_is_still_not_ended(strands: Memory | Postgres) -> None:
    held = await taken(strands)
    await strands.one.hand_out(held, THREE, 10)
    await strands.one.give_back(held)
    after = await taken(strands)
    assert (after.first, after.tried, after.attempts) == ("m-1", 3, 1)


async def test_once_ended_nothing_is_left_of_it_but_the_position(strands: Memory | Postgres) -> None:
    held = await taken(strands)
    await strands.one.hand_out(held, THREE, LONG)
    await strands.one.end(held, 17, 0)
    assert await strands.one.positions("q") == {ONE: 17}
    assert await strands.one.positions("r") == {}
    assert without_fence(await taken(strands)) == StrandHold(
        queue="q", priority=Priority.NORMAL, strand=1, fence=0, position=17
    )


async def test_what_is_tried_is_tried_whatever_its_id(strands: Memory | Postgres) -> None:
    held = await taken(strands)
    await strands.one.hand_out(held, HandedOut(first="m-1", attempt=2, in_hand=1, tried=3), LONG)
    await strands.one.end(held, 1, 2, keep=LONG)
    assert await strands.one.take("q", [ONE], LONG) is None
    await strands.one.give_back(held)
    after = await taken(strands)
    assert (after.position, after.first, after.tried, after.attempts) == (1, "", 2, 1)


@pytest.mark.parametrize("late", ["when his time is over", "when somebody else has it"])
async def test_who_held_it_can_do_nothing_more(strands: Memory | Postgres, late: str) -> None:
    held = await taken(strands, seconds=10)
    await strands.pass_by(11)
    if late == "when somebody else has it":
        await taken(strands)
    for step in (
        strands.one.hand_out(held, THREE, LONG),
        strands.one.end(held, 1, 0),
        strands.one.give_back(held),
    ):
        with pytest.raises(LeaseLost):
            await step


async def test_handing_out_holds_on(strands: Memory | Postgres) -> None:
    held = await taken(strands, seconds=10)
    await strands.one.hand_out(held, THREE, LONG)
    await strands.pass_by(20)
    assert await strands.one.take("q", [ONE], LONG) is None


async def test_a_strand_is_kept_for_as_long_as_is_said(strands: Memory | Postgres) -> None:
    held = await taken(strands, seconds=10)
    await strands.one.hand_out(held, THREE, 10)
    await strands.one.end(held, 0, 0, keep=30)
    await strands.pass_by(20)
    assert await strands.one.take("q", [ONE], LONG) is None
    await strands.pass_by(11)
    assert await strands.one.take("q", [ONE], LONG) is not None


@pytest.mark.parametrize("ends_by", ["handing out", "ending", "giving back", "time", "another who takes it"])
async def test_nobody_is_told_of_what_comes_to_who_keeps_a_strand(strands: Memory | Postgres, ends_by: str) -> None:
    held = await taken(strands, ONE)
    await taken(strands, OTHER)
    await strands.one.wait("q", 0)  # it begins to listen
    await strands.one.ring("q", [ONE])
    assert set(await strands.one.wait("q", LONG)) == {ONE}, "who only holds it may have no more time for it"
    await strands.one.end(held, 0, 0, keep=10)
    await strands.one.ring("q", [ONE])
    await strands.one.ring("q", [ONE, OTHER])
    assert set(await strands.one.wait("q", LONG)) == {OTHER}
    if ends_by == "handing out":
        await strands.one.hand_out(held, THREE, LONG)
    elif ends_by == "ending":
        await strands.one.end(held, 0, 0)
    elif ends_by == "giving back":
        await strands.one.give_back(held)
    else:
        await strands.pass_by(11)
    if ends_by == "another who takes it":
        await taken(strands, ONE)
    await strands.one.ring("q", [ONE])
    async with asyncio.timeout(30):
        assert set(await strands.one.wait("q", LONG)) == {ONE}


async def test_fetched_is_told_of_what_is_held(strands: Memory | Postgres) -> None:
    held, other = await taken(strands, ONE), await taken(strands, OTHER)
    await strands.one.hand_out(held, THREE, LONG)
    await strands.one.hand_out(other, HandedOut(first="m-9", attempt=1, in_hand=2, tried=2), 10)
    assert await strands.one.fetched("q") == (5, 4)
    await strands.pass_by(11)
    assert await strands.one.fetched("q") == (3, 4)
    await strands.one.end(held, 0, 0, keep=LONG)
    assert await strands.one.fetched("q") == (0, 4)
    await strands.one.give_back(held)
    assert await strands.one.fetched("q") == (0, 0)
