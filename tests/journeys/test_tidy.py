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


WEBHOOK = """
INSERT INTO webhook_delivery
VALUES ($1, $2, $1, $1, 'n', '', 'c', now() - $3 * interval '1 day', $4, 1, '')
"""
ATTEMPT = "INSERT INTO webhook_attempt VALUES ($1, $2, 1, now(), 1, 200, NULL, '')"
JOB = """
INSERT INTO queue_job (tenant_id, id, queue, payload, correlation, max_attempts, run_at)
VALUES ($1, $2, 'inbound', '', 'c', 5, now())
"""
NOTICE = """
INSERT INTO notice
VALUES ($1, $2, $1, 'shopify', $2::uuid::text, 't', '', 'c', now(), now() - $3 * interval '1 day', $4, '')
"""


def test_of_webhooks_what_has_ended_a_month_ago_goes_with_its_attempts(fresh_database: FreshDatabase) -> None:
    url = fresh_database()

    async def left_behind() -> tuple[int, list[int], list[int], int]:
        owner = await asyncpg.connect(url)
        await owner.execute("INSERT INTO tenant VALUES ($1, 't', now())", ONE)
        story = [(29, "delivered"), (31, "delivered"), (31, "failed"), (31, "waiting")]
        for number, (days, state) in enumerate(story):
            identifier = f"01900000-0000-7000-8000-00000000010{number}"
            await owner.execute(WEBHOOK, ONE, identifier, days, state)
            await owner.execute(ATTEMPT, ONE, identifier)
            told = {"delivered": "accepted", "failed": "stale", "waiting": "received"}[state]
            await owner.execute(NOTICE, ONE, identifier, days, told)
            if state == "waiting":
                await owner.execute(JOB, ONE, identifier)
        database = Database(url, 1)
        await database.open()
        gone = await tidy(database)
        await database.close()
        left = [await owner.fetch(f"SELECT id FROM {table} ORDER BY id") for table in ("webhook_delivery", "notice")]
        attempts = await owner.fetchval("SELECT count(*) FROM webhook_attempt")
        await owner.close()
        deliveries, notices = ([int(str(row["id"])[-1]) for row in rows] for rows in left)
        return gone, deliveries, notices, attempts

    assert asyncio.run(left_behind()) == (4, [0, 3], [0, 3], 2)
