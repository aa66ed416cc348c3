"""Stock as a person reads it."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from typing import Any

from adapters.postgres.engine import Database
from adapters.postgres.inventory import BALANCE, LOCATION, to_balance, to_location
from adapters.postgres.lots import lots_by_id, to_lot
from adapters.postgres.supply import incoming_of
from adapters.postgres.views.availability import LOTS, availability
from core.inventory.availability import Availability
from core.inventory.balance import Account, BalanceKey, EntryKind, Movement
from core.inventory.location import Location
from core.kernel.ids import NO_LOT, GroupId, ItemId, LocationId, LotId, TenantId
from ports.inventory import EntryRow, StockRow
from ports.lots import LotRow

_LOCATIONS = f"SELECT {LOCATION} FROM location l WHERE tenant_id = $1 ORDER BY priority, code"
ALL_ITEMS = "i.sku >= $2 AND $5::text IS NULL"
ONE_ITEM = "i.sku = $5"
"""Two statements for two ways to the items: one that fits both would walk all of them to find the one."""

_STOCK = f"""
WITH page AS MATERIALIZED (
SELECT i.sku, i.name, i.scale, l.code, t.code AS lot, b.updated_at, {BALANCE}
FROM item i
CROSS JOIN LATERAL (SELECT * FROM stock_balance WHERE tenant_id = $1 AND item_id = i.id OFFSET 0) b
CROSS JOIN LATERAL (SELECT code FROM location WHERE tenant_id = $1 AND id = b.location_id OFFSET 0) l
LEFT JOIN LATERAL (SELECT code FROM lot WHERE tenant_id = $1 AND id = NULLIF(b.lot_id, $8) OFFSET 0) t ON true
WHERE i.tenant_id = $1 AND {{items}} AND (i.sku, l.code, COALESCE(t.code, '')) > ($2, $3, $4)
  AND ($6::text IS NULL OR l.code = $6)
ORDER BY i.sku, l.code, COALESCE(t.code, '') LIMIT $7
), coming AS MATERIALIZED ({incoming_of("(SELECT array_agg(item_id) FROM page)::uuid[]")})
SELECT page.*, COALESCE(coming.incoming, 0) AS incoming
FROM page LEFT JOIN coming USING (item_id, location_id, lot_id) ORDER BY sku, code, COALESCE(lot, '')
"""
STOCK = {True: _STOCK.format(items=ALL_ITEMS), False: _STOCK.format(items=ONE_ITEM)}
"""By whether it is of all items. What is to come is gathered once for the items of the page."""
ITEM = "SELECT id, sku, scale FROM item WHERE tenant_id = $1 AND sku = $2"
_ENTRIES = """
SELECT e.group_id, e.number, l.code, t.code AS lot, e.item_id, e.location_id, e.lot_id, e.kind, e.source, e.target,
       e.quantity, e.reason, e.cause, e.actor, e.recorded_at
FROM stock_entry e
CROSS JOIN LATERAL (SELECT code FROM location WHERE tenant_id = $1 AND id = e.location_id OFFSET 0) l
LEFT JOIN LATERAL (SELECT code FROM lot WHERE tenant_id = $1 AND id = NULLIF(e.lot_id, $6) OFFSET 0) t ON true
WHERE e.tenant_id = $1 AND e.item_id = $2 AND ($3::uuid IS NULL OR (e.group_id, e.number) < ($3, $4))
ORDER BY e.group_id DESC, e.number DESC LIMIT $5
"""


class PostgresInventoryView:
    """See ports.inventory.InventoryView."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def locations(self, tenant: TenantId) -> Sequence[Location]:
        """See the port."""
        async with self._database.reading(tenant) as connection:
            rows = await connection.fetch(_LOCATIONS, tenant)
        return [to_location(row) for row in rows]

    async def stock(
        self, tenant: TenantId, *, sku: str | None, location: str | None, after: tuple[str, str, str], limit: int
    ) -> Sequence[StockRow]:
        """See the port."""
        async with self._database.reading(tenant) as connection:
            rows = await connection.fetch(STOCK[sku is None], tenant, *after, sku, location, limit, NO_LOT)
        return [to_stock(row) for row in rows]

    async def entries(
        self, tenant: TenantId, sku: str, *, before: tuple[str, int] | None, limit: int
    ) -> Sequence[EntryRow] | None:
        """See the port."""
        group, number = before or (None, None)
        async with self._database.reading(tenant) as connection:
            item = await connection.fetchrow(ITEM, tenant, sku)
            if item is None:
                return None
            rows = await connection.fetch(_ENTRIES, tenant, item["id"], group, number, limit, NO_LOT)
        return [_to_entry(row, item["sku"], item["scale"]) for row in rows]

    async def availability(self, tenant: TenantId, skus: Collection[str], today: date) -> Sequence[Availability]:
        """See the port."""
        return await availability(self._database, tenant, skus, today)

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
        async with self._database.reading(tenant) as connection:
            rows = await connection.fetch(LOTS, tenant, sku, expires_before, *(after or (date.min, NO_LOT)), limit)
        return [
            LotRow(sku=row["sku"], scale=row["scale"], lot=to_lot(row), on_hand=row["on_hand"] or 0) for row in rows
        ]

    async def lot_codes(self, tenant: TenantId, lots: Collection[LotId]) -> Mapping[LotId, str]:
        """See the port."""
        async with self._database.reading(tenant) as connection:
            found = await lots_by_id(connection, {(tenant, lot) for lot in lots})
        return {lot.id: lot.code for lot in found.values()}


def to_stock(row: Any) -> StockRow:
    """A balance with its names, from its row. What was to come at a moment that is over is not known any more."""
    return StockRow(
        sku=row["sku"],
        name=row["name"],
        scale=row["scale"],
        location=row["code"],
        balance=to_balance(row),
        updated_at=row["updated_at"],
        lot=row["lot"],
        incoming=row.get("incoming", 0),
    )


def to_movement(row: Any) -> Movement:
    """The movement of an entry, from its row."""
    key = BalanceKey(
        item=ItemId(str(row["item_id"])),
        location=LocationId(str(row["location_id"])),
        lot=LotId(str(row["lot_id"])),
    )
    return Movement(
        key=key,
        kind=EntryKind(row["kind"]),
        source=Account(row["source"]),
        target=Account(row["target"]),
        quantity=row["quantity"],
        reason=row["reason"],
    )


def _to_entry(row: Any, sku: str, scale: int) -> EntryRow:
    return EntryRow(
        group=GroupId(str(row["group_id"])),
        number=row["number"],
        sku=sku,
        scale=scale,
        location=row["code"],
        movement=to_movement(row),
        cause=row["cause"],
        actor=row["actor"],
        recorded_at=row["recorded_at"],
        lot=row["lot"],
    )
