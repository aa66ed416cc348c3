"""Who waits for stock that was promised before there was any."""

from collections.abc import Collection
from typing import Any

from adapters.postgres.engine import Connection, columns_of
from core.execution.covering import Backlog, Waiting
from core.inventory.balance import BalanceKey
from core.kernel.ids import NO_LOT, ItemId, LocationId, LotId, OrderId, TenantId

_PARTS = "jsonb_array_elements(convert_from(l.parts, 'UTF8')::jsonb) AS p"
_ITEM, _LOT = "COALESCE((p->>'item')::uuid, l.item_id)", f"COALESCE((p->>'lot')::uuid, '{NO_LOT}')"
# A line of a kit waits for its components: those of the tenant are looked through, there are not many.
_BACKLOG = f"""
SELECT o.id, o.accepted_at, b.item_id, b.location_id, b.lot_id, b.available, (p->>'backordered')::bigint AS waiting
FROM (
    SELECT order_id, item_id, parts FROM order_line
    WHERE tenant_id = $1 AND item_id = ANY($2::uuid[]) AND backordered > 0 AND components IS NULL
    UNION ALL
    SELECT order_id, item_id, parts FROM order_line
    WHERE tenant_id = $1 AND backordered > 0 AND components IS NOT NULL
) l
CROSS JOIN LATERAL {_PARTS}
JOIN unnest($2::uuid[], $3::uuid[], $4::uuid[]) AS k(i, l, t)
     ON k.i = {_ITEM} AND k.l = (p->>'location')::uuid AND k.t = {_LOT}
JOIN stock_balance b ON b.tenant_id = $1 AND b.item_id = k.i AND b.location_id = k.l AND b.lot_id = k.t
JOIN orders o ON o.tenant_id = $1 AND o.id = l.order_id
WHERE (p->>'backordered')::bigint > 0
"""
UNCOVERED = f"""
SELECT tenant_id, item_id, location_id, lot_id, w.waiting, b.available, b.stream_id FROM (
    SELECT l.tenant_id, {_ITEM} AS item_id, (p->>'location')::uuid AS location_id, {_LOT} AS lot_id,
           sum((p->>'backordered')::bigint)::bigint AS waiting
    FROM order_line l, {_PARTS} WHERE l.backordered > 0 GROUP BY 1, 2, 3, 4
) w JOIN stock_balance b USING (tenant_id, item_id, location_id, lot_id)
WHERE w.waiting > GREATEST(0, -b.available)
"""
"""The shelves that more is waited for than they owe."""


async def backlog(connection: Connection, tenant: TenantId, shelves: Collection[BalanceKey]) -> Backlog:
    """See ports.execution.Dossiers."""
    wanted = columns_of([(shelf.item, shelf.location, shelf.lot) for shelf in sorted(shelves, key=str)])
    rows = await connection.fetch(_BACKLOG, tenant, *wanted) if shelves else []
    return Backlog(
        waiting=tuple(
            Waiting(
                order=OrderId(str(row["id"])),
                accepted_at=row["accepted_at"],
                shelf=_shelf(row),
                quantity=row["waiting"],
            )
            for row in rows
        ),
        available={_shelf(row): row["available"] for row in rows},
    )


async def uncovered(connection: Connection, tenant: TenantId, limit: int) -> list[BalanceKey]:
    """See ports.execution.OrderChores."""
    rows = await connection.fetch(f"{UNCOVERED} AND b.tenant_id = $1 LIMIT $2", tenant, limit)
    return [_shelf(row) for row in rows]


def _shelf(row: Any) -> BalanceKey:
    return BalanceKey(
        item=ItemId(str(row["item_id"])), location=LocationId(str(row["location_id"])), lot=LotId(str(row["lot_id"]))
    )
