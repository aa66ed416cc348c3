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

_NOT_SOLD_FROM = ""
"""No location's code."""
_ITEM = "i.id, i.sku, i.scale, i.backorder_limit, i.tracking, i.components"
# OFFSET 0 keeps each a look-up by its key: left to choose, the planner walks all the tenant has.
_ITEMS = f"""
SELECT {_ITEM} FROM unnest($2::text[]) AS n(sku)
CROSS JOIN LATERAL (SELECT * FROM item WHERE tenant_id = $1 AND sku = n.sku OFFSET 0) i ORDER BY i.sku
"""
_COMPONENTS = f"""
SELECT {_ITEM} FROM unnest($2::uuid[]) AS n(id)
CROSS JOIN LATERAL (SELECT * FROM item WHERE tenant_id = $1 AND id = n.id OFFSET 0) i
"""
_LOCATIONS = "SELECT id, code FROM location WHERE tenant_id = $1 AND sellable ORDER BY code"
# One row an item, its locations as places in a list: a thousand rows and small numbers are handed over in a fraction of
# the time of twenty thousand rows with their ids.
_SHELVES = """
SELECT n.i, b.places, b.units FROM unnest($2::uuid[]) AS n(i)
CROSS JOIN LATERAL (
    SELECT array_agg(array_position($3::uuid[], location_id)) AS places, array_agg(available) AS units
    FROM stock_balance WHERE tenant_id = $1 AND item_id = n.i AND lot_id = $4 AND available <> 0
) b WHERE b.units IS NOT NULL
"""
_LOTS = """
SELECT n.i, b.places, b.units FROM unnest($2::uuid[]) AS n(i)
CROSS JOIN LATERAL (
    SELECT array_agg(array_position($3::uuid[], s.location_id)) AS places, array_agg(s.available) AS units
    FROM stock_balance s
    CROSS JOIN LATERAL (SELECT status, expires_on FROM lot WHERE tenant_id = $1 AND id = s.lot_id OFFSET 0) t
    WHERE s.tenant_id = $1 AND s.item_id = n.i AND s.available > 0 AND t.status = 'available'
      AND COALESCE(t.expires_on, 'infinity'::date) >= $4
) b WHERE b.units IS NOT NULL
"""
LOTS = f"""
SELECT i.sku, i.scale, {LOT}, (
    SELECT sum({" + ".join(f"b.{bucket}" for bucket in PHYSICAL)})::bigint FROM stock_balance b
    WHERE b.tenant_id = $1 AND b.lot_id = t.id AND b.lot_id <> '{NO_LOT}'::uuid
) AS on_hand
FROM lot t CROSS JOIN LATERAL (SELECT sku, scale FROM item WHERE tenant_id = $1 AND id = t.item_id OFFSET 0) i
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
    made_of = {_id(row): to_components(row["components"]) for row in items if row["components"]}
    stocked = {_id(row): row for row in items if not row["components"]}
    if made_of:
        stocked |= {_id(row): row for row in await connection.fetch(_COMPONENTS, tenant, _parts(made_of))}
    places = await connection.fetch(_LOCATIONS, tenant)
    ids = [row["id"] for row in places]
    codes: dict[int | None, str] = {
        None: _NOT_SOLD_FROM,
        **{place: row["code"] for place, row in enumerate(places, start=1)},
    }
    plain = [item for item, row in stocked.items() if row["tracking"] == "none"]
    shelves = await connection.fetch(_SHELVES, tenant, plain, ids, NO_LOT) if plain else []
    tracked = [item for item, row in stocked.items() if row["tracking"] != "none"]
    if tracked:
        shelves = [*shelves, *await connection.fetch(_LOTS, tenant, tracked, ids, today)]
    stands = {ItemId(str(item)): _by_code(at, units, codes) for item, at, units in shelves}
    stocks = {
        item: Stock(available=stands.get(item, {}), backorder_limit=row["backorder_limit"] if places else 0)
        for item, row in stocked.items()
    }
    return [available_of(row["sku"], row["scale"], _id(row), made_of.get(_id(row), ()), stocks) for row in items]


def _id(row: Any) -> ItemId:
    return ItemId(str(row["id"]))


def _parts(made_of: Mapping[ItemId, Sequence[Component]]) -> list[ItemId]:
    return sorted({part.item for parts in made_of.values() for part in parts})


def _by_code(at: Sequence[int | None], units: Sequence[int], codes: Mapping[int | None, str]) -> dict[str, int]:
    """Sums by location code; a location that is not sold from has no place. Several lots may stand at one."""
    found = {codes[place]: available for place, available in zip(at, units, strict=True)}
    if len(found) < len(at):
        found = dict.fromkeys(found, 0)
        for place, available in zip(at, units, strict=True):
            found[codes[place]] += available
    found.pop(_NOT_SOLD_FROM, None)
    return found
