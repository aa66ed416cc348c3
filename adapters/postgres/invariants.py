"""DESIGN 9's invariants as SELECTs that return the rows that break them; none is good news."""

from collections.abc import Mapping, Sequence

from adapters.postgres.engine import Database
from adapters.postgres.identity import PostgresTenantsView
from core.inventory.balance import BUCKETS
from core.kernel.ids import TenantId
from ports.invariants import Violation

READ_WHOLE_TABLES = """
SET LOCAL statement_timeout = '10min'; SET LOCAL plan_cache_mode = 'auto'; SET LOCAL work_mem = '64MB';
SET LOCAL enable_seqscan = on; SET LOCAL enable_bitmapscan = on; SET LOCAL enable_hashjoin = on;
SET LOCAL enable_mergejoin = off; SET LOCAL enable_nestloop = off;
SELECT set_config('transaction_timeout', '0', true), set_config('transaction_timeout', '15min', true)
WHERE current_setting('server_version_num')::int >= 170000
"""
"""Only hash joins: tables that grew a moment ago have no statistics, a nested loop chosen for a small table never ends
on a large one, and a merge that hopes to find its hundred rows early pairs all of a tenant's rows when there are none.
A transaction's running clock is not set anew by another limit, only by none."""
_FOLDED = ", ".join(
    f"COALESCE(sum(quantity) FILTER (WHERE target = '{bucket}'), 0)"
    f" - COALESCE(sum(quantity) FILTER (WHERE source = '{bucket}'), 0) AS {bucket}"
    for bucket in BUCKETS
)
_DIFFERS = " OR ".join(f"b.{bucket} <> COALESCE(e.{bucket}, 0)" for bucket in BUCKETS)
CHECKS: Mapping[str, str] = {
    "I1 available >= -backorder limit": """
        SELECT tenant_id, format('item %s at %s: available %s, limit %s', item_id, location_id, available,
                                 -backorder_limit) AS detail
        FROM stock_balance WHERE available < -backorder_limit OR available + reserved + committed < 0
    """,
    "I2 balance = fold of its entries": f"""
        SELECT b.tenant_id, format('item %s at %s: available %s, entries say %s', b.item_id, b.location_id,
                                   b.available, e.available) AS detail
        FROM stock_balance b FULL JOIN (
            SELECT tenant_id, item_id, location_id, lot_id, {_FOLDED} FROM stock_entry
            GROUP BY tenant_id, item_id, location_id, lot_id
        ) e USING (tenant_id, item_id, location_id, lot_id) WHERE b.version IS NULL OR {_DIFFERS}
    """,
    "I3 what is promised = what orders hold": """
        SELECT l.tenant_id, format('order %s line %s: allocated %s, committed in the ledger %s', l.order_id, l.number,
                                   l.allocated, COALESCE(e.committed, 0)) AS detail
        FROM (
            SELECT tenant_id, order_id, item_id, min(number) AS number, sum(allocated) AS allocated FROM order_line
            GROUP BY tenant_id, order_id, item_id
        ) l LEFT JOIN (
            SELECT tenant_id, group_id, item_id, sum(quantity) AS committed FROM stock_entry WHERE kind = 'commit'
            GROUP BY tenant_id, group_id, item_id
        ) e ON e.tenant_id = l.tenant_id AND e.group_id = l.order_id AND e.item_id = l.item_id
        WHERE l.allocated <> COALESCE(e.committed, 0)
    """,
    "I4 every submission ends": """
        SELECT i.tenant_id, format('submission %s is nowhere: no order, no job, no dead letter', i.id) AS detail
        FROM intake i
        WHERE NOT EXISTS (SELECT FROM orders o WHERE o.tenant_id = i.tenant_id AND o.id = i.order_id)
          AND NOT EXISTS (SELECT FROM intake_job j WHERE j.tenant_id = i.tenant_id AND j.intake_id = i.id)
          AND NOT EXISTS (SELECT FROM queue_job q WHERE q.tenant_id = i.tenant_id AND q.id = i.id)
          AND NOT EXISTS (SELECT FROM dead_letter d WHERE d.tenant_id = i.tenant_id AND d.id = i.id)
    """,
    "I5 shipped <= allocated <= ordered - cancelled": """
        SELECT tenant_id, format('order %s line %s', order_id, number) AS detail FROM order_line
        WHERE shipped > allocated OR allocated > ordered - cancelled
    """,
    "I6 every saga ends, or something moves it": """
        SELECT s.tenant_id, format('saga %s is %s, and nothing will move it on', s.id, s.status) AS detail
        FROM saga s WHERE s.status IN ('running', 'compensating') AND NOT EXISTS (
            SELECT FROM queue_job q WHERE q.tenant_id = s.tenant_id AND q.id = s.waits_for AND q.run_at < 'infinity'
        )
    """,
    "I7 a stream's versions have no gap": """
        SELECT tenant_id, format('stream %s: %s events up to version %s', stream, count(*), max(version)) AS detail
        FROM journal GROUP BY tenant_id, stream HAVING count(*) <> max(version)
    """,
    "I8 an order is journaled as it stands": """
        SELECT o.tenant_id, format('order %s has no event', o.id) AS detail FROM orders o
        WHERE NOT EXISTS (SELECT FROM journal j WHERE j.tenant_id = o.tenant_id AND j.stream = o.id)
    """,
    "I10 a dead letter keeps its cause": """
        SELECT tenant_id, format('dead letter %s', id) AS detail FROM dead_letter
        WHERE error_code = '' OR error_detail = '' OR attempts < 0
    """,
    "I11 what is reserved = what is held": """
        SELECT tenant_id, format('item %s at %s: reserved %s, held %s', item_id, location_id, COALESCE(b.reserved, 0),
                                 COALESCE(h.held, 0)) AS detail
        FROM stock_balance b FULL JOIN (
            SELECT r.tenant_id, (p->'key'->>'item')::uuid AS item_id, (p->'key'->>'location')::uuid AS location_id,
                   (p->'key'->>'lot')::uuid AS lot_id, sum((p->>'quantity')::bigint) AS held
            FROM reservation r, jsonb_array_elements(convert_from(r.parts, 'UTF8')::jsonb) AS p
            WHERE r.state = 'held' GROUP BY 1, 2, 3, 4
        ) h USING (tenant_id, item_id, location_id, lot_id)
        WHERE COALESCE(b.reserved, 0) <> COALESCE(h.held, 0)
    """,
}


class PostgresInvariants:
    """See ports.invariants.Invariants."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._tenants = PostgresTenantsView(database)

    async def violations(self, tenant: TenantId | None = None, limit: int = 100) -> Sequence[Violation]:
        """See the port."""
        tenants = (tenant,) if tenant else tuple(known.id for known in await self._tenants.tenants())
        if not tenants:
            return []
        found = []
        async with self._database.reading(*tenants) as connection:
            await connection.execute(READ_WHOLE_TABLES)
            for name, query in CHECKS.items():
                rows = await connection.fetch(f"SELECT * FROM ({query}) AS broken LIMIT {limit}", timeout=600)
                found += [Violation(invariant=name, tenant=str(row["tenant_id"]), detail=row["detail"]) for row in rows]
        return found
