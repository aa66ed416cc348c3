"""Writing a part of a decided batch: orders, lines, entries, fulfilments and journal in one statement of CTEs.

One statement instead of five saves four round trips a part. What a batch changes only once, after its last part, is in
adapters.postgres.acceptance_settle.
"""

from collections.abc import Sequence
from typing import Any

from adapters.postgres.engine import Connection
from adapters.toolkit.codec import encode, encode_event
from core.acceptance.events import OrderAccepted, OrderHeld, OrderRejected
from core.acceptance.facts import Outcome
from core.kernel.context import Context
from core.kernel.ids import NO_LOT
from core.orders.fulfilment import asked
from ports.transaction import TransactionConflict

_ORDERS = """
    INSERT INTO orders AS o (tenant_id, id, intake_id, channel, external_id, customer, vendor, currency, total,
                             received_at, accepted_at, rejected_at, held_at, reasons, on_account)
    SELECT tenant_id, id, intake_id, channel, external_id, customer, vendor, currency, total, received_at,
           CASE kind WHEN 0 THEN $1::timestamptz END, CASE kind WHEN 1 THEN $1::timestamptz END,
           CASE kind WHEN 2 THEN $1::timestamptz END, reasons, on_account
    FROM unnest($3::order_row[])
"""
_LINES = """
    INSERT INTO order_line (tenant_id, order_id, number, item_id, sku, scale, ordered, allocated, backordered, price,
                            parts, unit, per, components)
    SELECT * FROM unnest($4::sold_row[])
"""
_RECORD = """
    INSERT INTO journal (tenant_id, stream, version, name, payload, actor, correlation, recorded_at)
    SELECT n.tenant_id, n.id, {version}, n.event, n.payload, $2, n.correlation, $1 FROM unnest($3::order_row[]) AS n
"""
_SAVE = """
WITH saved AS ({orders} RETURNING 1), lines AS ({lines}), recorded AS ({record}), entries AS (
    INSERT INTO stock_entry (tenant_id, item_id, group_id, number, location_id, lot_id, kind, source, target,
                             quantity, cause, actor, recorded_at)
    SELECT tenant_id, item_id, group_id, number, location_id, COALESCE(lot_id, $6::uuid), 'commit', 'available',
           'committed', quantity, 'order:' || group_id, $2::text, $1
    FROM unnest($5::promise_row[])
), asked AS (
    INSERT INTO fulfilment (tenant_id, id, order_id, place, location_id, state)
    SELECT tenant_id, id, order_id, place, location_id, 'proposed' FROM unnest($7::fulfilment_row[])
)
SELECT count(*) FROM saved
"""
_DECIDE = _SAVE.format(orders=_ORDERS, lines=_LINES, record=_RECORD.format(version=1))
"""Orders decided for the first time: a row that is there already is a conflict."""
_DECIDE_AGAIN = _SAVE.format(
    orders=f"""{_ORDERS}
    ON CONFLICT (tenant_id, id) DO UPDATE SET vendor = EXCLUDED.vendor, currency = EXCLUDED.currency,
        total = EXCLUDED.total, accepted_at = EXCLUDED.accepted_at, rejected_at = EXCLUDED.rejected_at,
        held_at = EXCLUDED.held_at, reasons = EXCLUDED.reasons, on_account = EXCLUDED.on_account
        WHERE o.held_at IS NOT NULL""",
    lines=f"""{_LINES}
    ON CONFLICT (tenant_id, order_id, number) DO UPDATE SET item_id = EXCLUDED.item_id, sku = EXCLUDED.sku,
        scale = EXCLUDED.scale, ordered = EXCLUDED.ordered, allocated = EXCLUDED.allocated,
        backordered = EXCLUDED.backordered, price = EXCLUDED.price, parts = EXCLUDED.parts, unit = EXCLUDED.unit,
        per = EXCLUDED.per, components = EXCLUDED.components""",
    record=_RECORD.format(
        version="""CASE WHEN n.reviewed THEN (
            SELECT max(h.version) + 1 FROM journal h WHERE h.tenant_id = n.tenant_id AND h.stream = n.id
        ) ELSE 1 END"""
    ),
)
"""The same where a person has passed some of them: their rows are there, held, and their streams go on."""
_KIND: dict[type, int] = {OrderAccepted: 0, OrderRejected: 1, OrderHeld: 2}


async def save(connection: Connection, outcomes: Sequence[Outcome], context: Context) -> None:
    """Write one part of a batch; see ports.acceptance.Acceptance.saving."""
    if not outcomes:
        return
    saved = await connection.fetchval(
        _DECIDE_AGAIN if any(outcome.requested.reviewed for outcome in outcomes) else _DECIDE,
        context.now,
        context.actor,
        [_order(outcome) for outcome in outcomes],
        _lines(outcomes),
        _entries(outcomes),
        NO_LOT,
        _fulfilments(outcomes),
    )
    if saved != len(outcomes):
        raise TransactionConflict("an order of this batch is already decided")


def _order(outcome: Outcome) -> tuple[Any, ...]:
    """An order_row: the order, and its event, which is of the order's own stream."""
    event, submission = outcome.event, outcome.requested.submission
    facts = event.facts
    accepted = isinstance(event, OrderAccepted)
    return (
        outcome.tenant,
        facts.order_id,
        facts.intake_id,
        facts.channel,
        facts.external_id,
        facts.customer,
        event.vendor if isinstance(event, OrderAccepted) else None,
        facts.currency,
        facts.total,
        facts.received_at,
        _KIND[type(event)],
        None if accepted else encode(event.reasons),  # type: ignore[union-attr]
        outcome.requested.reviewed,
        *encode_event(event),
        submission.correlation,
        outcome.account is not None,
    )


def _lines(outcomes: Sequence[Outcome]) -> list[tuple[Any, ...]]:
    """sold_rows."""
    return [
        (
            tenant,
            facts.order_id,
            line.number,
            line.item,
            line.sku,
            line.scale,
            line.ordered,
            line.allocated,
            line.backordered,
            line.price,
            encode(line.parts),
            line.unit,
            line.per,
            encode(line.components) if line.components else None,
        )
        for tenant, facts in [(outcome.tenant, outcome.event.facts) for outcome in outcomes]
        for line in facts.lines
    ]


def _entries(outcomes: Sequence[Outcome]) -> list[tuple[Any, ...]]:
    """promise_rows, numbered within their order; a lot only where stock is kept by lot."""
    return [
        (outcome.tenant, item, outcome.event.facts.order_id, number, location, lot, quantity)
        for outcome in outcomes
        for number, (item, location, lot, quantity) in enumerate(outcome.promised, start=1)
    ]


def _fulfilments(outcomes: Sequence[Outcome]) -> list[tuple[Any, ...]]:
    """fulfilment_rows: what each location of an accepted order is asked for is in the order's lines."""
    return [
        (outcome.tenant, one, outcome.event.facts.order_id, place, location)
        for outcome in outcomes
        if isinstance(outcome.event, OrderAccepted)
        for place, (one, location) in enumerate(asked(outcome.event.facts.order_id, outcome.event.facts.lines))
    ]
