"""What is to come and to leave: expected receipts and transfers, put together."""

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from adapters.postgres.engine import Connection, Database, columns_of
from adapters.postgres.inventory import LOCATION, to_location
from core.inventory.balance import BalanceKey
from core.inventory.location import Location
from core.inventory.promise import Flow, Shelf
from core.kernel.context import Context
from core.kernel.ids import NO_LOT, ItemId, LocationId, LotId, TenantId
from ports.supply import Prospect


def open_lines(items: str) -> str:
    """Transfer lines of ``items`` (an array, in SQL) that have not all arrived; $1 is the tenant."""
    return f"""
    SELECT t.id, t.state, t.source_id, t.target_id, t.ship_on, t.due,
           (l->>'item')::uuid AS item_id, (l->>'lot')::uuid AS lot_id,
           (l->>'quantity')::bigint - (l->>'received')::bigint - (l->>'lost')::bigint AS quantity
    FROM transfer t CROSS JOIN LATERAL jsonb_array_elements(convert_from(t.lines, 'UTF8')::jsonb) l
    WHERE t.tenant_id = $1 AND t.state IN ('planned', 'in_transit') AND t.items && {items}
    """


def incoming_of(items: str) -> str:
    """What is to come of ``items`` (an array, in SQL) to each item_id, location_id and lot_id; $1 is the tenant."""
    return f"""
    SELECT item_id, location_id, lot_id, sum(quantity)::bigint AS incoming FROM (
        SELECT k.item_id, e.location_id, '{NO_LOT}'::uuid AS lot_id, e.quantity - e.received AS quantity
        FROM (SELECT DISTINCT unnest({items}) AS item_id) k
        CROSS JOIN LATERAL (
            SELECT * FROM expected_receipt WHERE tenant_id = $1 AND item_id = k.item_id AND state = 'open' OFFSET 0
        ) e
        UNION ALL
        SELECT item_id, target_id, lot_id, quantity FROM ({open_lines(items)}) AS lines
    ) AS supplies GROUP BY item_id, location_id, lot_id
    """


_INCOMING = f"""
SELECT s.item_id, s.location_id, s.lot_id, s.incoming FROM ({incoming_of("$2::uuid[]")}) s
JOIN unnest($2::uuid[], $3::uuid[], $4::uuid[]) AS k(i, l, t) ON (s.item_id, s.location_id, s.lot_id) = (k.i, k.l, k.t)
"""
_ITEM = "SELECT id, sku, scale, backorder_limit, available_on FROM item WHERE tenant_id = $1 AND sku = $2"
_AVAILABLE = f"""
SELECT {LOCATION}, b.available
FROM (SELECT location_id, sum(available)::bigint AS available FROM stock_balance
      WHERE tenant_id = $1 AND item_id = $2 GROUP BY location_id) b
CROSS JOIN LATERAL (SELECT * FROM location WHERE tenant_id = $1 AND id = b.location_id OFFSET 0) l
ORDER BY l.priority, l.code
"""
_FLOWS = f"""
WITH lines AS MATERIALIZED ({open_lines("ARRAY[$2::uuid]")})
SELECT location_id, due AS at, quantity - received AS change, 'expected:' || id AS cause
FROM expected_receipt WHERE tenant_id = $1 AND item_id = $2 AND state = 'open' AND due IS NOT NULL
UNION ALL
SELECT target_id, due, quantity, 'transfer:' || id FROM lines WHERE item_id = $2 AND due IS NOT NULL AND quantity > 0
UNION ALL
SELECT source_id, ship_on, -quantity, 'transfer:' || id FROM lines WHERE item_id = $2 AND state = 'planned'
"""


class PostgresSupply:
    """See ports.supply.Supply."""

    def __init__(self, connection: Connection, context: Context) -> None:
        self._connection = connection
        self._context = context

    async def incoming(self, keys: Collection[BalanceKey]) -> Mapping[BalanceKey, int]:
        """See the port."""
        if not keys:
            return {}
        columns = columns_of((key.item, key.location, key.lot) for key in keys)
        rows = await self._connection.fetch(_INCOMING, self._context.tenant, *columns)
        return {_to_key(row): row["incoming"] for row in rows}


class PostgresSupplyView:
    """See ports.supply.SupplyView."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def prospect(self, tenant: TenantId, sku: str) -> Prospect | None:
        """See the port."""
        async with self._database.reading(tenant) as connection:
            item = await connection.fetchrow(_ITEM, tenant, sku)
            if item is None:
                return None
            places = await connection.fetch(_AVAILABLE, tenant, item["id"])
            flows = await connection.fetch(_FLOWS, tenant, item["id"])
        return Prospect(
            sku=item["sku"],
            scale=item["scale"],
            backorder_limit=item["backorder_limit"],
            shelves=[_to_shelf(row, flows) for row in places],
            available_on=item["available_on"],
        )


def _to_key(row: Any) -> BalanceKey:
    return BalanceKey(
        item=ItemId(str(row["item_id"])), location=LocationId(str(row["location_id"])), lot=LotId(str(row["lot_id"]))
    )


def _to_shelf(place: Any, flows: Iterable[Any]) -> tuple[Location, Shelf]:
    own = [row for row in flows if row["location_id"] == place["id"]]
    return to_location(place), Shelf(
        available=place["available"],
        flows=tuple(Flow(at=row["at"], change=row["change"], cause=row["cause"]) for row in own),
    )
