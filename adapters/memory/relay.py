"""Where the relay stands, and who it is for the moment."""

from dataclasses import replace
from datetime import datetime, timedelta

from adapters.memory.database import MemoryDatabase
from adapters.memory.journal import cursor_at, place_of
from adapters.memory.tables import JOURNAL, RELAYS, RelayRow
from core.kernel.event import Cursor, may_come_again

HELD = timedelta(seconds=5)


class MemoryRelayPosition:
    """See ports.delivery.RelayPosition, and RelayRewind."""

    def __init__(self, database: MemoryDatabase, holder: str | None = None) -> None:
        self._database = database
        self._holder = holder or database.process

    async def take(self, relay: str) -> Cursor | None:
        """See the port."""
        async with self._database.dispatching() as session:
            await session.lock(RELAYS, (relay,))
            row = session.get(RELAYS, (relay,))
            if row and row.holder != self._holder and row.held_until >= session.now:
                return None
            place = row.place if row else (0, 0)
            taken = RelayRow(place=place, holder=self._holder, held_until=session.now + HELD)
            await session.put(RELAYS, (relay,), taken)
            return cursor_at(place)

    async def advance(self, relay: str, to: Cursor) -> None:
        """See the port."""
        async with self._database.dispatching() as session:
            await session.lock(RELAYS, (relay,))
            row = session.get(RELAYS, (relay,))
            if row and row.holder == self._holder and row.place < place_of(to):
                await session.put(RELAYS, (relay,), replace(row, place=place_of(to)))

    async def rewind(self, relay: str, since: datetime) -> int:
        """See the port."""
        async with self._database.dispatching() as session:
            earliest = may_come_again(since, session.now)
            await session.lock(RELAYS, (relay,))
            row = session.get(RELAYS, (relay,))
            places = [(found.place, found.recorded_at) for _, found in session.scan(JOURNAL)]
            before = max((place for place, recorded_at in places if recorded_at < earliest), default=(0, 0))
            if row is None or row.place <= before:
                return 0
            back = RelayRow(place=before, holder=self._holder, held_until=session.now + HELD)
            await session.put(RELAYS, (relay,), back)
            return sum(before < place <= row.place for place, _ in places)
