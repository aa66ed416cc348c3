"""Fulfilment orders and returns as people read them."""

from collections.abc import Sequence

from adapters.postgres.dossier_rows import (
    FULFILMENT,
    ORDER,
    REQUEST,
    fulfilments_of,
    lines_of,
    order_of,
    returns_of,
    to_fulfilment,
)
from adapters.postgres.engine import Database
from adapters.postgres.orders import LINES_OF, to_line
from adapters.toolkit.codec import decode, decoder_of
from core.kernel.ids import FulfilmentId, OrderId, ReturnId, TenantId
from core.kernel.value import value
from core.orders.fulfilment import Fulfilment
from core.orders.order import Order
from core.orders.returns import Return, ReturnState
from ports.execution import ReturnRow, Work, WorkFilter

_ONE = f"SELECT {FULFILMENT} FROM fulfilment f WHERE f.tenant_id = $1 AND f.id = $2"
_RETURNED = """
SELECT r.order_id, r.body, o.currency FROM order_return r
JOIN orders o ON o.tenant_id = r.tenant_id AND o.id = r.order_id
WHERE r.tenant_id = $1 AND ($2::text IS NULL OR r.state = $2) AND ($3::uuid IS NULL OR r.id > $3)
ORDER BY r.id LIMIT $4
"""
_WORK = f"""
SELECT {FULFILMENT} FROM fulfilment f
WHERE f.tenant_id = $1 AND f.state IN ('proposed', 'accepted', 'picking', 'packed')
  AND ($2::uuid IS NULL OR f.location_id = $2) AND ($3::text IS NULL OR f.state = $3)
  AND ($4::uuid IS NULL OR f.id > $4)
ORDER BY f.id LIMIT $5
"""


@value
class _Exchanged:
    exchange_of: str | None = None


class PostgresDossiersView:
    """See ports.execution.DossiersView."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def fulfilments(self, tenant: TenantId, order: OrderId) -> Sequence[Fulfilment]:
        """See the port."""
        async with self._database.reading(tenant) as connection:
            row = await connection.fetchrow(ORDER, tenant, order)
            return (
                [] if row is None else await fulfilments_of(connection, tenant, await order_of(connection, tenant, row))
            )

    async def fulfilment(self, tenant: TenantId, one: FulfilmentId) -> Work | None:
        """See the port."""
        async with self._database.reading(tenant) as connection:
            row = await connection.fetchrow(_ONE, tenant, one)
            if row is None:
                return None
            lines = [to_line(line) for line in await connection.fetch(LINES_OF, tenant, [row["order_id"]])]
        return Work(fulfilment=to_fulfilment(row, lines), lines=lines)

    async def returns(self, tenant: TenantId, order: OrderId) -> Sequence[Return]:
        """See the port."""
        async with self._database.reading(tenant) as connection:
            return await returns_of(connection, tenant, order)

    async def returned(
        self, tenant: TenantId, *, state: ReturnState | None, after: ReturnId | None, limit: int
    ) -> Sequence[ReturnRow]:
        """See the port."""
        async with self._database.reading(tenant) as connection:
            rows = await connection.fetch(_RETURNED, tenant, state, after, limit)
            lines = await lines_of(connection, tenant, rows)
        return [
            ReturnRow(one=decode(Return, row["body"]), lines=lines[str(row["order_id"])], currency=row["currency"])
            for row in rows
        ]

    async def exchange_of(self, tenant: TenantId, order: Order) -> OrderId | None:
        """See the port."""
        async with self._database.reading(tenant) as connection:
            body = await connection.fetchval(REQUEST, tenant, order.facts.intake_id)
        exchanged = decoder_of(_Exchanged).decode(body).exchange_of if body else None
        return None if exchanged is None else OrderId(exchanged)

    async def work(
        self, tenant: TenantId, wanted: WorkFilter, *, after: FulfilmentId | None, limit: int
    ) -> Sequence[Work]:
        """See the port."""
        async with self._database.reading(tenant) as connection:
            rows = await connection.fetch(_WORK, tenant, wanted.location, wanted.state, after, limit)
            lines = await lines_of(connection, tenant, rows)
        return [
            Work(fulfilment=to_fulfilment(row, of_order), lines=of_order)
            for row in rows
            for of_order in (lines[str(row["order_id"])],)
        ]
