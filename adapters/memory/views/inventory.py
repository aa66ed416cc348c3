"""Stock as a person reads it."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime

from adapters.memory.database import MemoryDatabase
from adapters.memory.session import Session
from adapters.memory.supply import incoming_of
from adapters.memory.tables import BALANCES, ENTRIES, ITEM_SKUS, ITEMS, LOCATIONS, LOTS
from core.inventory.availability import Availability, Stock, available_of
from core.inventory.balance import Balance
from core.inventory.location import Location
from core.inventory.lot import Lot, first_expired_first, promisable
from core.kernel.ids import ItemId, LotId, TenantId
from ports.inventory import EntryRow, StockRow
from ports.lots import LotRow


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
        self, tenant: TenantId, *, sku: str | None, location: str | None, after: tuple[str, str, str], limit: int
    ) -> Sequence[StockRow]:
        """See the port."""
        async with self._database.reading(tenant) as session:
            rows = live_stock(session, tenant)
        found = [
            row for row in rows if place_of(row) > after and sku in (None, row.sku) and location in (None, row.location)
        ]
        return found[:limit]

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

    async def availability(self, tenant: TenantId, skus: Collection[str], today: date) -> Sequence[Availability]:
        """See the port."""
        async with self._database.reading(tenant) as session:
            places = {place.id: place.code for _, place in session.scan(LOCATIONS) if place.sellable}
            items = {item.id: item for _, item in session.scan(ITEMS)}
            found: dict[ItemId, dict[str, int]] = {item: {} for item in items}
            for _, row in session.scan(BALANCES):
                key = row.balance.key
                lot = session.get(LOTS, (tenant, key.lot))
                if key.location in places and (lot is None or promisable(lot, today)):
                    code = places[key.location]
                    found[key.item][code] = found[key.item].get(code, 0) + row.balance.available
        stocks = {
            item.id: Stock(available=found[item.id], backorder_limit=item.backorder_limit if places else 0)
            for item in items.values()
        }
        return [
            available_of(item.sku, item.scale, item.id, item.components, stocks)
            for item in sorted(items.values(), key=lambda item: item.sku)
            if item.sku in skus
        ]

    async def lots(
        self,
        tenant: TenantId,
        *,
        sku: str | None,
        expires_before: date | None,
        after: tuple[date, LotId] | None,
        limit: int,
    ) -> Sequence[LotRow]:
        """See the port."""
        async with self._database.reading(tenant) as session:
            rows = [_to_lot(session, tenant, lot) for _, lot in session.scan(LOTS)]
        found = [
            row
            for row in rows
            if sku in (None, row.sku)
            and (expires_before is None or (row.lot.expires_on or date.max) < expires_before)
            and (after is None or first_expired_first(row.lot) > after)
        ]
        return sorted(found, key=lambda row: first_expired_first(row.lot))[:limit]

    async def lot_codes(self, tenant: TenantId, lots: Collection[LotId]) -> Mapping[LotId, str]:
        """See the port."""
        async with self._database.reading(tenant) as session:
            return {lot.id: lot.code for _, lot in session.scan(LOTS) if lot.id in lots}


def _to_lot(session: Session, tenant: TenantId, lot: Lot) -> LotRow:
    item = session.get(ITEMS, (tenant, lot.item))
    assert item is not None, "a lot is of an item"
    on_hand = sum(row.balance.on_hand for _, row in session.scan(BALANCES) if row.balance.key.lot == lot.id)
    return LotRow(sku=item.sku, scale=item.scale, lot=lot, on_hand=on_hand)


def place_of(row: StockRow) -> tuple[str, str, str]:
    """Where a row comes in a list of stock."""
    return (row.sku, row.location, row.lot or "")


def _code(session: Session, tenant: TenantId, lot: LotId) -> str | None:
    kept = session.get(LOTS, (tenant, lot))
    return kept.code if kept else None


def live_stock(session: Session, tenant: TenantId) -> list[StockRow]:
    """Every balance as it stands, by SKU and location."""
    incoming = incoming_of(session, tenant)
    rows = [
        to_stock(session, tenant, row.balance, row.updated_at, incoming.get(row.balance.key, 0))
        for _, row in session.scan(BALANCES)
    ]
    return sorted(rows, key=place_of)


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
        lot=_code(session, tenant, balance.key.lot),
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
        lot=_code(session, tenant, entry.movement.key.lot),
    )
