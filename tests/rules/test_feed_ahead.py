"""A feed read ahead gives what reading it would: in order, nothing left out, whatever is asked for."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from adapters.toolkit.codec import WIRE
from adapters.toolkit.feed_ahead import FeedAhead
from core.kernel.event import START, Cursor, RecordedEvent
from core.kernel.ids import StreamId
from ports.storage import StorageUnavailable
from tests.support.given import NOW, TENANT, an_id

ONE = RecordedEvent(
    tenant=TENANT, stream=StreamId(an_id(1)), version=1, name="n", payload=b"{}", actor="a", correlation="c",
    recorded_at=NOW, cursor=START, wire=WIRE,
)  # fmt: skip
FIVE = [replace(ONE, version=number, cursor=Cursor(f"1-{number}")) for number in range(1, 6)]


class Journal:
    """Five events, and what was asked of it. It fails as often as it is told to."""

    def __init__(self) -> None:
        self.asked: list[Cursor] = []
        self.fails = 0

    async def read(self, after: Cursor, limit: int) -> Sequence[RecordedEvent]:
        self.asked.append(after)
        await asyncio.sleep(0)
        if self.fails:
            self.fails -= 1
            raise StorageUnavailable("away")
        begin = int(after.rpartition("-")[2] or 0)
        return FIVE[begin : begin + limit]


def test_of_a_full_batch_the_next_is_read_before_it_is_asked_for() -> None:
    async def story() -> tuple[list[RecordedEvent], list[list[Cursor]]]:
        journal = Journal()
        feed, found, asked = FeedAhead(_feed(journal)), list[RecordedEvent](), list[list[Cursor]]()
        while some := await feed.read(found[-1].cursor if found else START, 2):
            found += some
            await asyncio.sleep(0.001)
            asked.append(list(journal.asked))
        return found, asked

    found, asked = asyncio.run(story())
    assert found == FIVE
    first, second, third = START, FIVE[1].cursor, FIVE[3].cursor
    assert asked == [[first, second], [first, second, third], [first, second, third]]


@pytest.mark.parametrize(("after", "limit"), [(START, 2), (FIVE[1].cursor, 3), (FIVE[3].cursor, 2)])
def test_who_asks_for_something_else_gets_that(after: Cursor, limit: int) -> None:
    async def story() -> Sequence[RecordedEvent]:
        feed = FeedAhead(_feed(Journal()))
        await feed.read(START, 2)
        return await feed.read(after, limit)

    begin = int(after.rpartition("-")[2] or 0)
    assert asyncio.run(story()) == FIVE[begin : begin + limit]


def test_a_reading_that_failed_is_told_to_who_asks_and_made_again() -> None:
    async def story() -> Sequence[RecordedEvent]:
        journal = Journal()
        feed = FeedAhead(_feed(journal))
        await feed.read(START, 2)
        journal.fails = 1
        with pytest.raises(StorageUnavailable):
            await feed.read(FIVE[1].cursor, 2)
        return await feed.read(FIVE[1].cursor, 2)

    assert asyncio.run(story()) == FIVE[2:4]


def test_a_reading_that_failed_for_nobody_is_nobodys_business(caplog: pytest.LogCaptureFixture) -> None:
    async def story() -> None:
        journal = Journal()
        feed = FeedAhead(_feed(journal))
        await feed.read(START, 2)
        journal.fails = 1
        await asyncio.sleep(0.001)
        del feed

    asyncio.run(story())
    assert not caplog.records


def _feed(journal: Journal) -> Any:
    return journal
