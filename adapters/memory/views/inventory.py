"""Stock as a person reads it."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from adapters.memory.database import MemoryDatabase
from adapters.memory.inventory import sellable
from adapters.memory.session import Session
from adapters.memory.supply import incoming_of
from adapters.memory.tables import BALANCES, ENTRIES, ITEM_SKUS, ITEMS, LOCATIONS
from core.inventory.balance import Balance
from core.inventory.location import Location
from core.kernel.ids import TenantId
from ports.inventory import EntryRow, StockRow


class MemoryInventoryView:
    """See ports.inventory.InventoryView."""

    def __init__(self, database: MemoryDatabase) -> None:
        self._database = database

    async def locations(self, tenant: TenantId) -> Sequence[Location]:
        """See the port."""
        async with self._database.reading(tenant) as session:
            return sorted(
                (place for _, place in session.scan(LOCATIONS)), key=lambda place: (place.priority, place.code)
            )

    async def stock(
        self, tenant: TenantId, *, sku: str | None, location: str | None, after: tuple[str, str], limit: int
    ) -> Sequence[StockRow]:
        """See the port."""
        async with self._database.reading(tenant) as session:
            rows = live_stock(session, tenant)
        found = [
            row
            for row in rows
            if (row.sku, row.location) > after and sku in (None, row.sku) and location in (None, row.location)
        ]
        return found[:limit]

    async def available(self, tenant: TenantId, skus: Collection[str]) -> Mapping[str, int]:
        """See the port."""
        async with self._database.reading(tenant) as session:
            found = {sku: item for sku in skus if (item := session.get(ITEM_SKUS, (tenant, sku)))}
            places = {place.id for place in sellable(session, tenant)}
            shelves = [row.balance for _, row in session.scan(BALANCES) if row.balance.key.location in places]
        return {sku: sum(shelf.available for shelf in shelves if shelf.key.item == item) for sku, item in found.items()}

    async def entries(
        self, tenant: TenantId, sku: str, *, before: tuple[str, int] | None, limit: int
    ) -> Sequence[EntryRow] | None:
        """See the port."""
        async with self._database.reading(tenant) as session:
            item = session.get(ITEM_SKUS, (tenant, sku))
            if item is None:
                return None
            found = [
                _to_entry(session, tenant, sku, (key[2], key[3]))
                for key, _ in session.scan(ENTRIES)
                if key[1] == item and (before is None or (key[2], key[3]) < before)
            ]
        return sorted(found, key=lambda row: (row.group, row.number), reverse=True)[:limit]


def live_stock(session: Session, tenant: TenantId) -> list[StockRow]:
    """Every balance as it stands, by SKU and location."""
    incoming = incoming_of(session, tenant)
    rows = [
        to_stock(session, tenant, row.balance, row.updated_at, incoming.get(row.balance.key, 0))
        for _, row in session.scan(BALANCES)
    ]
    return sorted(rows, key=lambda row: (row.sku, row.location))


def to_stock(session: Session, tenant: TenantId, balance: Balance, updated_at: datetime, incoming: int = 0) -> StockRow:
    """``balance`` with its names."""
    item = session.get(ITEMS, (tenant, balance.key.item))
    place = session.get(LOCATIONS, (tenant, balance.key.location))
    assert item is not None, "a balance is of an item"
    assert place is not None, "a balance is at a location"
    return StockRow(
        sku=item.sku,
        name=item.name,
        scale=item.scale,
        location=place.code,
        balance=balance,
        updated_at=updated_at,
        incoming=incoming,
    )


def _to_entry(session: Session, tenant: TenantId, sku: str, place: tuple[str, int]) -> EntryRow:
    known = session.get(ITEM_SKUS, (tenant, sku))
    item = session.get(ITEMS, (tenant, known))
    entry = session.get(ENTRIES, (tenant, known, *place))
    assert item is not None, "the SKU leads to an item"
    assert entry is not None, "the entry was just read"
    location = session.get(LOCATIONS, (tenant, entry.movement.key.location))
    assert location is not None, "an entry is at a location"
    return EntryRow(
        group=place[0],  # type: ignore[arg-type]
        number=place[1],
        sku=sku,
        scale=item.scale,
        location=location.code,
        movement=entry.movement,
        cause=entry.cause,
        actor=entry.actor,
        recorded_at=entry.recorded_at,
    )
