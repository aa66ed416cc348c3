"""Who holds which strand, in a table: a row a strand, one statement a step.

None of it waits for the disk. When the database crashes that second, something comes once more than is known, and is
applied once all the same; whoever held a strand then has lost it anyway, with the connection he is known by.
"""

import asyncio
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from contextlib import asynccontextmanager

import asyncpg

from adapters.postgres.bell import CHANNEL, GONE, PostgresBell
from adapters.postgres.engine import NOT_FOR_THE_DISK, Database, columns_of
from core.kernel.job import LeaseLost
from core.kernel.message import Priority
from ports.broker import BrokerUnavailable
from ports.storage import TROUBLE
from ports.strands import HandedOut, StrandHold

ANSWER_SECONDS = 10.0
NEXT_FENCE = "greatest(s.fence + 1, (1000000 * extract(epoch FROM clock_timestamp()))::bigint)"
"""Of the row ``s``. By the clock, as a crash may forget the last ones: none is given twice all the same."""
_MADE = """
INSERT INTO strand (queue, priority, strand) SELECT $1, * FROM unnest($2::smallint[], $3::smallint[])
ON CONFLICT DO NOTHING
"""
_TAKE = f"""
WITH free AS MATERIALIZED (
    SELECT queue, priority, strand, {NOT_FOR_THE_DISK} FROM strand
    WHERE queue = $1 AND (priority, strand) IN (SELECT * FROM unnest($2::smallint[], $3::smallint[]))
      AND (held_until <= now() OR {GONE})
    ORDER BY taken_at, priority, strand LIMIT 1 FOR NO KEY UPDATE SKIP LOCKED
)
UPDATE strand s SET fence = {NEXT_FENCE}, held_until = now() + $4 * interval '1 second', taken_at = clock_timestamp(),
                    in_hand = 0, behind = 0, kept = false, holder = $5
FROM free WHERE (s.queue, s.priority, s.strand) = (free.queue, free.priority, free.strand)
RETURNING s.priority, s.strand, s.fence, s.position, s.first, s.tried, s.attempts
"""
_MINE = f"""
queue = $1 AND priority = $2 AND strand = $3 AND fence = $4 AND held_until > now()
RETURNING {NOT_FOR_THE_DISK}
"""
_HAND_OUT = f"""
UPDATE strand SET first = $5, attempts = $6, in_hand = $7, tried = $8, behind = $9, kept = false,
                  held_until = now() + $10 * interval '1 second'
WHERE {_MINE}
"""
_END = f"""
UPDATE strand SET position = $5, first = '', tried = $6, attempts = least($6, 1), in_hand = 0, kept = $7 > 0,
                  behind = CASE WHEN $7 > 0 THEN behind ELSE 0 END,
                  held_until = CASE WHEN $7 > 0 THEN now() + $7 * interval '1 second' ELSE '-infinity' END
WHERE {_MINE}
"""
_GIVE_BACK = f"UPDATE strand SET held_until = '-infinity', in_hand = 0, behind = 0 WHERE {_MINE}"
# Said the way a PostgresBell hears it.
_RING = f"""
SELECT {NOT_FOR_THE_DISK}, pg_notify('{CHANNEL}', $1 || string_agg(format(' %s%s', came.priority, came.strand), ''))
FROM unnest($2::smallint[], $3::smallint[]) AS came(priority, strand)
WHERE NOT EXISTS (
    SELECT FROM strand s WHERE s.queue = $1 AND (s.priority, s.strand) = (came.priority, came.strand)
       AND s.kept AND s.held_until > now() AND NOT {GONE}
) HAVING count(*) > 0
"""
_FETCHED = """
SELECT COALESCE(sum(in_hand), 0)::bigint AS in_hand, COALESCE(sum(behind), 0)::bigint AS behind
FROM strand WHERE queue = $1 AND held_until > now()
"""


class PostgresStrands:
    """See ports.strands.Strands, for a ``broker`` of that name. Holds by the database's clock."""

    def __init__(self, database: Database, broker: str) -> None:
        self._database = database
        self._broker = broker
        self._bell = PostgresBell(database)

    async def take(self, queue: str, among: Sequence[tuple[Priority, int]], seconds: float) -> StrandHold | None:
        """See the port."""
        priorities, strands = [int(priority) for priority, _ in among], [strand for _, strand in among]
        async with unavailable():
            taking = self._name(queue), priorities, strands, seconds, await self._bell.holder()
        async with unavailable(), self._database.autocommit() as connection:
            row = await connection.fetchrow(_TAKE, *taking)
            if row is None and await connection.execute(_MADE, *taking[:3]) != "INSERT 0 0":
                row = await connection.fetchrow(_TAKE, *taking)
        return row and StrandHold(**{**row, "queue": queue, "priority": Priority(row["priority"])})

    async def hand_out(self, hold: StrandHold, what: HandedOut, seconds: float) -> None:
        """See the port."""
        counted = what.first, what.attempt, what.in_hand, what.tried, what.behind
        await self._write(_HAND_OUT, hold, *counted, seconds)

    async def end(self, hold: StrandHold, position: int, tried: int, *, keep: float = 0.0) -> None:
        """See the port."""
        await self._write(_END, hold, position, tried, keep)

    async def give_back(self, hold: StrandHold) -> None:
        """See the port."""
        await self._write(_GIVE_BACK, hold)

    async def ring(self, queue: str, among: Collection[tuple[Priority, int]]) -> None:
        """See the port."""
        async with unavailable(), self._database.autocommit() as connection:
            await connection.execute(_RING, self._name(queue), *columns_of(among))

    async def wait(self, queue: str, seconds: float) -> Collection[tuple[Priority, int]]:
        """See the port."""
        async with unavailable(seconds):
            return await self._bell.wait(self._name(queue), seconds)

    async def fetched(self, queue: str) -> tuple[int, int]:
        """See the port."""
        async with unavailable(), self._database.autocommit() as connection:
            row = await connection.fetchrow(_FETCHED, self._name(queue))
        return row["in_hand"], row["behind"]

    async def positions(self, queue: str) -> Mapping[tuple[Priority, int], int]:
        """See the port."""
        async with unavailable(), self._database.autocommit() as connection:
            rows = await connection.fetch(
                "SELECT priority, strand, position FROM strand WHERE queue = $1", self._name(queue)
            )
        return {(Priority(row["priority"]), row["strand"]): row["position"] for row in rows}

    def _name(self, queue: str) -> str:
        # What one broker has of a queue says nothing of what another has.
        return f"{self._broker}:{queue}"

    async def _write(self, statement: str, hold: StrandHold, *arguments: object) -> None:
        async with unavailable(), self._database.autocommit() as connection:
            held = await connection.fetchval(
                statement, self._name(hold.queue), hold.priority, hold.strand, hold.fence, *arguments
            )
        if held is None:
            raise LeaseLost(f"strand {hold.strand} of {hold.queue} is held no more")


_AWAY = *TROUBLE, TimeoutError, asyncpg.LockNotAvailableError, asyncpg.DeadlockDetectedError


@asynccontextmanager
async def unavailable(longer: float = 0.0) -> AsyncIterator[None]:
    """Whatever is asked of the database within ends in time, ``longer`` seconds more, or as BrokerUnavailable."""
    try:
        async with asyncio.timeout(ANSWER_SECONDS + longer):
            yield
    except _AWAY as error:
        raise BrokerUnavailable(f"the database: {str(error) or 'no answer in time'}") from error
