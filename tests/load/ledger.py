"""A large ledger in a few statements: one tenant's items at many locations, entries spread over many days."""

from datetime import datetime, timedelta
from typing import Any

from adapters.postgres.past import FOLDED
from core.inventory.balance import BUCKETS
from core.kernel.ids import TenantId

TENANT = TenantId("01900000-0000-7000-8000-0000000000aa")
AT_ONCE = 500_000
_DIGITS = "lpad(to_hex({ms}), 12, '0') || '7' || lpad(to_hex({n} & 4095), 3, '0') || '8' || lpad(to_hex({n}), 15, '0')"
_ID = f"({_DIGITS})::uuid"
_EARLIER = "CASE WHEN n % 200 = 1 THEN interval '2 days' ELSE interval '1 s' END"
_ITEMS = f"""
INSERT INTO item (tenant_id, id, sku, name, uom, scale, backorder_limit, version)
SELECT $1, {_ID.format(ms="1700000000000", n="n")}, 'SKU-' || lpad(n::text, 6, '0'), 'item ' || n, 'each', 0, 0, 1
FROM generate_series(1, $2::bigint) AS n
"""
_PLACES = f"""
INSERT INTO location (tenant_id, id, code, kind, priority, sellable)
SELECT $1, {_ID.format(ms="1700000000001", n="n")}, 'W' || lpad(n::text, 3, '0'), 'warehouse', 100, true
FROM generate_series(1, $2::bigint) AS n
"""
# The first item moves far more often than the others: one entry in fifty is its.
# One in five receives twenty, the others promise one or two to an order; one in two hundred was decided days after its
# order came in, so that its id is so much older.
_ENTRIES = f"""
INSERT INTO stock_entry (tenant_id, item_id, group_id, number, location_id, lot_id, kind, source, target, quantity,
                         reason, cause, actor, recorded_at)
SELECT $1, {_ID.format(ms="1700000000000", n="item")}, made, 1, {_ID.format(ms="1700000000001", n="place")},
       '00000000-0000-0000-0000-000000000000',
       CASE WHEN n % 1000 = 0 THEN 'count' WHEN n % 5 = 0 THEN 'receive' ELSE 'commit' END,
       CASE WHEN n % 1000 = 0 THEN 'adjustment' WHEN n % 5 = 0 THEN 'supplier' ELSE 'available' END,
       CASE WHEN n % 5 = 0 THEN 'available' ELSE 'committed' END,
       CASE WHEN n % 5 = 0 THEN 20 ELSE 1 + n % 2 END,
       CASE WHEN n % 5 = 0 THEN 'delivery' END, CASE WHEN n % 5 <> 0 THEN 'order:' || made END, 'ann', at
FROM (
    SELECT n, at, CASE WHEN n % 50 = 7 THEN 1 ELSE 1 + floor(random() * $2)::bigint END AS item,
           1 + floor(random() * $3)::bigint AS place,
           {_ID.format(ms=f"(extract(epoch FROM at - {_EARLIER}) * 1000)::bigint", n="n")} AS made
    FROM generate_series($6::bigint, $7::bigint) AS n
    CROSS JOIN LATERAL (SELECT $4::timestamptz + n * $5::interval AS at OFFSET 0) t
) AS told
"""
_ORDERS = """
INSERT INTO orders (tenant_id, id, intake_id, channel, external_id, customer, total, received_at, accepted_at)
SELECT $1, group_id, group_id, 'shop', group_id::text, 'acme', 0, recorded_at, recorded_at
FROM stock_entry WHERE tenant_id = $1 AND kind = 'commit'
"""
_BALANCES = f"""
INSERT INTO stock_balance (tenant_id, item_id, location_id, lot_id, {", ".join(BUCKETS)}, stream_id, updated_at)
SELECT $1, item_id, location_id, lot_id, {", ".join(BUCKETS)}, item_id, at FROM (
    SELECT item_id, location_id, lot_id, max(recorded_at) AS at, {FOLDED} FROM stock_entry
    WHERE tenant_id = $1 GROUP BY item_id, location_id, lot_id
) AS folded
"""


async def fill(owner: Any, skus: int, locations: int, days: int, entries: int, now: datetime) -> None:
    """Fill the database behind ``owner`` (a connection of its owner), which is migrated and has nothing of the tenant.

    Every entry happened at the one moment that is due to its number, in the ``days`` before ``now``.
    """
    await owner.execute("INSERT INTO tenant (tenant_id, name, created_at) VALUES ($1, 'past', $2)", TENANT, now)
    await owner.execute(_ITEMS, TENANT, skus)
    await owner.execute(_PLACES, TENANT, locations)
    await owner.execute("SELECT setseed(0.5)")
    start, apart = now - timedelta(days=days), timedelta(days=days) / (entries + 1)
    for first in range(1, entries + 1, AT_ONCE):
        last = min(entries, first + AT_ONCE - 1)
        await owner.execute(_ENTRIES, TENANT, skus, locations, start, apart, first, last, timeout=600)
    await owner.execute(_ORDERS, TENANT, timeout=600)
    # What was promised before anything arrived is nobody's concern here.
    await owner.execute("ALTER TABLE stock_balance ALTER backorder_limit SET DEFAULT 1000000")
    await owner.execute(_BALANCES, TENANT, timeout=600)
    await owner.execute("ALTER TABLE stock_balance ALTER backorder_limit SET DEFAULT 0")
