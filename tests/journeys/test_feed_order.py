"""Transaction ids are numbers: their order in the feed must survive a digit more."""

import asyncio

import asyncpg

from adapters.postgres.engine import Database
from adapters.postgres.journal import PostgresJournalFeed
from core.kernel.event import START
from tests.support.postgres import FreshDatabase

INSERT = """
INSERT INTO journal (tenant_id, stream, version, position, transaction_id, name, payload, actor, correlation,
                     recorded_at)
SELECT '01900000-0000-7000-8000-000000000001', '01900000-0000-7000-8000-000000000002', n, n, (n + 90)::text::xid8,
       'flag.set.v1', '{"flag": "RISK_ASSESSMENT", "enabled": true}', 'a', 'c', now() FROM generate_series(1, 40) AS n
"""


def test_no_event_is_passed_over_where_the_id_gets_a_digit_more(fresh_database: FreshDatabase) -> None:
    url = fresh_database()

    async def read_in_pages() -> list[int]:
        connection = await asyncpg.connect(url)
        await connection.execute("INSERT INTO tenant VALUES ('01900000-0000-7000-8000-000000000001', 't', now())")
        await connection.execute(INSERT)
        await connection.close()
        database = Database(url, 1)
        await database.open()
        feed, after, found = PostgresJournalFeed(database), START, []
        while events := await feed.read(after, 7):
            found += [event.version for event in events]
            after = events[-1].cursor
        await database.close()
        return found

    assert asyncio.run(read_in_pages()) == list(range(1, 41))
