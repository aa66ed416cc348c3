"""The past once more, from the journal."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from itertools import islice

from adapters.memory.database import MemoryDatabase
from adapters.memory.journal import cursor_at, place_of
from adapters.memory.session import Session
from adapters.memory.tables import INTAKE
from adapters.toolkit.past import REPLAYED, country_in, to_happening
from core.acceptance.what_if import Decided, Happening
from core.kernel.event import Cursor
from core.kernel.ids import TenantId
from ports.replay import Happened


class MemoryPast:
    """See ports.replay.Past."""

    def __init__(self, database: MemoryDatabase) -> None:
        self._database = database

    async def happened(
        self, tenant: TenantId, since: datetime, until: datetime, *, after: Cursor, limit: int
    ) -> Happened:
        """See the port."""
        async with self._database.reading(tenant) as session:
            found = list(islice(_happenings(session, tenant, since, until, after), limit))
        more = found[-1][0] if len(found) == limit else None
        return Happened(happenings=[happening for _, happening in found], next=more)


def _happenings(
    session: Session, tenant: TenantId, since: datetime, until: datetime, after: Cursor
) -> Iterator[tuple[Cursor, Happening]]:
    for key, row in session.store.feed(place_of(after)):
        if key[0] == tenant and row.name in REPLAYED and since < row.recorded_at <= until:
            happening = to_happening(row.name, row.payload, row.recorded_at)
            if isinstance(happening, Decided):
                kept = session.get(INTAKE, (tenant, happening.facts.intake_id))
                happening = replace(happening, country=country_in(kept.body) if kept else None)
            yield cursor_at(row.place), happening
