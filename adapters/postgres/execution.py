"""Open orders with their fulfilment orders: held, kept, listed."""

from collections.abc import Collection
from typing import Any

from adapters.postgres import backlog
from adapters.postgres.dossier_rows import ORDER, REQUEST, fulfilments_of, order_of, returns_of
from adapters.postgres.engine import Connection, columns_of
from adapters.toolkit.codec import decoder_of, encode
from core.execution.covering import Backlog
from core.intake.submission import OrderRequest
from core.inventory.balance import BalanceKey
from core.kernel.context import Context
from core.kernel.ids import FulfilmentId, OrderId, ReturnId
from core.orders.closing import to_be_done
from core.orders.dossier import Dossier
from core.orders.fulfilment import Fulfilment
from core.orders.order import Order, OrderLine

_VERSION = "SELECT max(version) FROM journal WHERE tenant_id = $1 AND stream = $2"
_ORDER_OF = "SELECT order_id FROM fulfilment WHERE tenant_id = $1 AND id = $2"
_ORDER_RETURNED = "SELECT order_id FROM order_return WHERE tenant_id = $1 AND id = $2"
_SAVE_ORDER = """
UPDATE orders SET total = $3, rejected_at = $4, held_at = $5, cancelled_at = $6, holds = $7, closed_at = $8
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
_REST = """
INSERT INTO order_at_rest (tenant_id, order_id, since) VALUES ($1, $2, $3)
ON CONFLICT (tenant_id, order_id) DO UPDATE SET since = EXCLUDED.since
"""
_STIR = "DELETE FROM order_at_rest WHERE tenant_id = $1 AND order_id = $2"
_SAVE_FULFILMENTS = """
INSERT INTO fulfilment (tenant_id, order_id, id, place, location_id, state, lines, shipments, reason, answer_by)
SELECT $1, $2, * FROM unnest($3::uuid[], $4::smallint[], $5::uuid[], $6::text[], $7::bytea[], $8::bytea[], $9::text[],
                             $10::timestamptz[])
ON CONFLICT (tenant_id, id) DO UPDATE SET state = EXCLUDED.state, lines = EXCLUDED.lines,
    shipments = EXCLUDED.shipments, reason = EXCLUDED.reason, answer_by = EXCLUDED.answer_by
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
        row = await self._connection.fetchrow(f"{ORDER} FOR UPDATE", tenant, order)
        if row is None:
            return None
        version = await self._connection.fetchval(_VERSION, tenant, order)
        kept = await order_of(self._connection, tenant, row)
        return Dossier(
            order=kept,
            fulfilments=await fulfilments_of(self._connection, tenant, kept),
            returns=await returns_of(self._connection, tenant, order),
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

    async def order(self, order: OrderId) -> Order | None:
        """See the port."""
        row = await self._connection.fetchrow(ORDER, self._context.tenant, order)
        return None if row is None else await order_of(self._connection, self._context.tenant, row)

    async def request(self, dossier: Dossier) -> OrderRequest | None:
        """See the port."""
        body = await self._connection.fetchval(REQUEST, self._context.tenant, dossier.order.facts.intake_id)
        return decoder_of(OrderRequest).decode(body) if body else None

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
            order.closed_at,
        )
        if facts.lines:
            await self._connection.execute(_SAVE_LINES, tenant, facts.order_id, *columns_of(map(_line, facts.lines)))
        if dossier.fulfilments:
            rows = [_row(one, place) for place, one in enumerate(dossier.fulfilments)]
            await self._connection.execute(_SAVE_FULFILMENTS, tenant, facts.order_id, *columns_of(rows))
        if dossier.returns:
            kept = [(one.id, place, one.state, encode(one)) for place, one in enumerate(dossier.returns)]
            await self._connection.execute(_SAVE_RETURNS, tenant, facts.order_id, *columns_of(kept))
        if any(line.delivered for line in facts.lines):
            await self._rest(dossier)

    async def _rest(self, dossier: Dossier) -> None:
        """Note since when nothing is to be done about it, or that something is."""
        tenant, order = self._context.tenant, dossier.order.facts.order_id
        if to_be_done(dossier):
            await self._connection.execute(_STIR, tenant, order)
        else:
            await self._connection.execute(_REST, tenant, order, self._context.now)


def _row(one: Fulfilment, place: int) -> tuple[Any, ...]:
    stands = (one.id, place, one.location, one.state)
    return (*stands, encode(one.lines), encode(one.shipments), one.reason, one.answer_by)


def _line(line: OrderLine) -> tuple[Any, ...]:
    counters = (line.ordered, line.allocated, line.owed, line.shipped, line.cancelled)
    return (line.number, *counters, line.delivered, line.returned, encode(line.parts))
