"""Orders as a person reads them."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Select, and_, or_, select
from sqlalchemy.dialects.postgresql.asyncpg import dialect

from adapters.postgres.catalogue import to_components
from adapters.postgres.engine import Connection, Database
from adapters.postgres.tables.orders import LINES, ORDERS
from adapters.toolkit.codec import decode
from core.kernel.ids import IntakeId, ItemId, OrderId, TenantId, first_id_at
from core.orders.order import AllocatedPart, Order, OrderFacts, OrderLine, Phase, Reason
from ports.orders import OrderFilter

_DIALECT: Any = dialect(paramstyle="numeric_dollar")  # type: ignore[no-untyped-call]
_LINES_OF = """
SELECT order_id, number, item_id, sku, scale, ordered, price, parts, shipped, cancelled, unit, per, components
FROM order_line
WHERE tenant_id = $1 AND order_id = ANY($2::uuid[]) ORDER BY order_id, number
"""


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
            for line in await connection.fetch(_LINES_OF, tenant, list(lines)):
                lines[str(line["order_id"])].append(_to_line(line))
        return [_to_order(row, tuple(lines[str(row["id"])])) for row in rows]


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
    of_order = and_(lines.tenant_id == orders.tenant_id, lines.order_id == orders.id, lines.cancelled < lines.ordered)
    unshipped = select(1).where(of_order, lines.shipped < lines.ordered - lines.cancelled).exists()
    begun = select(1).where(of_order, lines.shipped > 0).exists()
    owed = select(1).where(of_order, lines.backordered > 0).exists()
    going = and_(orders.accepted_at.is_not(None), orders.cancelled_at.is_(None))
    return {
        Phase.REJECTED: orders.rejected_at.is_not(None),
        Phase.CANCELLED: and_(orders.rejected_at.is_(None), orders.cancelled_at.is_not(None)),
        Phase.ON_HOLD: and_(orders.held_at.is_not(None), orders.cancelled_at.is_(None)),
        Phase.FULFILLED: and_(going, ~unshipped),
        Phase.PARTIALLY_FULFILLED: and_(going, unshipped, begun),
        Phase.AWAITING_STOCK: and_(going, unshipped, ~begun, owed),
        Phase.ALLOCATED: and_(going, unshipped, ~or_(begun, owed)),
    }[phase]


def _to_order(row: Any, lines: tuple[OrderLine, ...]) -> Order:
    return Order(
        facts=OrderFacts(
            order_id=OrderId(str(row["id"])),
            intake_id=IntakeId(str(row["intake_id"])),
            channel=row["channel"],
            external_id=row["external_id"],
            customer=row["customer"],
            currency=row["currency"],
            total=row["total"],
            lines=lines,
            received_at=row["received_at"],
        ),
        vendor=row["vendor"],
        accepted_at=row["accepted_at"],
        rejected_at=row["rejected_at"],
        held_at=row["held_at"],
        cancelled_at=row["cancelled_at"],
        reasons=decode(tuple[Reason, ...], row["reasons"] or b"[]"),
    )


def _to_line(row: Any) -> OrderLine:
    return OrderLine(
        number=row["number"],
        item=ItemId(str(row["item_id"])),
        sku=row["sku"],
        scale=row["scale"],
        ordered=row["ordered"],
        price=row["price"],
        parts=decode(tuple[AllocatedPart, ...], row["parts"]),
        shipped=row["shipped"],
        cancelled=row["cancelled"],
        unit=row["unit"],
        per=row["per"],
        components=to_components(row["components"]),
    )
