"""Open orders with their fulfilment orders: held, kept, listed."""

from collections.abc import Collection, Sequence
from typing import Any

from adapters.postgres import backlog
from adapters.postgres.engine import Connection, Database, columns_of
from adapters.postgres.orders import LINES_OF, to_line, to_order
from adapters.toolkit.codec import decode, decoder_of, encode
from core.execution.covering import Backlog
from core.intake.submission import OrderRequest
from core.inventory.balance import BalanceKey
from core.kernel.context import Context
from core.kernel.ids import FulfilmentId, LocationId, OrderId, ReturnId, TenantId
from core.orders.dossier import Dossier
from core.orders.fulfilment import Fulfilment, FulfilmentLine, FulfilmentState, Shipment, proposed
from core.orders.order import Order, OrderLine
from core.orders.returns import Return, ReturnState
from ports.execution import ReturnRow, Work, WorkFilter

_ORDER = "SELECT * FROM orders WHERE tenant_id = $1 AND id = $2"
_VERSION = "SELECT max(version) FROM journal WHERE tenant_id = $1 AND stream = $2"
_ORDER_OF = "SELECT order_id FROM fulfilment WHERE tenant_id = $1 AND id = $2"
_FULFILMENT = "f.id, f.order_id, f.location_id, f.state, f.lines, f.shipments, f.reason"
_FULFILMENTS = f"""
SELECT {_FULFILMENT} FROM fulfilment f
WHERE f.tenant_id = $1 AND f.id BETWEEN $3 AND $4 AND f.order_id = $2 ORDER BY f.place
"""
_ONE = f"SELECT {_FULFILMENT} FROM fulfilment f WHERE f.tenant_id = $1 AND f.id = $2"
_RETURNS = """
SELECT r.body FROM order_return r
WHERE r.tenant_id = $1 AND r.id BETWEEN $3 AND $4 AND r.order_id = $2 ORDER BY r.place
"""
_ORDER_RETURNED = "SELECT order_id FROM order_return WHERE tenant_id = $1 AND id = $2"
_RETURNED = """
SELECT r.order_id, r.body, o.currency FROM order_return r
JOIN orders o ON o.tenant_id = r.tenant_id AND o.id = r.order_id
WHERE r.tenant_id = $1 AND ($2::text IS NULL OR r.state = $2) AND ($3::uuid IS NULL OR r.id > $3)
ORDER BY r.id LIMIT $4
"""
_WORK = f"""
SELECT {_FULFILMENT} FROM fulfilment f
WHERE f.tenant_id = $1 AND f.state IN ('proposed', 'accepted', 'picking', 'packed')
  AND ($2::uuid IS NULL OR f.location_id = $2) AND ($3::text IS NULL OR f.state = $3)
  AND ($4::uuid IS NULL OR f.id > $4)
ORDER BY f.id LIMIT $5
"""
_COUNTRY = "SELECT body FROM intake WHERE tenant_id = $1 AND id = $2"
_SAVE_ORDER = """
UPDATE orders SET total = $3, rejected_at = $4, held_at = $5, cancelled_at = $6, holds = $7
WHERE tenant_id = $1 AND id = $2
"""
_SAVE_LINES = """
UPDATE order_line l SET ordered = n.ordered, allocated = n.allocated, backordered = n.backordered,
       shipped = n.shipped, cancelled = n.cancelled, delivered = n.delivered, returned = n.returned, parts = n.parts
FROM unnest($3::int[], $4::bigint[], $5::bigint[], $6::bigint[], $7::bigint[], $8::bigint[], $9::bigint[],
            $10::bigint[], $11::bytea[])
     AS n(number, ordered, allocated, backordered, shipped, cancelled, delivered, returned, parts)
WHERE l.tenant_id = $1 AND l.order_id = $2 AND l.number = n.number
"""
_SAVE_FULFILMENTS = """
INSERT INTO fulfilment (tenant_id, order_id, id, place, location_id, state, lines, shipments, reason)
SELECT $1, $2, * FROM unnest($3::uuid[], $4::smallint[], $5::uuid[], $6::text[], $7::bytea[], $8::bytea[], $9::text[])
ON CONFLICT (tenant_id, id) DO UPDATE SET state = EXCLUDED.state, lines = EXCLUDED.lines,
    shipments = EXCLUDED.shipments, reason = EXCLUDED.reason
"""
_SAVE_RETURNS = """
INSERT INTO order_return (tenant_id, order_id, id, place, state, body)
SELECT $1, $2, * FROM unnest($3::uuid[], $4::smallint[], $5::text[], $6::bytea[])
ON CONFLICT (tenant_id, id) DO UPDATE SET state = EXCLUDED.state, body = EXCLUDED.body
"""


class PostgresDossiers:
    """See ports.execution.Dossiers."""

    def __init__(self, connection: Connection, context: Context) -> None:
        self._connection = connection
        self._context = context

    async def lock(self, order: OrderId) -> Dossier | None:
        """See the port."""
        tenant = self._context.tenant
        row = await self._connection.fetchrow(f"{_ORDER} FOR UPDATE", tenant, order)
        if row is None:
            return None
        version = await self._connection.fetchval(_VERSION, tenant, order)
        kept = await _order(self._connection, tenant, row)
        return Dossier(
            order=kept,
            fulfilments=await _fulfilments(self._connection, tenant, kept),
            returns=await _returns(self._connection, tenant, order),
            version=version or 0,
        )

    async def lock_of(self, fulfilment: FulfilmentId) -> Dossier | None:
        """See the port."""
        order = await self._connection.fetchval(_ORDER_OF, self._context.tenant, fulfilment)
        return None if order is None else await self.lock(OrderId(str(order)))

    async def lock_returned(self, one: ReturnId) -> Dossier | None:
        """See the port."""
        order = await self._connection.fetchval(_ORDER_RETURNED, self._context.tenant, one)
        return None if order is None else await self.lock(OrderId(str(order)))

    async def country(self, dossier: Dossier) -> str | None:
        """See the port."""
        intake = dossier.order.facts.intake_id
        body = await self._connection.fetchval(_COUNTRY, self._context.tenant, intake)
        request = decoder_of(OrderRequest).decode(body) if body else None
        return request.ship_to.country if request and request.ship_to else None

    async def backlog(self, shelves: Collection[BalanceKey]) -> Backlog:
        """See the port."""
        return await backlog.backlog(self._connection, self._context.tenant, shelves)

    async def save(self, dossier: Dossier) -> None:
        """See the port."""
        tenant, order, facts = self._context.tenant, dossier.order, dossier.order.facts
        await self._connection.execute(
            _SAVE_ORDER,
            tenant,
            facts.order_id,
            facts.total,
            order.rejected_at,
            order.held_at,
            order.cancelled_at,
            encode(order.holds) if order.holds else None,
        )
        if facts.lines:
            await self._connection.execute(_SAVE_LINES, tenant, facts.order_id, *columns_of(map(_line, facts.lines)))
        if dossier.fulfilments:
            rows = [_row(one, place) for place, one in enumerate(dossier.fulfilments)]
            await self._connection.execute(_SAVE_FULFILMENTS, tenant, facts.order_id, *columns_of(rows))
        if dossier.returns:
            kept = [(one.id, place, one.state, encode(one)) for place, one in enumerate(dossier.returns)]
            await self._connection.execute(_SAVE_RETURNS, tenant, facts.order_id, *columns_of(kept))


class PostgresDossiersView:
    """See ports.execution.DossiersView."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def fulfilments(self, tenant: TenantId, order: OrderId) -> Sequence[Fulfilment]:
        """See the port."""
        async with self._database.reading(tenant) as connection:
            row = await connection.fetchrow(_ORDER, tenant, order)
            return [] if row is None else await _fulfilments(connection, tenant, await _order(connection, tenant, row))

    async def fulfilment(self, tenant: TenantId, one: FulfilmentId) -> Work | None:
        """See the port."""
        async with self._database.reading(tenant) as connection:
            row = await connection.fetchrow(_ONE, tenant, one)
            if row is None:
                return None
            lines = [to_line(line) for line in await connection.fetch(LINES_OF, tenant, [row["order_id"]])]
        return Work(fulfilment=_to_fulfilment(row, lines), lines=lines)

    async def returns(self, tenant: TenantId, order: OrderId) -> Sequence[Return]:
        """See the port."""
        async with self._database.reading(tenant) as connection:
            return await _returns(connection, tenant, order)

    async def returned(
        self, tenant: TenantId, *, state: ReturnState | None, after: ReturnId | None, limit: int
    ) -> Sequence[ReturnRow]:
        """See the port."""
        async with self._database.reading(tenant) as connection:
            rows = await connection.fetch(_RETURNED, tenant, state, after, limit)
            lines = await _lines_of(connection, tenant, rows)
        return [
            ReturnRow(one=decode(Return, row["body"]), lines=lines[str(row["order_id"])], currency=row["currency"])
            for row in rows
        ]

    async def uncovered(self, tenant: TenantId, limit: int) -> Sequence[BalanceKey]:
        """See the port."""
        async with self._database.reading(tenant) as connection:
            return await backlog.uncovered(connection, tenant, limit)

    async def work(
        self, tenant: TenantId, wanted: WorkFilter, *, after: FulfilmentId | None, limit: int
    ) -> Sequence[Work]:
        """See the port."""
        async with self._database.reading(tenant) as connection:
            rows = await connection.fetch(_WORK, tenant, wanted.location, wanted.state, after, limit)
            lines = await _lines_of(connection, tenant, rows)
        return [
            Work(fulfilment=_to_fulfilment(row, of_order), lines=of_order)
            for row in rows
            for of_order in (lines[str(row["order_id"])],)
        ]


async def _lines_of(connection: Connection, tenant: TenantId, rows: Sequence[Any]) -> dict[str, list[OrderLine]]:
    """The lines of the orders ``rows`` are of, by order."""
    lines: dict[str, list[OrderLine]] = {}
    for line in await connection.fetch(LINES_OF, tenant, [row["order_id"] for row in rows]):
        lines.setdefault(str(line["order_id"]), []).append(to_line(line))
    return lines


async def _order(connection: Connection, tenant: TenantId, row: Any) -> Order:
    lines = await connection.fetch(LINES_OF, tenant, [row["id"]])
    return to_order(row, tuple(to_line(line) for line in lines))


async def _fulfilments(connection: Connection, tenant: TenantId, order: Order) -> tuple[Fulfilment, ...]:
    """The order's fulfilment orders; those nobody has touched yet are as its lines say."""
    facts = order.facts
    rows = await connection.fetch(_FULFILMENTS, tenant, facts.order_id, *_derived(facts.order_id))
    if not rows:
        return proposed(facts.order_id, facts.lines) if order.accepted_at else ()
    return tuple(_to_fulfilment(row, facts.lines) for row in rows)


async def _returns(connection: Connection, tenant: TenantId, order: OrderId) -> tuple[Return, ...]:
    rows = await connection.fetch(_RETURNS, tenant, order, *_derived(order))
    return tuple(decode(Return, row["body"]) for row in rows)


def _derived(order: OrderId) -> tuple[str, str]:
    """Between which ids all that is derived from the order's lies, see core.orders.fulfilment.derived_id."""
    return f"{order[:18]}-0000-000000000000", f"{order[:18]}-ffff-ffffffffffff"


def _to_fulfilment(row: Any, lines: Sequence[OrderLine]) -> Fulfilment:
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
    )


def _row(one: Fulfilment, place: int) -> tuple[Any, ...]:
    return (one.id, place, one.location, one.state, encode(one.lines), encode(one.shipments), one.reason)


def _line(line: OrderLine) -> tuple[Any, ...]:
    counters = (line.ordered, line.allocated, line.owed, line.shipped, line.cancelled)
    return (line.number, *counters, line.delivered, line.returned, encode(line.parts))
