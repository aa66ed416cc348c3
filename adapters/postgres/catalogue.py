"""Items: rows and back."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from typing import Any

import asyncpg

from adapters.postgres.engine import Connection, Database, columns_of
from adapters.toolkit.codec import decode, encode
from core.catalogue.item import Item
from core.catalogue.terms import InvalidItem
from core.kernel.context import Context
from core.kernel.goods import Component, Tracking, Unit
from core.kernel.ids import ItemId, TenantId
from core.kernel.money import Money
from core.kernel.value import maker
from ports.transaction import TransactionConflict

_TRACKINGS = {tracking.value: tracking for tracking in Tracking}
_item = maker(Item)
COLUMNS = """
    i.id, i.sku, i.name, i.uom, i.scale, i.price_minor, i.price_currency, i.backorder_limit, i.version, i.tracking,
    i.components, i.units
"""
"""What acceptance reads of an item: not its day, which is nothing to it."""
_ALL = f"{COLUMNS}, i.available_on"
_ADD = """
INSERT INTO item (tenant_id, id, sku, name, uom, scale, price_minor, price_currency, backorder_limit, version, tracking,
                  components, units, available_on)
SELECT $1, * FROM unnest($2::uuid[], $3::text[], $4::text[], $5::text[], $6::smallint[], $7::bigint[], $8::text[],
                         $9::bigint[], $10::int[], $11::text[], $12::bytea[], $13::bytea[], $14::date[])
ON CONFLICT (tenant_id, sku) DO NOTHING RETURNING sku
"""
_LOCK = f"SELECT {_ALL} FROM item i WHERE tenant_id = $1 AND id = $2 FOR NO KEY UPDATE"
_HOLD = f"SELECT {_ALL} FROM item i WHERE tenant_id = $1 AND sku = ANY($2) ORDER BY id FOR NO KEY UPDATE"
_CHANGE_PRICES = """
UPDATE item SET price_minor = n.minor, price_currency = n.currency, version = n.version
FROM unnest($2::uuid[], $3::bigint[], $4::text[], $5::int[]) AS n(id, minor, currency, version)
WHERE item.tenant_id = $1 AND item.id = n.id
"""
_CHANGE = """
UPDATE item SET name = $3, uom = $4, price_minor = $5, price_currency = $6, backorder_limit = $7, version = $8,
       units = $9, available_on = $10
WHERE tenant_id = $1 AND id = $2 AND version = $8 - 1
"""
_CHANGE_LIMIT = """
WITH held AS (SELECT item_id, location_id, lot_id FROM stock_balance WHERE tenant_id = $1 AND item_id = $2
              ORDER BY item_id, location_id, lot_id FOR NO KEY UPDATE)
UPDATE stock_balance b SET backorder_limit = $3 FROM held
WHERE b.tenant_id = $1 AND (b.item_id, b.location_id, b.lot_id) = (held.item_id, held.location_id, held.lot_id)
  AND b.backorder_limit <> $3
"""
_DAYS = """
SELECT id, available_on FROM item WHERE tenant_id = $1 AND id = ANY($2::uuid[]) AND available_on IS NOT NULL
"""
_ONE = f"SELECT {_ALL} FROM item i WHERE tenant_id = $1 AND id = $2"
_LIST = f"""
SELECT {_ALL} FROM item i WHERE tenant_id = $1 AND sku > $2 AND ($3::text IS NULL OR sku = $3) ORDER BY sku LIMIT $4
"""


_BY_SKU = f"SELECT {_ALL} FROM item i WHERE tenant_id = $1 AND sku = ANY($2)"


class PostgresItems:
    """See ports.catalogue.Items."""

    def __init__(self, connection: Connection, context: Context) -> None:
        self._connection = connection
        self._context = context

    async def add(self, items: Sequence[Item]) -> Sequence[str]:
        """See the port."""
        if not items:
            return []
        rows = await self._connection.fetch(
            _ADD,
            self._context.tenant,
            [item.id for item in items],
            [item.sku for item in items],
            [item.name for item in items],
            [item.uom for item in items],
            [item.scale for item in items],
            [item.price.minor if item.price else None for item in items],
            [item.price.currency if item.price else None for item in items],
            [item.backorder_limit for item in items],
            [item.version for item in items],
            [item.tracking for item in items],
            [_written(item.components) for item in items],
            [_written(item.units) for item in items],
            [item.available_on for item in items],
        )
        kept = {row["sku"] for row in rows}
        return [item.sku for item in items if item.sku not in kept]

    async def by_sku(self, skus: Collection[str]) -> Mapping[str, Item]:
        """See the port."""
        if not skus:
            return {}
        rows = await self._connection.fetch(_BY_SKU, self._context.tenant, list(skus))
        return {row["sku"]: to_item(row) for row in rows}

    async def lock(self, item: ItemId) -> Item | None:
        """See the port."""
        row = await self._connection.fetchrow(_LOCK, self._context.tenant, item)
        return to_item(row) if row else None

    async def hold(self, skus: Collection[str]) -> Mapping[str, Item]:
        """See the port."""
        rows = await self._connection.fetch(_HOLD, self._context.tenant, list(skus))
        return {row["sku"]: to_item(row) for row in rows}

    async def change_prices(self, items: Sequence[Item]) -> None:
        """See the port."""
        if not items:
            return
        rows = [(item.id, *_price(item), item.version) for item in items]
        await self._connection.execute(_CHANGE_PRICES, self._context.tenant, *columns_of(rows))

    async def change(self, item: Item) -> None:
        """See the port."""
        tenant = self._context.tenant
        tag = await self._connection.execute(
            _CHANGE,
            tenant,
            item.id,
            item.name,
            item.uom,
            *_price(item),
            item.backorder_limit,
            item.version,
            _written(item.units),
            item.available_on,
        )
        if tag != "UPDATE 1":
            raise TransactionConflict("the item was changed by somebody else")
        try:
            await self._connection.execute(_CHANGE_LIMIT, tenant, item.id, item.backorder_limit)
        except asyncpg.CheckViolationError as error:
            raise InvalidItem("more is owed already than this limit allows", path="$.backorder_limit") from error


class PostgresCatalogueView:
    """See ports.catalogue.CatalogueView."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def item(self, tenant: TenantId, item: ItemId) -> Item | None:
        """See the port."""
        async with self._database.reading(tenant) as connection:
            row = await connection.fetchrow(_ONE, tenant, item)
        return to_item(row) if row else None

    async def available_on(self, tenant: TenantId, items: Collection[ItemId]) -> Mapping[ItemId, date]:
        """See the port."""
        async with self._database.reading(tenant) as connection:
            return await days_of(connection, tenant, items)

    async def items(self, tenant: TenantId, *, sku: str | None, after: str, limit: int) -> Sequence[Item]:
        """See the port."""
        async with self._database.reading(tenant) as connection:
            rows = await connection.fetch(_LIST, tenant, after, sku, limit)
        return [to_item(row) for row in rows]


async def days_of(connection: Connection, tenant: TenantId, items: Collection[ItemId]) -> Mapping[ItemId, date]:
    """From which day on items are sent, where they have one."""
    rows = await connection.fetch(_DAYS, tenant, list(items))
    return {ItemId(str(row["id"])): row["available_on"] for row in rows}


def to_item(row: Any) -> Item:
    """An item from a row that begins with ``COLUMNS``. By place, not by name: this runs for every item of a batch."""
    id_, sku, name, uom, scale, minor, currency, limit, version, tracking, components, units, *_ = row
    return _item(
        id=ItemId(str(id_)),
        sku=sku,
        name=name,
        uom=uom,
        scale=scale,
        price=None if minor is None else Money(minor=minor, currency=currency),
        backorder_limit=limit,
        version=version,
        tracking=_TRACKINGS[tracking],
        components=to_components(components) if components else (),
        units=to_units(units) if units else (),
        available_on=row.get("available_on"),
    )


def to_components(written: bytes | None) -> tuple[Component, ...]:
    """A kit's components from their column."""
    return decode(tuple[Component, ...], written) if written else ()


def to_units(written: bytes | None) -> tuple[Unit, ...]:
    """An item's units from their column."""
    return decode(tuple[Unit, ...], written) if written else ()


def _price(item: Item) -> tuple[int | None, str | None]:
    return (item.price.minor, item.price.currency) if item.price else (None, None)


def _written(parts: tuple[Any, ...]) -> bytes | None:
    """Nothing is kept for the many items that have none."""
    return encode(parts) if parts else None
