"""The ledger's writing side: locations, held balances, entries."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from adapters.postgres.catalogue import days_of, to_components, to_units
from adapters.postgres.configuration import policies_of
from adapters.postgres.engine import Connection, columns_of
from adapters.postgres.lots import lots_by_id
from core.inventory.balance import BUCKETS, Balance, BalanceKey
from core.inventory.location import Location, LocationKind
from core.kernel.context import Context
from core.kernel.goods import Measure, Tracking
from core.kernel.ids import NO_LOT, ItemId, LocationId, LotId, NewId, StreamId, is_id
from ports.inventory import LockedBalance, NewEntries, Shelves, Stockable
from ports.transaction import TransactionConflict

LOCATION = "l.id, l.code, l.kind, l.priority, l.country, l.sellable"
BALANCE = ", ".join(
    f"b.{name}" for name in ("item_id", "location_id", "lot_id", *BUCKETS, "backorder_limit", "version", "stream_id")
)
_ADD_LOCATION = """
INSERT INTO location (tenant_id, id, code, kind, priority, country, sellable) VALUES ($1, $2, $3, $4, $5, $6, $7)
ON CONFLICT (tenant_id, code) DO NOTHING RETURNING id
"""
_BY_CODE = f"SELECT {LOCATION} FROM location l WHERE tenant_id = $1 AND code = ANY($2)"
_IN_TRANSIT = f"SELECT {LOCATION} FROM location l WHERE tenant_id = $1 AND kind = 'in_transit' ORDER BY code LIMIT 1"
_STOCKABLE = "SELECT id, sku, uom, scale, backorder_limit, tracking, components, units FROM item"
_STOCKABLES = f"{_STOCKABLE} WHERE tenant_id = $1 AND sku = ANY($2)"
_STOCKABLE_BY_ID = f"{_STOCKABLE} WHERE tenant_id = $1 AND id = $2"
# The limit is read under a lock: an amendment of it either comes before, or finds the new balance.
OPEN = """
INSERT INTO stock_balance (tenant_id, item_id, location_id, lot_id, backorder_limit, stream_id, updated_at)
SELECT k.tenant, k.i, k.l, k.t, item.backorder_limit, k.s, $6
FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::uuid[], $5::uuid[]) AS k(tenant, i, l, t, s)
CROSS JOIN LATERAL (SELECT backorder_limit FROM item WHERE tenant_id = k.tenant AND id = k.i FOR SHARE) item
WHERE NOT EXISTS (
    SELECT FROM stock_balance b
    WHERE b.tenant_id = k.tenant AND b.item_id = k.i AND b.location_id = k.l AND b.lot_id = k.t
)
ON CONFLICT DO NOTHING
"""
_HOLD = f"""
SELECT {BALANCE} FROM stock_balance b
JOIN unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::uuid[]) AS k(tenant, i, l, t)
     ON (b.tenant_id, b.item_id, b.location_id, b.lot_id) = (k.tenant, k.i, k.l, k.t)
ORDER BY b.tenant_id, b.item_id, b.location_id, b.lot_id FOR NO KEY UPDATE OF b
"""
_HOLD_LOTS = f"""
SELECT {BALANCE} FROM stock_balance b
WHERE b.tenant_id = $1 AND b.item_id = $2 AND b.location_id = ANY($3::uuid[]) AND b.lot_id <> '{NO_LOT}'::uuid
  AND (b.available > 0 OR b.reserved > 0)
ORDER BY b.location_id, b.lot_id FOR NO KEY UPDATE OF b
"""
_ENTER = """
INSERT INTO stock_entry (tenant_id, item_id, group_id, number, location_id, lot_id, kind, source, target, quantity,
                         reason, cause, actor, recorded_at)
SELECT $1, i, g, n, l, t, k, s, d, q, r, c, $13, $14
FROM unnest($2::uuid[], $3::uuid[], $4::int[], $5::uuid[], $6::uuid[], $7::text[], $8::text[], $9::text[],
            $10::bigint[], $11::text[], $12::text[]) AS e(i, g, n, l, t, k, s, d, q, r, c)
"""
_ADDED = ", ".join(f"{bucket} = b.{bucket} + d.{bucket}" for bucket in BUCKETS)
_ARRAYS = ", ".join(f"${number}::bigint[]" for number in range(5, 13))
_APPLY = f"""
UPDATE stock_balance b SET {_ADDED},
       version = b.version + d.groups, updated_at = $13
FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::uuid[], {_ARRAYS}, $14::int[])
     AS d(tenant, item_id, location_id, lot_id, {", ".join(BUCKETS)}, groups)
WHERE (b.tenant_id, b.item_id, b.location_id, b.lot_id) = (d.tenant, d.item_id, d.location_id, d.lot_id)
"""


class PostgresLocations:
    """See ports.inventory.Locations."""

    def __init__(self, connection: Connection, context: Context) -> None:
        self._connection = connection
        self._context = context

    async def add(self, location: Location) -> bool:
        """See the port."""
        row = await self._connection.fetchrow(
            _ADD_LOCATION,
            self._context.tenant,
            location.id,
            location.code,
            location.kind,
            location.priority,
            location.country,
            location.sellable,
        )
        return row is not None

    async def by_code(self, codes: Collection[str]) -> Mapping[str, Location]:
        """See the port."""
        rows = await self._connection.fetch(_BY_CODE, self._context.tenant, list(codes))
        return {row["code"]: to_location(row) for row in rows}

    async def in_transit(self) -> Location | None:
        """See the port."""
        row = await self._connection.fetchrow(_IN_TRANSIT, self._context.tenant)
        return None if row is None else to_location(row)


class PostgresLedger:
    """See ports.inventory.Ledger."""

    def __init__(self, connection: Connection, context: Context, new_id: NewId) -> None:
        self._connection = connection
        self._context = context
        self._new_id = new_id

    async def stockables(self, skus: Collection[str]) -> Mapping[str, Stockable]:
        """See the port."""
        rows = await self._connection.fetch(_STOCKABLES, self._context.tenant, list(skus))
        return {row["sku"]: _to_stockable(row) for row in rows}

    async def available_on(self, items: Collection[ItemId]) -> Mapping[ItemId, date]:
        """See the port."""
        return await days_of(self._connection, self._context.tenant, items)

    async def lock(self, keys: Collection[BalanceKey]) -> Mapping[BalanceKey, LockedBalance]:
        """See the port."""
        if not keys:
            return {}
        columns = columns_of(sorted((key.item, key.location, key.lot) for key in keys))
        tenants = [self._context.tenant] * len(keys)
        await self._connection.execute(OPEN, tenants, *columns, [self._new_id() for _ in keys], self._context.now)
        rows = await self._connection.fetch(_HOLD, tenants, *columns)
        held = [to_locked(row) for row in rows]
        return {locked.balance.key: locked for locked in held}

    async def named(self, name: str) -> Stockable | None:
        """See the port."""
        found = (await self.stockables([name])).get(name)
        if found is not None or not is_id(name):
            return found
        row = await self._connection.fetchrow(_STOCKABLE_BY_ID, self._context.tenant, name)
        return _to_stockable(row) if row else None

    async def shelves(self, name: str) -> Shelves | None:
        """See the port."""
        tenant = self._context.tenant
        stockable = await self.named(name)
        if stockable is None:
            return None
        rows = await self._connection.fetch(
            f"SELECT {LOCATION} FROM location l WHERE tenant_id = $1 AND sellable ORDER BY priority, code", tenant
        )
        places = [to_location(row) for row in rows]
        if stockable.components:
            held: Collection[LockedBalance] = []
        elif stockable.tracking is Tracking.NONE:
            keys = [BalanceKey(item=stockable.item, location=place.id) for place in places]
            held = (await self.lock(keys)).values()
        else:
            found = await self._connection.fetch(_HOLD_LOTS, tenant, stockable.item, [place.id for place in places])
            held = [to_locked(row) for row in found]
        policies = await policies_of(self._connection, [tenant])
        lots = {(tenant, one.balance.key.lot) for one in held if one.balance.key.lot != NO_LOT}
        return Shelves(
            stockable=stockable,
            places=tuple((place, one) for place in places for one in held if one.balance.key.location == place.id),
            policy=policies[tenant].allocation,
            lots=await lots_by_id(self._connection, lots),
        )

    async def enter(self, groups: Sequence[NewEntries]) -> None:
        """See the port."""
        entries = [
            (movement.key.item, group.group, number, movement.key.location, movement.key.lot, movement.kind,
             movement.source, movement.target, movement.quantity, movement.reason, group.cause)
            for group in groups
            for number, movement in enumerate(group.movements, start=1)
        ]  # fmt: skip
        if not entries:
            return
        await self._connection.execute(
            _ENTER, self._context.tenant, *columns_of(entries), self._context.actor, self._context.now
        )
        changes = _changes(groups)
        columns = columns_of([(key.item, key.location, key.lot, *buckets) for key, (buckets, _) in changes.items()])
        counts = [count for _, count in changes.values()]
        tenants = [self._context.tenant] * len(changes)
        tag = await self._connection.execute(_APPLY, tenants, *columns, self._context.now, counts)
        if tag != f"UPDATE {len(changes)}":
            raise TransactionConflict("a balance was entered that the transaction does not hold")


def to_location(row: Any) -> Location:
    """A location from its row."""
    return Location(
        id=LocationId(str(row["id"])),
        code=row["code"],
        kind=LocationKind(row["kind"]),
        priority=row["priority"],
        country=row["country"],
        sellable=row["sellable"],
    )


def to_balance(row: Any) -> Balance:
    """A balance from its row."""
    return Balance(
        key=BalanceKey(
            item=ItemId(str(row["item_id"])),
            location=LocationId(str(row["location_id"])),
            lot=LotId(str(row["lot_id"])),
        ),
        available=row["available"],
        reserved=row["reserved"],
        committed=row["committed"],
        picked=row["picked"],
        quality_control=row["quality_control"],
        damaged=row["damaged"],
        safety_stock=row["safety_stock"],
        in_transit=row["in_transit"],
        backorder_limit=row["backorder_limit"],
        version=row["version"],
    )


def to_locked(row: Any) -> LockedBalance:
    """A held balance from its row."""
    return LockedBalance(balance=to_balance(row), stream=StreamId(str(row["stream_id"])))


def _to_stockable(row: Any) -> Stockable:
    return Stockable(
        item=ItemId(str(row["id"])),
        sku=row["sku"],
        measure=Measure(scale=row["scale"], uom=row["uom"], units=to_units(row["units"])),
        backorder_limit=row["backorder_limit"],
        tracking=Tracking(row["tracking"]),
        components=to_components(row["components"]),
    )


def _changes(groups: Iterable[NewEntries]) -> dict[BalanceKey, tuple[list[int], int]]:
    """For each balance: the change of every bucket, and how many groups touch it."""
    changes: dict[BalanceKey, tuple[list[int], int]] = {}
    place = {bucket: index for index, bucket in enumerate(BUCKETS)}
    for group in groups:
        for key in {movement.key for movement in group.movements}:
            buckets, count = changes.get(key, ([0] * len(BUCKETS), 0))
            changes[key] = (buckets, count + 1)
        for movement in group.movements:
            buckets, _ = changes[movement.key]
            for account, sign in ((movement.source, -1), (movement.target, 1)):
                if account in place:
                    buckets[place[account]] += sign * movement.quantity
    return changes
