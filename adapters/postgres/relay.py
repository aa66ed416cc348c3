"""Where the relay stands: one row a relay, held for a short while by one process at a time."""

import os
import socket
from datetime import datetime

from adapters.postgres.engine import Database
from adapters.postgres.journal import place_of
from core.kernel.event import START, Cursor, may_come_again

HELD_SECONDS = 5
_TAKE = """
INSERT INTO relay_position AS r (relay, transaction_id, position, holder, held_until)
VALUES ($1, '0', 0, $2, now() + $3 * interval '1 second')
ON CONFLICT (relay) DO UPDATE SET holder = $2, held_until = EXCLUDED.held_until
WHERE r.holder = $2 OR r.held_until < now() OR r.holder IS NULL
RETURNING transaction_id::text, position
"""
_ADVANCE = """
UPDATE relay_position SET transaction_id = $2::text::xid8, position = $3
WHERE relay = $1 AND holder = $4 AND (transaction_id, position) < ($2::text::xid8, $3)
"""
_BEFORE = """
SELECT transaction_id::text, position FROM journal WHERE recorded_at < $1
ORDER BY journal.transaction_id DESC, journal.position DESC LIMIT 1
"""
# It is the rewinder's for a while: whoever was the relay does not move it on.
_REWIND = """
UPDATE relay_position r SET transaction_id = $2::text::xid8, position = $3,
       holder = $4, held_until = now() + $5 * interval '1 second'
FROM (SELECT transaction_id, position FROM relay_position WHERE relay = $1 FOR UPDATE) was
WHERE relay = $1 AND (was.transaction_id, was.position) > ($2::text::xid8, $3)
RETURNING was.transaction_id::text, was.position
"""
_BETWEEN = """
SELECT count(*) FROM journal
WHERE (transaction_id, position) > ($1::text::xid8, $2) AND (transaction_id, position) <= ($3::text::xid8, $4)
"""


class PostgresRelayPosition:
    """See ports.delivery.RelayPosition, and RelayRewind."""

    def __init__(self, database: Database, holder: str | None = None) -> None:
        self._database = database
        self._holder = holder or f"{socket.gethostname()}:{os.getpid()}"

    async def take(self, relay: str) -> Cursor | None:
        """See the port."""
        async with self._database.autocommit() as connection:
            row = await connection.fetchrow(_TAKE, relay, self._holder, HELD_SECONDS)
        return None if row is None else Cursor(f"{row['transaction_id']}-{row['position']}")

    async def advance(self, relay: str, to: Cursor) -> None:
        """See the port."""
        async with self._database.autocommit() as connection:
            await connection.execute(_ADVANCE, relay, *place_of(to), self._holder)

    async def rewind(self, relay: str, since: datetime) -> int:
        """See the port."""
        async with self._database.dispatching() as connection:
            earliest = may_come_again(since, await connection.fetchval("SELECT now()"))
            before = tuple(await connection.fetchrow(_BEFORE, earliest) or place_of(START))
        async with self._database.autocommit() as connection:
            was = await connection.fetchrow(_REWIND, relay, *before, self._holder, HELD_SECONDS)
        if was is None:
            return 0
        async with self._database.dispatching() as connection:
            again: int = await connection.fetchval(_BETWEEN, *before, *was)
        return again
