"""What is set aside for channels."""

from collections.abc import Sequence

from adapters.memory.database import MemoryDatabase
from adapters.memory.session import Session
from adapters.memory.tables import ALLOTMENTS, ITEMS, LOCATIONS
from core.inventory.allotment import Allotment, AllotmentState, AllottedPart
from core.kernel.context import Context
from core.kernel.ids import AllotmentId, TenantId
from ports.allotments import AllotmentRow


class MemoryAllotments:
    """See ports.allotments.Allotments."""

    def __init__(self, session: Session, context: Context) -> None:
        self._session = session
        self._context = context

    async def add(self, allotment: Allotment) -> None:
        """See the port."""
        await self._session.statement()
        if not await self._session.insert(ALLOTMENTS, (self._context.tenant, allotment.id), allotment):
            raise self._session.refuse("another transaction took this allotment's id first")

    async def lock(self, allotment: AllotmentId) -> Allotment | None:
        """See the port."""
        await self._session.statement()
        key = (self._context.tenant, allotment)
        if self._session.get(ALLOTMENTS, key) is None:
            return None
        await self._session.lock(ALLOTMENTS, key)
        return self._session.get(ALLOTMENTS, key)

    async def save(self, allotment: Allotment) -> None:
        """See the port."""
        await self._session.statement()
        key = (self._context.tenant, allotment.id)
        before = self._session.get(ALLOTMENTS, key)
        if before is None or before.version != allotment.version - 1:
            raise self._session.refuse("another transaction changed this allotment first")
        await self._session.put(ALLOTMENTS, key, allotment)


class MemoryAllotmentsView:
    """See ports.allotments.AllotmentsView."""

    def __init__(self, database: MemoryDatabase) -> None:
        self._database = database

    async def allotments(
        self, tenant: TenantId, *, channel: str | None, sku: str | None, after: tuple[str, int] | None, limit: int
    ) -> Sequence[AllotmentRow]:
        """See the port."""
        async with self._database.reading(tenant) as session:
            rows = [
                _to_row(session, tenant, one, number, part)
                for _, one in session.scan(ALLOTMENTS)
                for number, part in enumerate(one.parts, start=1)
                if one.state is AllotmentState.ALLOTTED
            ]
        found = [
            row
            for row in rows
            if (after is None or (row.id, row.number) > after)
            and channel in (None, row.channel)
            and sku in (None, row.sku)
        ]
        return sorted(found, key=lambda row: (row.id, row.number))[:limit]


def _to_row(session: Session, tenant: TenantId, one: Allotment, number: int, part: AllottedPart) -> AllotmentRow:
    item = session.get(ITEMS, (tenant, part.key.item))
    place = session.get(LOCATIONS, (tenant, part.key.location))
    assert item is not None, "an allotment is of an item"
    assert place is not None, "an allotment is at a location"
    return AllotmentRow(
        id=one.id,
        number=number,
        channel=one.channel,
        sku=item.sku,
        scale=item.scale,
        location=place.code,
        quantity=part.quantity,
        cause=one.cause,
    )
