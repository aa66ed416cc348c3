"""A journal filled by many who write at once, streams in common, their transactions as long as chance has it."""

import asyncio
from collections.abc import Sequence
from random import Random
from typing import Any

import asyncpg

from adapters.postgres.engine import Database, begin_as
from adapters.postgres.journal import PostgresJournal
from adapters.postgres.transaction import committed
from core.configuration.flag import Flag, FlagSet
from core.kernel.event import NewEvent
from core.kernel.ids import StreamId
from ports.transaction import TransactionConflict
from tests.support.given import TENANT, a_context, an_id

STREAMS, TOGETHER, EACH = 20_000, 5, 5
"""A transaction writes so many streams together, of so many, and so many events of each."""
BATCH = TOGETHER * EACH
_READY = f"""
CREATE TABLE written (stream uuid PRIMARY KEY, version integer NOT NULL DEFAULT 0);
GRANT SELECT, UPDATE ON written TO fluxor_app;
INSERT INTO tenant VALUES ('{TENANT}', 'writers', now());
"""
_NEXT = """
UPDATE written w SET version = version + $2 FROM (
    SELECT stream FROM written WHERE stream = ANY($1::uuid[]) ORDER BY stream FOR UPDATE
) mine WHERE w.stream = mine.stream RETURNING w.stream::text, w.version
"""


async def make_ready(owner_url: str) -> None:
    """Streams to write, and a tenant whose they are."""
    owner: Any = await asyncpg.connect(owner_url)
    await owner.execute(_READY)
    streams = [(an_id(number),) for number in range(1, STREAMS + 1)]
    await owner.copy_records_to_table("written", columns=["stream"], records=streams)
    await owner.close()


async def write(database: Database, random: Random, transactions: int, longest: float, pause: float) -> None:
    """So many transactions, each open for up to ``longest`` seconds, with ``pause`` seconds after it on average."""
    for _ in range(transactions):
        streams = random.sample(range(1, STREAMS + 1), TOGETHER)
        while not await _written(database, [an_id(number) for number in streams], longest * random.random()):
            pass
        if pause:
            await asyncio.sleep(pause * 2 * random.random())


async def _written(database: Database, streams: Sequence[str], seconds: float) -> bool:
    """Whether it was committed; False: another was in the way."""
    try:
        async with database.acquire() as connection, committed(connection, begin_as((TENANT,))):
            rows = await connection.fetch(_NEXT, streams, EACH)
            body = FlagSet(flag=Flag.RISK_ASSESSMENT, enabled=True)
            events = [
                NewEvent(tenant=TENANT, stream=StreamId(row["stream"]), version=version, body=body)
                for row in rows
                for version in range(row["version"] - EACH + 1, row["version"] + 1)
            ]
            await PostgresJournal(connection, a_context()).record(events)
            await asyncio.sleep(seconds)
    except TransactionConflict:
        return False
    return True
