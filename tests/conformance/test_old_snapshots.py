"""Claims that look no further back than they must, past what an old snapshot keeps; and that somebody is told of it."""

import asyncio
from collections.abc import Coroutine
from typing import Any

import asyncpg
import pytest

from adapters.postgres import health
from adapters.postgres.engine import Database
from adapters.postgres.health import PostgresHealth
from adapters.postgres.job_source import EVERYTHING_EVERY_SECONDS, LATE_SECONDS, PostgresJobSource
from core.kernel.ids import JobId
from core.kernel.job import LeasedJob
from tests.support.given import TENANT, an_id

pytestmark = pytest.mark.postgres

LONG = 3600.0
_PUT = """
INSERT INTO queue_job (tenant_id, id, queue, payload, correlation, max_attempts, run_at, key, place)
VALUES ($1, $2, 'q', '', '', 5, now() - $3 * interval '1 second', $4, $5)
"""


class Ground:
    """A queue of a database, and a claimer whose time the test says."""

    def __init__(self, url: str) -> None:
        self._url = url
        self.database = Database(url, 2)
        self.time = 1000.0
        self.source = PostgresJobSource(self.database, lambda: self.time)

    def play(self, story: Coroutine[Any, Any, None]) -> None:
        """Run the story with everything open."""

        async def run() -> None:
            self.owner: Any = await asyncpg.connect(self._url)
            await self.owner.execute("TRUNCATE queue_job")
            await self.owner.execute("INSERT INTO tenant VALUES ($1, 't', now()) ON CONFLICT DO NOTHING", TENANT)
            await self.database.open()
            try:
                await story
            finally:
                await self.database.close()
                await self.owner.close()

        asyncio.run(asyncio.wait_for(run(), 60))

    async def put(self, number: int, *, due: float = 0.0, key: str | None = None) -> None:
        """Job ``number``, due for so many seconds: as by a transaction that took as long."""
        await self.owner.execute(_PUT, TENANT, an_id(number), due, key, number)

    async def lease(self, limit: int = 10) -> list[JobId]:
        return [job.id for job in await self._leased(limit)]

    async def finish(self, number: int) -> None:
        await self.owner.execute("DELETE FROM queue_job WHERE id = $1", an_id(number))

    async def _leased(self, limit: int) -> list[LeasedJob]:
        return [*await self.source.lease("q", limit, LONG)]


@pytest.fixture
def ground(database_url: str) -> Ground:
    return Ground(database_url)


def test_what_a_long_transaction_put_is_found_when_everything_is_looked_at(ground: Ground) -> None:
    async def story() -> None:
        assert await ground.lease() == []
        await ground.put(1, due=LATE_SECONDS - 1)
        assert await ground.lease() == [an_id(1)]
        await ground.put(2, due=LATE_SECONDS + 1)
        assert await ground.lease() == []
        ground.time += EVERYTHING_EVERY_SECONDS + 0.1
        assert await ground.lease() == [an_id(2)]

    ground.play(story())


def test_a_full_batch_leaves_nothing_behind(ground: Ground) -> None:
    async def story() -> None:
        for number in range(1, 6):
            await ground.put(number, due=100 - number)
        assert await ground.lease(2) == [an_id(1), an_id(2)]
        assert await ground.lease(2) == [an_id(3), an_id(4)]
        assert await ground.lease(2) == [an_id(5)]

    ground.play(story())


def test_whoever_waited_for_its_key_comes_at_once_however_long_it_was_due(ground: Ground) -> None:
    async def story() -> None:
        await ground.put(1, due=90, key="k")
        await ground.put(2, due=80, key="k")
        assert await ground.lease() == [an_id(1)]
        assert await ground.lease() == []
        await ground.finish(1)
        assert await ground.lease() == [an_id(2)]

    ground.play(story())


def test_a_transaction_that_is_open_for_long_is_told(ground: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    async def story() -> None:
        monkeypatch.setattr(health, "OLDEST_SECONDS", 0.0)
        seen = PostgresHealth(ground.database)
        assert (await seen.checks())["transactions"] is None
        async with ground.owner.transaction(isolation="repeatable_read"):
            await ground.owner.fetchval("SELECT count(*) FROM queue_job")
            assert "has been open" in str((await seen.checks())["transactions"])

    ground.play(story())
