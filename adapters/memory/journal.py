"""The journal: appended in the business transaction, read in (transaction id, position) order."""

from collections.abc import Iterable, Sequence

from adapters.memory.database import MemoryDatabase
from adapters.memory.session import Session
from adapters.memory.tables import JOURNAL, JournalRow, Key
from adapters.toolkit.codec import WIRE, encode_event
from core.kernel.context import Context
from core.kernel.event import START, Cursor, NewEvent, RecordedEvent
from core.kernel.ids import StreamId, TenantId


class MemoryJournal:
    """See ports.journal.Journal."""

    def __init__(self, session: Session, context: Context) -> None:
        self._session = session
        self._context = context

    async def record(self, events: Sequence[NewEvent]) -> None:
        """See the port."""
        if events:
            await self._session.statement()
        for event in events:
            await append(self._session, event, self._context, self._context.correlation)

    async def history(self, stream: StreamId) -> Sequence[RecordedEvent]:
        """See the port."""
        await self._session.statement()
        return _history(self._session, self._context.tenant, stream)


async def append(session: Session, event: NewEvent, context: Context, correlation: str) -> None:
    """Write one event. Raises TransactionConflict when its version is taken, or follows one of a later transaction."""
    name, payload = encode_event(event.body)
    before = session.get(JOURNAL, (event.tenant, event.stream, event.version - 1))
    if before is not None and before.place[0] > session.writing():
        raise session.refuse("a later transaction has written this stream already")
    row = JournalRow(
        name=name,
        payload=payload,
        actor=context.actor,
        correlation=correlation,
        recorded_at=context.now,
        place=(session.writing(), session.store.next_position()),
    )
    if not await session.insert(JOURNAL, (event.tenant, event.stream, event.version), row):
        raise session.refuse("another transaction wrote this stream first")


class MemoryJournalFeed:
    """See ports.journal.JournalFeed."""

    def __init__(self, database: MemoryDatabase) -> None:
        self._database = database

    async def read(self, after: Cursor, limit: int) -> Sequence[RecordedEvent]:
        """See the port."""
        async with self._database.dispatching() as session:
            return _some(session.store.feed(place_of(after)), limit)

    async def page(self, tenant: TenantId, after: Cursor, limit: int) -> Sequence[RecordedEvent]:
        """See the port."""
        async with self._database.reading(tenant) as session:
            feed = session.store.feed(place_of(after))
            return _some(((key, row) for key, row in feed if key[0] == tenant), limit)

    async def stream(self, tenant: TenantId, stream: StreamId) -> Sequence[RecordedEvent]:
        """See the port."""
        async with self._database.reading(tenant) as session:
            return _history(session, tenant, stream)


def place_of(cursor: Cursor) -> tuple[int, int]:
    """(transaction id, position) of a cursor; both zero for the start."""
    if cursor == START:
        return 0, 0
    transaction_id, _, position = cursor.partition("-")
    return int(transaction_id), int(position)


def cursor_at(place: tuple[int, int]) -> Cursor:
    """The cursor of a place."""
    return Cursor(f"{place[0]}-{place[1]}")


def recorded(key: Key, row: JournalRow) -> RecordedEvent:
    """The event of a row."""
    return RecordedEvent(
        tenant=key[0],
        stream=key[1],
        version=key[2],
        name=row.name,
        payload=row.payload,
        actor=row.actor,
        correlation=row.correlation,
        recorded_at=row.recorded_at,
        cursor=cursor_at(row.place),
        wire=WIRE,
    )


def _history(session: Session, tenant: TenantId, stream: StreamId) -> list[RecordedEvent]:
    rows = [(key, row) for key, row in session.scan(JOURNAL) if key[:2] == (tenant, stream)]
    return [recorded(key, row) for key, row in sorted(rows, key=lambda found: found[0][2])]


def _some(feed: Iterable[tuple[Key, JournalRow]], limit: int) -> list[RecordedEvent]:
    found: list[RecordedEvent] = []
    for key, row in feed:
        if len(found) == limit:
            break
        found.append(recorded(key, row))
    return found
