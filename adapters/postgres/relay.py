"""Where the relay stands: one row a relay, held for a short while by one process at a time."""

import os
import socket

from adapters.postgres.engine import Database
from adapters.postgres.journal import place_of
from core.kernel.event import Cursor

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


class PostgresRelayPosition:
    """See ports.delivery.RelayPosition."""

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
