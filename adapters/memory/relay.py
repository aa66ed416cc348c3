"""Where the relay stands, and who it is for the moment."""

from dataclasses import replace
from datetime import timedelta

from adapters.memory.database import MemoryDatabase
from adapters.memory.journal import cursor_at, place_of
from adapters.memory.tables import RELAYS, RelayRow
from core.kernel.event import Cursor

HELD = timedelta(seconds=5)


class MemoryRelayPosition:
    """See ports.delivery.RelayPosition."""

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
