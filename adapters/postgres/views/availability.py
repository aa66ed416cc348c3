"""What can be promised now of many items at once, and the lots there are: set-based, a statement or two each."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from typing import Any

from adapters.postgres.catalogue import to_components
from adapters.postgres.engine import Connection
from adapters.postgres.lots import LOT
from core.inventory.availability import Availability, Stock, available_of
from core.inventory.balance import PHYSICAL
from core.kernel.goods import Component
from core.kernel.ids import NO_LOT, ItemId, TenantId

_ITEM = "i.id, i.sku, i.scale, i.backorder_limit, i.tracking, i.components"
_ITEMS = f"""
SELECT {_ITEM} FROM unnest($2::text[]) AS n(sku) JOIN item i ON i.tenant_id = $1 AND i.sku = n.sku ORDER BY i.sku
"""
_COMPONENTS = f"SELECT {_ITEM} FROM unnest($2::uuid[]) AS n(id) JOIN item i ON i.tenant_id = $1 AND i.id = n.id"
_LOCATIONS = "SELECT id, code FROM location WHERE tenant_id = $1 AND sellable"
# One row an item: twenty thousand rows cost more to hand over than to read.
_SHELVES = """
SELECT n.i, array_agg(b.location_id), array_agg(b.available)
FROM unnest($2::uuid[]) AS n(i) JOIN stock_balance b ON b.tenant_id = $1 AND b.item_id = n.i AND b.lot_id = $3
WHERE b.available <> 0 GROUP BY n.i
"""
_LOTS = """
SELECT n.i, array_agg(b.location_id), array_agg(b.available)
FROM unnest($2::uuid[]) AS n(i) JOIN stock_balance b ON b.tenant_id = $1 AND b.item_id = n.i AND b.available > 0
JOIN lot t ON t.tenant_id = $1 AND t.id = b.lot_id AND t.status = 'available'
     AND COALESCE(t.expires_on, 'infinity'::date) >= $3
GROUP BY n.i
"""
LOTS = f"""
SELECT i.sku, i.scale, {LOT}, (
    SELECT sum({" + ".join(f"b.{bucket}" for bucket in PHYSICAL)})::bigint FROM stock_balance b
    WHERE b.tenant_id = $1 AND b.lot_id = t.id AND b.lot_id <> '{NO_LOT}'::uuid
) AS on_hand
FROM lot t JOIN item i ON i.tenant_id = $1 AND i.id = t.item_id
WHERE t.tenant_id = $1 AND ($2::text IS NULL OR i.sku = $2)
  AND ($3::date IS NULL OR COALESCE(t.expires_on, 'infinity'::date) < $3)
  AND (COALESCE(t.expires_on, 'infinity'::date), t.id) > ($4::date, $5::uuid)
ORDER BY COALESCE(t.expires_on, 'infinity'::date), t.id LIMIT $6
"""


async def availability(
    connection: Connection, tenant: TenantId, skus: Collection[str], today: date
) -> list[Availability]:
    """See ports.inventory.InventoryView."""
    items = await connection.fetch(_ITEMS, tenant, sorted(set(skus)))
    made_of = {row["id"]: to_components(row["components"]) for row in items if row["components"]}
    stocked = {row["id"]: row for row in items if not row["components"]}
    if made_of:
        stocked |= {row["id"]: row for row in await connection.fetch(_COMPONENTS, tenant, _parts(made_of))}
    codes = {row["id"]: row["code"] for row in await connection.fetch(_LOCATIONS, tenant)}
    plain = [item for item, row in stocked.items() if row["tracking"] == "none"]
    shelves = await connection.fetch(_SHELVES, tenant, plain, NO_LOT) if plain else []
    tracked = [item for item, row in stocked.items() if row["tracking"] != "none"]
    if tracked:
        shelves = [*shelves, *await connection.fetch(_LOTS, tenant, tracked, today)]
    stands = {item: _by_code(locations, units, codes) for item, locations, units in shelves}
    stocks = {
        ItemId(str(item)): Stock(available=stands.get(item, {}), backorder_limit=row["backorder_limit"] if codes else 0)
        for item, row in stocked.items()
    }
    return [
        available_of(row["sku"], row["scale"], ItemId(str(row["id"])), made_of.get(row["id"], ()), stocks)
        for row in items
    ]


def _parts(made_of: Mapping[Any, Sequence[Component]]) -> list[ItemId]:
    return sorted({part.item for parts in made_of.values() for part in parts})


def _by_code(locations: Sequence[Any], units: Sequence[int], codes: Mapping[Any, str]) -> dict[str, int]:
    """Sums by location code; a location that is not sold from is passed over. Several lots may stand at one."""
    found: dict[str, int] = {}
    for location, available in zip(locations, units, strict=True):
        code = codes.get(location)
        if code is not None:
            found[code] = found.get(code, 0) + available
    return found
