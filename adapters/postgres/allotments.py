"""What is set aside for channels: one row a part."""

from collections.abc import Sequence
from typing import Any

from adapters.postgres.engine import Connection, Database
from core.inventory.allotment import Allotment, AllotmentState, AllottedPart
from core.inventory.balance import BalanceKey
from core.kernel.context import Context
from core.kernel.ids import AllotmentId, ItemId, LocationId, LotId, TenantId
from ports.allotments import AllotmentRow
from ports.transaction import TransactionConflict

_ADD = """
INSERT INTO channel_allotment (tenant_id, id, number, channel, cause, state, version, item_id, location_id, lot_id,
                               quantity)
SELECT $1, $2, number, $3, $4, $5, $6, item, location, lot, quantity
FROM unnest($7::uuid[], $8::uuid[], $9::uuid[], $10::bigint[])
     WITH ORDINALITY AS p(item, location, lot, quantity, number)
"""
_LOCK = """
SELECT channel, cause, state, version, item_id, location_id, lot_id, quantity FROM channel_allotment
WHERE tenant_id = $1 AND id = $2 ORDER BY number FOR UPDATE
"""
_SAVE = """
UPDATE channel_allotment SET state = $3, version = $4 WHERE tenant_id = $1 AND id = $2 AND version = $4 - 1
"""
_LIST = """
SELECT a.id, a.number, a.channel, i.sku, i.scale, l.code, a.quantity, a.cause FROM channel_allotment a
CROSS JOIN LATERAL (SELECT sku, scale FROM item WHERE tenant_id = $1 AND id = a.item_id OFFSET 0) i
CROSS JOIN LATERAL (SELECT code FROM location WHERE tenant_id = $1 AND id = a.location_id OFFSET 0) l
WHERE a.tenant_id = $1 AND a.state = 'allotted' AND ($2::uuid IS NULL OR (a.id, a.number) > ($2, $3))
  AND ($4::text IS NULL OR a.channel = $4) AND ($5::text IS NULL OR i.sku = $5)
ORDER BY a.id, a.number LIMIT $6
"""


class PostgresAllotments:
    """See ports.allotments.Allotments."""

    def __init__(self, connection: Connection, context: Context) -> None:
        self._connection = connection
        self._context = context

    async def add(self, allotment: Allotment) -> None:
        """See the port."""
        await self._connection.execute(
            _ADD,
            self._context.tenant,
            allotment.id,
            allotment.channel,
            allotment.cause,
            allotment.state,
            allotment.version,
            [part.key.item for part in allotment.parts],
            [part.key.location for part in allotment.parts],
            [part.key.lot for part in allotment.parts],
            [part.quantity for part in allotment.parts],
        )

    async def lock(self, allotment: AllotmentId) -> Allotment | None:
        """See the port."""
        rows = await self._connection.fetch(_LOCK, self._context.tenant, allotment)
        return _to_allotment(allotment, rows) if rows else None

    async def save(self, allotment: Allotment) -> None:
        """See the port."""
        tag = await self._connection.execute(
            _SAVE, self._context.tenant, allotment.id, allotment.state, allotment.version
        )
        if tag != f"UPDATE {len(allotment.parts)}":
            raise TransactionConflict("another transaction changed this allotment first")


class PostgresAllotmentsView:
    """See ports.allotments.AllotmentsView."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def allotments(
        self, tenant: TenantId, *, channel: str | None, sku: str | None, after: tuple[str, int] | None, limit: int
    ) -> Sequence[AllotmentRow]:
        """See the port."""
        async with self._database.reading(tenant) as connection:
            rows = await connection.fetch(_LIST, tenant, *(after or (None, None)), channel, sku, limit)
        return [
            AllotmentRow(
                id=AllotmentId(str(row["id"])),
                number=row["number"],
                channel=row["channel"],
                sku=row["sku"],
                scale=row["scale"],
                location=row["code"],
                quantity=row["quantity"],
                cause=row["cause"],
            )
            for row in rows
        ]


def _to_allotment(allotment: AllotmentId, rows: Sequence[Any]) -> Allotment:
    """An allotment from its rows."""
    return Allotment(
        id=allotment,
        channel=rows[0]["channel"],
        parts=tuple(AllottedPart(key=_to_key(row), quantity=row["quantity"]) for row in rows),
        cause=rows[0]["cause"],
        state=AllotmentState(rows[0]["state"]),
        version=rows[0]["version"],
    )


def _to_key(row: Any) -> BalanceKey:
    return BalanceKey(
        item=ItemId(str(row["item_id"])), location=LocationId(str(row["location_id"])), lot=LotId(str(row["lot_id"]))
    )
