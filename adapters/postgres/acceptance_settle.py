"""What a batch changes once, after its last part: balances, and the histories and exposures of its customers.

A row that one transaction changes twice costs more than two changes: the second time PostgreSQL asks for the item and
the location of a balance again, because the row it changes is the transaction's own.
"""

from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import Any

from adapters.postgres.engine import Connection, columns_of
from core.acceptance.facts import Outcome
from core.kernel.context import Context
from core.kernel.ids import NO_LOT, ItemId, LocationId, LotId, TenantId
from ports.transaction import TransactionConflict

_TAKE = """
UPDATE stock_balance b SET available = b.available - p.quantity, committed = b.committed + p.quantity, updated_at = $1
FROM unnest($2::promise_row[]) AS p
WHERE b.tenant_id = p.tenant_id AND b.item_id = p.item_id AND b.location_id = p.location_id
  AND b.lot_id = COALESCE(p.lot_id, $3::uuid)
"""
_FIRST_HISTORIES = """
INSERT INTO customer_history (tenant_id, customer, orders, window_started_at, window_orders, ship_to)
SELECT * FROM unnest($1::uuid[], $2::text[], $3::int[], $4::timestamptz[], $5::int[], $6::text[])
ON CONFLICT DO NOTHING
"""
_HISTORIES = """
UPDATE customer_history h SET orders = n.orders, window_started_at = n.started, window_orders = n.recent,
       ship_to = n.ship_to
FROM unnest($1::uuid[], $2::text[], $3::int[], $4::timestamptz[], $5::int[], $6::text[])
     AS n(t, c, orders, started, recent, ship_to)
WHERE h.tenant_id = n.t AND h.customer = n.c
"""
_EXPOSURES = """
UPDATE credit_account a SET exposure = n.exposure FROM unnest($1::uuid[], $2::text[], $3::bigint[]) AS n(t, c, exposure)
WHERE a.tenant_id = n.t AND a.customer = n.c
"""
_Shelf = tuple[TenantId, ItemId, LocationId, LotId | None]


async def settle(connection: Connection, outcomes: Sequence[Outcome], context: Context) -> None:
    """Write what all parts of a batch change together; see ports.acceptance.Acceptance.saving."""
    taken = _taken(outcomes)
    if taken:
        tag = await connection.execute(_TAKE, context.now, taken, NO_LOT)
        if tag != f"UPDATE {len(taken)}":
            raise TransactionConflict("a balance was promised from that does not exist")
    await _save_histories(connection, outcomes)
    accounts = {outcome.customer: outcome.account for outcome in outcomes if outcome.customer and outcome.account}
    if accounts:
        held = [(tenant, name, account.exposure) for (tenant, name), account in sorted(accounts.items())]
        await connection.execute(_EXPOSURES, *columns_of(held))


def _taken(outcomes: Sequence[Outcome]) -> list[tuple[Any, ...]]:
    """promise_rows of no order: what each shelf gives in all, a shelf once."""
    taken: defaultdict[_Shelf, int] = defaultdict(int)
    for outcome in outcomes:
        tenant = outcome.tenant
        for item, location, lot, quantity in outcome.promised:
            taken[tenant, item, location, lot] += quantity
    return [(tenant, item, None, None, location, lot, units) for (tenant, item, location, lot), units in taken.items()]


async def _save_histories(connection: Connection, outcomes: Sequence[Outcome]) -> None:
    histories = {outcome.customer: outcome.history for outcome in outcomes if outcome.customer and outcome.history}
    added = Counter(outcome.customer for outcome in outcomes if outcome.history)
    # A history that is there is held since it was gathered; one that was not there may have been begun meanwhile.
    for statement, first in ((_FIRST_HISTORIES, True), (_HISTORIES, False)):
        rows = [
            (*customer, kept.orders, kept.window_started_at, kept.window_orders, kept.ship_to)
            for customer, kept in sorted(histories.items(), key=lambda pair: pair[0])
            if (kept.orders == added[customer]) is first
        ]
        if rows:
            tag = await connection.execute(statement, *columns_of(rows))
            if tag.rpartition(" ")[2] != str(len(rows)):
                raise TransactionConflict("another transaction began this customer's history first")
