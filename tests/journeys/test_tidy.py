"""What has served its time goes, what has not stays, each tenant by itself."""

import asyncio

import asyncpg

from adapters.postgres.engine import Database
from adapters.postgres.tidy import tidy
from tests.support.postgres import FreshDatabase

ONE, TWO = "01900000-0000-7000-8000-000000000001", "01900000-0000-7000-8000-000000000002"
ANSWER = "INSERT INTO answer VALUES ($1, $2, 'f', 200, 'b', now() - $3 * interval '1 hour')"
DELIVERY = "INSERT INTO inbox VALUES ($1, 'demand', $1, $2, now() - $3 * interval '1 day')"


def test_old_answers_and_deliveries_go(fresh_database: FreshDatabase) -> None:
    url = fresh_database()

    async def left_behind() -> tuple[int, int, int]:
        owner = await asyncpg.connect(url)
        for tenant in (ONE, TWO):
            await owner.execute("INSERT INTO tenant VALUES ($1, 't', now())", tenant)
            for hours in (1, 23, 25):
                await owner.execute(ANSWER, tenant, bytes([hours]), hours)
            for days in (0, 6, 8):
                await owner.execute(DELIVERY, tenant, days + 1, days)
        database = Database(url, 1)
        await database.open()
        gone = await tidy(database)
        await database.close()
        answers = await owner.fetchval("SELECT count(*) FROM answer WHERE created_at > now() - interval '24 hours'")
        deliveries = await owner.fetchval("SELECT count(*) FROM inbox WHERE applied_at > now() - interval '7 days'")
        await owner.close()
        return gone, answers, deliveries

    assert asyncio.run(left_behind()) == (4, 4, 4)
