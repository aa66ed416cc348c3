"""Stock as it was, from the latest snapshots and the entries after them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from adapters.postgres.engine import Connection, Database
from adapters.postgres.past import FOLDED, MOMENT, entries, window
from adapters.postgres.snapshots import complete_days
from adapters.postgres.views.chain import chain_of
from adapters.postgres.views.inventory import ALL_ITEMS, ITEM, ONE_ITEM, STOCK, to_stock
from core.inventory.balance import BUCKETS
from core.inventory.history import snapshot_day, start_after
from core.kernel.ids import NO_LOT, ItemId, TenantId
from ports.history import StockStory
from ports.inventory import StockRow

SHELVES_MAX = 10_000
"""Of one item."""
_SUMS = ", ".join(f"sum({bucket})::bigint AS {bucket}" for bucket in BUCKETS)
_COLUMNS = f"location_id, lot_id, updated_at, {', '.join(BUCKETS)}"
# The shelves are those of the balances, which are never deleted: of each only its latest snapshot is read, however many
# days there are.
_AS_OF = f"""
SELECT i.sku, i.name, i.scale, i.id AS item_id, l.code, t.code AS lot, b.*, 0 AS backorder_limit, 0 AS version
FROM item i
CROSS JOIN LATERAL (
    SELECT location_id, lot_id, max(updated_at) AS updated_at, {_SUMS} FROM (
        SELECT s.* FROM (
            SELECT location_id, lot_id FROM stock_balance WHERE tenant_id = $1 AND item_id = i.id OFFSET 0
        ) shelf
        CROSS JOIN LATERAL (
            SELECT {_COLUMNS} FROM stock_snapshot
            WHERE tenant_id = $1 AND item_id = i.id AND location_id = shelf.location_id AND lot_id = shelf.lot_id
              AND day <= $9::date
            ORDER BY day DESC LIMIT 1
        ) s
        UNION ALL
        SELECT location_id, lot_id, max(recorded_at), {FOLDED} FROM ({entries("i.id", 10)}) AS entry
        GROUP BY location_id, lot_id
    ) AS part GROUP BY location_id, lot_id OFFSET 0
) b
CROSS JOIN LATERAL (SELECT code FROM location WHERE tenant_id = $1 AND id = b.location_id OFFSET 0) l
LEFT JOIN LATERAL (SELECT code FROM lot WHERE tenant_id = $1 AND id = NULLIF(b.lot_id, $8) OFFSET 0) t ON true
WHERE i.tenant_id = $1 AND {{items}} AND (i.sku, l.code, COALESCE(t.code, '')) > ($2, $3, $4)
  AND ($6::text IS NULL OR l.code = $6)
ORDER BY i.sku, l.code, COALESCE(t.code, '') LIMIT $7
"""
AS_OF = {True: _AS_OF.format(items=ALL_ITEMS), False: _AS_OF.format(items=ONE_ITEM)}
"""By whether it is of all items."""


class PostgresStockHistory:
    """See ports.history.StockHistory."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def as_of(
        self,
        tenant: TenantId,
        at: datetime,
        *,
        sku: str | None,
        location: str | None,
        after: tuple[str, str, str],
        limit: int,
    ) -> Sequence[StockRow]:
        """See the port."""
        async with self._database.reading(tenant) as connection:
            return await _as_of(connection, tenant, at, sku, location, after, limit)

    async def explain(
        self, tenant: TenantId, sku: str, *, location: str | None, at: datetime | None, limit: int
    ) -> StockStory | None:
        """See the port."""
        async with self._database.reading(tenant) as connection:
            await connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            item = await connection.fetchrow(ITEM, tenant, sku)
            if item is None:
                return None
            if at is None:
                rows = await connection.fetch(STOCK[False], tenant, "", "", "", sku, location, SHELVES_MAX, NO_LOT)
                shelves: Sequence[StockRow] = [to_stock(row) for row in rows]
            else:
                shelves = await _as_of(connection, tenant, at, sku, location, ("", "", ""), SHELVES_MAX)
            steps, ends = await chain_of(connection, tenant, ItemId(str(item["id"])), shelves, at, limit)
        return StockStory(sku=sku, scale=item["scale"], shelves=tuple(shelves), steps=steps, ends=ends)


async def _as_of(
    connection: Connection,
    tenant: TenantId,
    at: datetime,
    sku: str | None,
    location: str | None,
    after: tuple[str, str, str],
    limit: int,
) -> Sequence[StockRow]:
    day = snapshot_day(await complete_days(connection, tenant), at)
    within = window(start_after(day), at + MOMENT)
    rows: Sequence[Any] = await connection.fetch(
        AS_OF[sku is None], tenant, *after, sku, location, limit, NO_LOT, day, *within
    )
    return [to_stock(row) for row in rows]
