"""Snapshots that were broken off in the middle of a day count for nothing, and are in nobody's way."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from random import Random
from typing import Any

import pytest

from adapters.postgres import snapshots as module
from tests.conformance.storage import PostgresStorage
from tests.conformance.test_history import a_warehouse, tell
from tests.support.given import TENANT
from tests.support.past import FIRST_DAY, a_story, bare, fold

DAY = timedelta(days=1)
FIRST = FIRST_DAY.date()


class BrokenOff(Exception):
    """The process ended here."""


@pytest.mark.parametrize("first", [None, FIRST])
def test_a_day_that_was_broken_off_is_made_again(
    database_url: str, monkeypatch: pytest.MonkeyPatch, first: Any
) -> None:
    monkeypatch.setattr(module, "TOGETHER", 1)
    complete: Callable[..., Awaitable[bool]] = module._complete
    story = a_story(Random(3), 40)

    async def never(*arguments: Any) -> bool:
        raise BrokenOff

    async def run() -> None:
        storage = PostgresStorage(database_url)
        async with storage.opened():
            await a_warehouse(storage)
            await tell(storage, story)
            if first:
                await storage.snapshots.make(TENANT, first)
            before = len(await storage.snapshot_days())
            monkeypatch.setattr(module, "_complete", never)
            with pytest.raises(BrokenOff):
                await storage.snapshots.make(TENANT, FIRST + 2 * DAY)
            monkeypatch.setattr(module, "_complete", complete)
            assert len(await storage.snapshot_days()) > before, "part of the day is there"
            await agree(storage)
            await storage.snapshots.make(TENANT, FIRST + 4 * DAY)
            await agree(storage)

    async def agree(storage: PostgresStorage) -> None:
        for day in range(7):
            at = FIRST_DAY + day * DAY
            rows = await storage.history.as_of(TENANT, at, sku=None, location=None, after=("", "", ""), limit=99)
            assert {row.balance.key: bare(row.balance) for row in rows} == fold(story, at), day
        assert await storage.invariants.violations() == []

    asyncio.run(run())
