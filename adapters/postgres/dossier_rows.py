"""Orders with everything that hangs on them, from their rows."""

from collections.abc import Sequence
from typing import Any

from adapters.postgres.engine import Connection
from adapters.postgres.orders import LINES_OF, to_line, to_order
from adapters.toolkit.codec import decode
from core.kernel.ids import FulfilmentId, LocationId, OrderId, TenantId
from core.orders.fulfilment import Fulfilment, FulfilmentLine, FulfilmentState, Shipment, proposed
from core.orders.order import Order, OrderLine
from core.orders.returns import Return

ORDER = "SELECT * FROM orders WHERE tenant_id = $1 AND id = $2"
FULFILMENT = "f.id, f.order_id, f.location_id, f.state, f.lines, f.shipments, f.reason, f.answer_by"
_FULFILMENTS = f"""
SELECT {FULFILMENT} FROM fulfilment f
WHERE f.tenant_id = $1 AND f.id BETWEEN $3 AND $4 AND f.order_id = $2 ORDER BY f.place
"""
_RETURNS = """
SELECT r.body FROM order_return r
WHERE r.tenant_id = $1 AND r.id BETWEEN $3 AND $4 AND r.order_id = $2 ORDER BY r.place
"""
REQUEST = "SELECT body FROM intake WHERE tenant_id = $1 AND id = $2"


async def lines_of(connection: Connection, tenant: TenantId, rows: Sequence[Any]) -> dict[str, list[OrderLine]]:
    """The lines of the orders ``rows`` are of, by order."""
    lines: dict[str, list[OrderLine]] = {}
    for line in await connection.fetch(LINES_OF, tenant, [row["order_id"] for row in rows]):
        lines.setdefault(str(line["order_id"]), []).append(to_line(line))
    return lines


async def order_of(connection: Connection, tenant: TenantId, row: Any) -> Order:
    lines = await connection.fetch(LINES_OF, tenant, [row["id"]])
    return to_order(row, tuple(to_line(line) for line in lines))


async def fulfilments_of(connection: Connection, tenant: TenantId, order: Order) -> tuple[Fulfilment, ...]:
    """The order's fulfilment orders; those nobody has touched yet are as its lines say."""
    facts = order.facts
    rows = await connection.fetch(_FULFILMENTS, tenant, facts.order_id, *_derived(facts.order_id))
    if not rows:
        return proposed(facts.order_id, facts.lines) if order.accepted_at else ()
    return tuple(to_fulfilment(row, facts.lines) for row in rows)


async def returns_of(connection: Connection, tenant: TenantId, order: OrderId) -> tuple[Return, ...]:
    rows = await connection.fetch(_RETURNS, tenant, order, *_derived(order))
    return tuple(decode(Return, row["body"]) for row in rows)


def _derived(order: OrderId) -> tuple[str, str]:
    """Between which ids all that is derived from the order's lies, see core.orders.fulfilment.derived_id."""
    return f"{order[:18]}-0000-000000000000", f"{order[:18]}-ffff-ffffffffffff"


def to_fulfilment(row: Any, lines: Sequence[OrderLine]) -> Fulfilment:
    known, order = FulfilmentId(str(row["id"])), OrderId(str(row["order_id"]))
    if row["lines"] is None:
        return next(one for one in proposed(order, lines) if one.id == known)
    return Fulfilment(
        id=known,
        order=order,
        location=LocationId(str(row["location_id"])),
        state=FulfilmentState(row["state"]),
        lines=decode(tuple[FulfilmentLine, ...], row["lines"]),
        shipments=decode(tuple[Shipment, ...], row["shipments"]),
        reason=row["reason"],
        answer_by=row["answer_by"],
    )
