"""What can be promised now of many items at once, and the lots there are: set-based, a statement or two each."""

import asyncio
from collections.abc import Collection, Mapping, Sequence
from datetime import date
from struct import Struct
from typing import Any

from adapters.postgres.catalogue import to_components
from adapters.postgres.engine import Database
from adapters.postgres.lots import LOT
from core.inventory.availability import Availability, Stock, available_of
from core.inventory.balance import PHYSICAL
from core.kernel.goods import Component
from core.kernel.ids import NO_LOT, ItemId, TenantId
from core.kernel.value import maker

_PART = 500
"""So many items are asked for at a time."""
_NOT_SOLD_FROM = ""
"""No location's code."""
_ITEM = "i.id::text, i.sku, i.scale, i.backorder_limit, i.tracking, i.components"
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
# One row an item, its locations and their units as bytes in a row: the driver hands on twenty thousand of them as two
# thousand values, and where items stand at the same locations these are read once.
_STANDS = """
string_agg(uuid_send(s.location_id), '') AS places, string_agg(int8send(s.available), '') AS units FROM stock_balance s
"""
_SHELVES = f"""
SELECT item_id::text, {_STANDS}
WHERE tenant_id = $1 AND item_id = ANY($2::uuid[]) AND lot_id = $3 AND available <> 0 GROUP BY item_id
"""
_LOTS = f"""
SELECT item_id::text, {_STANDS}
CROSS JOIN LATERAL (SELECT status, expires_on FROM lot WHERE tenant_id = $1 AND id = s.lot_id OFFSET 0) t
WHERE s.tenant_id = $1 AND s.item_id = ANY($2::uuid[]) AND s.available > 0 AND t.status = 'available'
  AND COALESCE(t.expires_on, 'infinity'::date) >= $3
GROUP BY item_id
"""
_stock = maker(Stock)
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


async def availability(database: Database, tenant: TenantId, skus: Collection[str], today: date) -> list[Availability]:
    """See ports.inventory.InventoryView."""
    async with database.reading(tenant) as connection:
        items = await connection.fetch(_ITEMS, tenant, sorted(set(skus)))
        made_of = {row["id"]: to_components(row["components"]) for row in items if row["components"]}
        stocked = [row for row in items if not row["components"]]
        if made_of:
            stocked += await connection.fetch(_COMPONENTS, tenant, _parts(made_of))
        places = _Places(await connection.fetch(_LOCATIONS, tenant))
    plain = [row["id"] for row in stocked if row["tracking"] == "none"]
    tracked = [row["id"] for row in stocked if row["tracking"] != "none"]
    # What takes longest is begun first.
    asking: list[tuple[Any, ...]] = [
        (_LOTS, tenant, tracked[start : start + _PART], today) for start in range(0, len(tracked), _PART)
    ]
    asking += [(_SHELVES, tenant, plain[start : start + _PART], NO_LOT) for start in range(0, len(plain), _PART)]
    stands = await _stands(database, tenant, asking, places)
    stocks = {
        item: _stock(available=stands.get(item, {}), backorder_limit=limit if places.any else 0)
        for item, _, _, limit, _, _ in stocked
    }
    return [available_of(sku, scale, item, made_of.get(item, ()), stocks) for item, sku, scale, _, _, _ in items]


async def _stands(
    database: Database, tenant: TenantId, asking: Collection[Sequence[Any]], places: "_Places"
) -> dict[ItemId, dict[str, int]]:
    """What each item has available where. Two connections take turns, so that two cores add up and the rows of one
    part are read while the next is added up; none is held by whoever waits for another."""
    stands: dict[ItemId, dict[str, int]] = {}
    left = iter(asking)

    async def take_turns() -> None:
        async with database.reading(tenant) as connection:
            for statement in left:
                for item, at, units in await connection.fetch(*statement):
                    stands[item] = places.by_code(at, units)

    await asyncio.gather(*[take_turns() for _ in range(min(2, len(asking)))])
    return stands


def _parts(made_of: Mapping[ItemId, Sequence[Component]]) -> list[ItemId]:
    return sorted({part.item for parts in made_of.values() for part in parts})


class _Places:
    """The locations that are sold from, told by the bytes of their ids."""

    def __init__(self, rows: Sequence[Any]) -> None:
        self.any = bool(rows)
        self._code = {row["id"].bytes: row["code"] for row in rows}
        self._read: dict[bytes, tuple[list[str], Struct]] = {}

    def by_code(self, places: bytes, units: bytes) -> dict[str, int]:
        """Sums by location code; what is not sold from is left out. Several lots may stand at one."""
        known = self._read.get(places)
        if known is None:
            known = self._read[places] = self._codes(places)
        codes, in_units = known
        numbers = in_units.unpack(units)
        found = dict(zip(codes, numbers, strict=True))
        if len(found) < len(codes):
            found = dict.fromkeys(found, 0)
            for code, number in zip(codes, numbers, strict=True):
                found[code] += number
        found.pop(_NOT_SOLD_FROM, None)
        return found

    def _codes(self, places: bytes) -> tuple[list[str], Struct]:
        """The codes, and so many 64-bit integers the way PostgreSQL sends them."""
        codes = [self._code.get(places[at : at + 16], _NOT_SOLD_FROM) for at in range(0, len(places), 16)]
        return codes, Struct(f">{len(codes)}q")
