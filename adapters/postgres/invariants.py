"""DESIGN 9's invariants as SELECTs that return the rows that break them; none is good news."""

from collections.abc import Mapping, Sequence

from adapters.postgres.backlog import UNCOVERED
from adapters.postgres.engine import Database
from adapters.postgres.identity import PostgresTenantsView
from adapters.postgres.past import FOLDED
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
_DIFFERS = " OR ".join(f"b.{bucket} <> COALESCE(e.{bucket}, 0)" for bucket in BUCKETS)
_SHELF = "tenant_id, item_id, location_id, lot_id"
_GROWN = ", ".join(f"sum({bucket}) OVER shelf AS {bucket}" for bucket in BUCKETS)
_STRAYS = " OR ".join(f"s.{bucket} <> g.{bucket}" for bucket in BUCKETS)
_UNITS = " + ".join(f"b.{bucket}" for bucket in BUCKETS)
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
            SELECT tenant_id, item_id, location_id, lot_id, {FOLDED} FROM stock_entry
            GROUP BY tenant_id, item_id, location_id, lot_id
        ) e USING (tenant_id, item_id, location_id, lot_id) WHERE b.version IS NULL OR {_DIFFERS}
    """,
    "I3 what is promised = what orders hold": """
        SELECT tenant_id, format('order %s item %s: promised and not sent %s, held for it in the ledger %s', order_id,
                                 item_id, COALESCE(o.open, 0), COALESCE(e.held, 0)) AS detail
        FROM (
            SELECT l.tenant_id, l.order_id::text AS order_id, COALESCE((p->>'item')::uuid, l.item_id) AS item_id,
                   sum((p->>'quantity')::bigint - COALESCE((p->>'shipped')::bigint, 0)) AS open
            FROM order_line l, jsonb_array_elements(convert_from(l.parts, 'UTF8')::jsonb) AS p GROUP BY 1, 2, 3
        ) o FULL JOIN (
            SELECT tenant_id, substr(cause, 7) AS order_id, item_id,
                   sum(CASE WHEN target IN ('committed', 'picked') THEN quantity ELSE 0 END
                       - CASE WHEN source IN ('committed', 'picked') THEN quantity ELSE 0 END) AS held
            FROM stock_entry WHERE cause LIKE 'order:%' GROUP BY 1, 2, 3
        ) e USING (tenant_id, order_id, item_id)
        WHERE COALESCE(o.open, 0) <> COALESCE(e.held, 0)
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
        WHERE shipped > allocated OR allocated > ordered - cancelled OR delivered > shipped OR returned > shipped
    """,
    "I5 locations are asked for what lines promise": """
        SELECT tenant_id, format('order %s line %s: promised %s, asked for %s', order_id, line, o.promised, f.asked)
                          AS detail
        FROM (
            SELECT l.tenant_id, l.order_id, l.number AS line, sum((p->>'quantity')::bigint) AS promised
            FROM order_line l, jsonb_array_elements(convert_from(l.parts, 'UTF8')::jsonb) AS p GROUP BY 1, 2, 3
        ) o RIGHT JOIN (
            SELECT g.tenant_id, g.order_id, (p->>'line')::int AS line, sum((p->>'quantity')::bigint) AS asked
            FROM fulfilment g, jsonb_array_elements(convert_from(g.lines, 'UTF8')::jsonb) AS p GROUP BY 1, 2, 3
        ) f USING (tenant_id, order_id, line)
        WHERE COALESCE(o.promised, 0) <> f.asked
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
    # What a day's entries added up to, summed over the days: one pass over the entries, however many days there are.
    # The first snapshots stand at the last day that touched their shelf; after that every touched day has one.
    "I15 a snapshot = the fold of its entries": f"""
        SELECT tenant_id, format('item %s at %s, end of %s: available %s, entries say %s', item_id, location_id, day,
                                 s.available, g.available) AS detail
        FROM (
            SELECT s.* FROM stock_snapshot s JOIN snapshot_day d ON d.tenant_id = s.tenant_id AND s.day <= d.through
        ) s FULL JOIN (
            SELECT {_SHELF}, day, {_GROWN}, lead(day) OVER shelf AS next_day FROM (
                SELECT {_SHELF}, (recorded_at AT TIME ZONE 'UTC')::date AS day, {FOLDED} FROM stock_entry
                GROUP BY {_SHELF}, (recorded_at AT TIME ZONE 'UTC')::date
            ) e WINDOW shelf AS (PARTITION BY {_SHELF} ORDER BY day)
        ) g USING ({_SHELF}, day)
        LEFT JOIN (SELECT tenant_id, since, through FROM snapshot_day) d USING (tenant_id)
        WHERE {_STRAYS} OR (s.updated_at IS NOT NULL AND g.available IS NULL)
           OR (s.updated_at IS NULL AND day <= d.through AND (day > d.since OR COALESCE(next_day > d.since, true)))
    """,
    "I2 what leaves a shelf by transfer arrives at another": """
        SELECT tenant_id, format('group %s, item %s: %s base units between two shelves', group_id, item_id,
                                 sum(CASE target WHEN 'transfer' THEN quantity ELSE -quantity END)) AS detail
        FROM stock_entry WHERE source = 'transfer' OR target = 'transfer'
        GROUP BY tenant_id, group_id, item_id, lot_id
        HAVING sum(CASE target WHEN 'transfer' THEN quantity ELSE -quantity END) <> 0
    """,
    "I11 what is in transit = what transfers have under way": """
        SELECT tenant_id, format('item %s at %s: in transit %s, under way %s', item_id, location_id,
                                 COALESCE(b.in_transit, 0), COALESCE(w.under_way, 0)) AS detail
        FROM stock_balance b FULL JOIN (
            SELECT t.tenant_id, (l->>'item')::uuid AS item_id, t.transit_id AS location_id, (l->>'lot')::uuid AS lot_id,
                   sum((l->>'quantity')::bigint - (l->>'received')::bigint - (l->>'lost')::bigint) AS under_way
            FROM transfer t, jsonb_array_elements(convert_from(t.lines, 'UTF8')::jsonb) AS l
            WHERE t.state = 'in_transit' GROUP BY 1, 2, 3, 4
        ) w USING (tenant_id, item_id, location_id, lot_id)
        WHERE COALESCE(b.in_transit, 0) <> COALESCE(w.under_way, 0)
    """,
    # A shelf that something came to is looked at once the relay has carried that on: the oldest, if there are several.
    "I17 what orders wait for is owed": f"""
        SELECT tenant_id, format('item %s at %s: orders wait for %s, available %s', item_id, location_id, waiting,
                                 available) AS detail
        FROM ({UNCOVERED}) w
        WHERE NOT EXISTS (
            SELECT FROM journal j WHERE j.tenant_id = w.tenant_id AND j.stream = w.stream_id
              AND (j.transaction_id, j.position) > (
                  SELECT transaction_id, position FROM (
                      SELECT 0 AS rank, transaction_id, position FROM relay_position
                      UNION ALL SELECT 1, '0'::xid8, 0
                  ) r ORDER BY rank, transaction_id, position LIMIT 1
              )
        )
    """,
    "I16 a serial is one unit": f"""
        SELECT b.tenant_id, format('serial %s is in stock %s times', b.lot_id, sum({_UNITS})) AS detail
        FROM stock_balance b JOIN item i ON i.tenant_id = b.tenant_id AND i.id = b.item_id AND i.tracking = 'serial'
        GROUP BY b.tenant_id, b.lot_id HAVING sum({_UNITS}) > 1
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
