"""Orders as a person reads them."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Select, and_, or_, select
from sqlalchemy.dialects.postgresql.asyncpg import dialect

from adapters.postgres.engine import Connection, Database
from adapters.postgres.orders import LINES_OF, to_line, to_order
from adapters.postgres.tables.orders import LINES, ORDERS
from core.kernel.ids import OrderId, TenantId, first_id_at
from core.orders.order import Order, OrderLine, Phase
from ports.orders import OrderFilter

_DIALECT: Any = dialect(paramstyle="numeric_dollar")  # type: ignore[no-untyped-call]


class PostgresOrdersView:
    """See ports.orders.OrdersView."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def order(self, tenant: TenantId, order: OrderId) -> Order | None:
        """See the port."""
        statement = select(ORDERS).where(ORDERS.c.tenant_id == tenant, ORDERS.c.id == order)
        found = await self._read(tenant, statement)
        return found[0] if found else None

    async def orders(
        self, tenant: TenantId, wanted: OrderFilter, *, before: OrderId | None, limit: int
    ) -> Sequence[Order]:
        """See the port."""
        statement = _narrow(select(ORDERS).where(ORDERS.c.tenant_id == tenant), wanted)
        if before is not None:
            statement = statement.where(ORDERS.c.id < before)
        return await self._read(tenant, statement.order_by(ORDERS.c.id.desc()).limit(limit))

    async def _read(self, tenant: TenantId, statement: Select[Any]) -> list[Order]:
        async with self._database.reading(tenant) as connection:
            rows = await _run(connection, statement)
            lines: dict[str, list[OrderLine]] = {str(row["id"]): [] for row in rows}
            for line in await connection.fetch(LINES_OF, tenant, list(lines)):
                lines[str(line["order_id"])].append(to_line(line))
        return [to_order(row, tuple(lines[str(row["id"])])) for row in rows]


async def _run(connection: Connection, statement: Select[Any]) -> Sequence[Any]:
    """Run a Core statement on the driver connection: what it asks for varies, so it is built rather than written."""
    compiled = statement.compile(dialect=_DIALECT, compile_kwargs={"render_postcompile": True})
    arguments = [compiled.params[name] for name in compiled.positiontup or ()]
    rows: Sequence[Any] = await connection.fetch(str(compiled), *arguments)
    return rows


def _narrow(statement: Select[Any], wanted: OrderFilter) -> Select[Any]:
    orders = ORDERS.c
    if wanted.channel is not None:
        statement = statement.where(orders.channel == wanted.channel)
    if wanted.external_id is not None:
        statement = statement.where(orders.external_id == wanted.external_id)
    if wanted.created_from is not None:
        statement = statement.where(orders.id >= first_id_at(wanted.created_from))
    if wanted.created_to is not None:
        statement = statement.where(orders.id < first_id_at(wanted.created_to))
    return statement if wanted.phase is None else statement.where(_in_phase(wanted.phase))


def _in_phase(phase: Phase) -> Any:
    """The phase of core.orders.order.Order as a condition; a test holds the two together."""
    orders, lines = ORDERS.c, LINES.c
    due = lines.ordered - lines.cancelled
    of_order = and_(lines.tenant_id == orders.tenant_id, lines.order_id == orders.id, lines.cancelled < lines.ordered)
    unshipped = select(1).where(of_order, lines.shipped < due).exists()
    under_way = select(1).where(of_order, lines.delivered < due).exists()
    begun = select(1).where(of_order, lines.shipped > 0).exists()
    owed = select(1).where(of_order, or_(lines.backordered > 0, lines.allocated < due)).exists()
    undone = and_(orders.cancelled_at.is_(None), orders.closed_at.is_(None))
    going = and_(orders.accepted_at.is_not(None), undone, orders.holds.is_(None))
    stopped = or_(orders.held_at.is_not(None), orders.holds.is_not(None))
    return {
        Phase.CANCELLED: orders.cancelled_at.is_not(None),
        Phase.REJECTED: and_(orders.rejected_at.is_not(None), orders.cancelled_at.is_(None)),
        Phase.ON_HOLD: and_(stopped, orders.cancelled_at.is_(None), orders.rejected_at.is_(None)),
        Phase.CLOSED: and_(orders.closed_at.is_not(None), orders.cancelled_at.is_(None)),
        Phase.DELIVERED: and_(going, ~unshipped, ~under_way),
        Phase.FULFILLED: and_(going, ~unshipped, under_way),
        Phase.PARTIALLY_FULFILLED: and_(going, unshipped, begun),
        Phase.AWAITING_STOCK: and_(going, unshipped, ~begun, owed),
        Phase.ALLOCATED: and_(going, unshipped, ~or_(begun, owed)),
    }[phase]
