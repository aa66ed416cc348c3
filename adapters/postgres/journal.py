"""The journal: appended in the business transaction, read in (transaction id, position) order."""

from collections.abc import Sequence
from typing import Any

import asyncpg

from adapters.postgres.engine import Connection, Database
from adapters.toolkit.codec import WIRE, encode_event
from core.kernel.context import Context
from core.kernel.event import START, Cursor, NewEvent, RecordedEvent
from core.kernel.ids import StreamId, TenantId
from core.kernel.value import maker
from ports.transaction import TransactionConflict

_RECORD = """
INSERT INTO journal (tenant_id, stream, version, name, payload, actor, correlation, recorded_at)
SELECT t, s, v, n, p, $6, $7, $8
FROM unnest($1::uuid[], $2::uuid[], $3::int[], $4::text[], $5::bytea[]) AS e(t, s, v, n, p)
WHERE v = 1 OR NOT EXISTS (
    SELECT FROM journal b
    WHERE b.tenant_id = t AND b.stream = s AND b.version = v - 1 AND b.transaction_id > pg_current_xact_id()
)
"""
_COLUMNS = "tenant_id, stream, version, name, payload, actor, correlation, recorded_at, transaction_id::text, position"
_BELOW_RUNNING = "transaction_id < pg_snapshot_xmin(pg_current_snapshot())"
_READ = f"""
SELECT {_COLUMNS} FROM journal
WHERE (transaction_id, position) > ($1::text::xid8, $2) AND {_BELOW_RUNNING}
ORDER BY journal.transaction_id, journal.position LIMIT $3
"""
_PAGE = f"""
SELECT {_COLUMNS} FROM journal
WHERE tenant_id = $4 AND (transaction_id, position) > ($1::text::xid8, $2) AND {_BELOW_RUNNING}
ORDER BY journal.transaction_id, journal.position LIMIT $3
"""
_STREAM = f"SELECT {_COLUMNS} FROM journal WHERE tenant_id = $1 AND stream = $2 ORDER BY version"
_event = maker(RecordedEvent)


class PostgresJournal:
    """See ports.journal.Journal."""

    def __init__(self, connection: Connection, context: Context) -> None:
        self._connection = connection
        self._context = context

    async def record(self, events: Sequence[NewEvent]) -> None:
        """See the port."""
        if not events:
            return
        wire = [encode_event(event.body) for event in events]
        try:
            tag = await self._connection.execute(
                _RECORD,
                [event.tenant for event in events],
                [event.stream for event in events],
                [event.version for event in events],
                [name for name, _ in wire],
                [payload for _, payload in wire],
                self._context.actor,
                self._context.correlation,
                self._context.now,
            )
        except asyncpg.UniqueViolationError as error:
            raise TransactionConflict("another transaction wrote this stream first") from error
        if tag != f"INSERT 0 {len(events)}":
            # A transaction that began after this one wrote the stream while this one waited for a lock. Readers go by
            # transaction id and would see the later version first: running again gives this one a later id.
            raise TransactionConflict("a later transaction has written this stream already")

    async def history(self, stream: StreamId) -> Sequence[RecordedEvent]:
        """See the port."""
        rows = await self._connection.fetch(_STREAM, self._context.tenant, stream)
        return [_recorded(row) for row in rows]


class PostgresJournalFeed:
    """See ports.journal.JournalFeed."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def read(self, after: Cursor, limit: int) -> Sequence[RecordedEvent]:
        """See the port."""
        transaction_id, position = place_of(after)
        async with self._database.dispatching() as connection:
            rows = await connection.fetch(_READ, transaction_id, position, limit)
        return [_recorded(row) for row in rows]

    async def page(self, tenant: TenantId, after: Cursor, limit: int) -> Sequence[RecordedEvent]:
        """See the port."""
        transaction_id, position = place_of(after)
        async with self._database.reading(tenant) as connection:
            rows = await connection.fetch(_PAGE, transaction_id, position, limit, tenant)
        return [_recorded(row) for row in rows]

    async def stream(self, tenant: TenantId, stream: StreamId) -> Sequence[RecordedEvent]:
        """See the port."""
        async with self._database.reading(tenant) as connection:
            rows = await connection.fetch(_STREAM, tenant, stream)
        return [_recorded(row) for row in rows]


def place_of(cursor: Cursor) -> tuple[str, int]:
    """(transaction id, position) of a cursor; both zero for the start."""
    if cursor == START:
        return "0", 0
    transaction_id, _, position = cursor.partition("-")
    return transaction_id, int(position)


def _recorded(row: Any) -> RecordedEvent:
    # By place, not by name: this runs for every event that is relayed.
    tenant, stream, version, name, payload, actor, correlation, recorded_at, transaction_id, position = row
    return _event(
        tenant=TenantId(str(tenant)),
        stream=StreamId(str(stream)),
        version=version,
        name=name,
        payload=payload,
        actor=actor,
        correlation=correlation,
        recorded_at=recorded_at,
        cursor=Cursor(f"{transaction_id}-{position}"),
        wire=WIRE,
    )
