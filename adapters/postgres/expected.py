"""Expected receipts: supply that was announced."""

from collections.abc import Sequence
from typing import Any

from adapters.postgres.engine import Connection, Database
from core.inventory.expected import ExpectedReceipt, ExpectedState
from core.kernel.context import Context
from core.kernel.ids import ExpectedReceiptId, ItemId, LocationId, TenantId
from ports.transaction import TransactionConflict

_COLUMNS = "id, item_id, sku, scale, location_id, location_code, quantity, received, due, reference, state, version"
_ADD = f"""
INSERT INTO expected_receipt (tenant_id, {_COLUMNS})
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
"""
_ONE = f"SELECT {_COLUMNS} FROM expected_receipt WHERE tenant_id = $1 AND id = $2"
_LOCK = f"{_ONE} FOR UPDATE"
_SAVE = """
UPDATE expected_receipt SET quantity = $3, received = $4, due = $5, state = $6, version = $7
WHERE tenant_id = $1 AND id = $2 AND version = $7 - 1
"""
_NEWEST = f"""
SELECT {_COLUMNS} FROM expected_receipt WHERE tenant_id = $1 AND ($2::uuid IS NULL OR id < $2)
ORDER BY id DESC LIMIT $3
"""
_NEWEST_IN_STATE = f"""
SELECT {_COLUMNS} FROM expected_receipt WHERE tenant_id = $1 AND ($2::uuid IS NULL OR id < $2) AND state = $4
ORDER BY id DESC LIMIT $3
"""


class PostgresExpectedReceipts:
    """See ports.expected.ExpectedReceipts."""

    def __init__(self, connection: Connection, context: Context) -> None:
        self._connection = connection
        self._context = context

    async def add(self, expected: ExpectedReceipt) -> None:
        """See the port."""
        await self._connection.execute(
            _ADD,
            self._context.tenant,
            expected.id,
            expected.item,
            expected.sku,
            expected.scale,
            expected.location,
            expected.location_code,
            expected.quantity,
            expected.received,
            expected.due,
            expected.reference,
            expected.state,
            expected.version,
        )

    async def lock(self, expected: ExpectedReceiptId) -> ExpectedReceipt | None:
        """See the port."""
        row = await self._connection.fetchrow(_LOCK, self._context.tenant, expected)
        return None if row is None else _to_expected(row)

    async def save(self, expected: ExpectedReceipt) -> None:
        """See the port."""
        tag = await self._connection.execute(
            _SAVE,
            self._context.tenant,
            expected.id,
            expected.quantity,
            expected.received,
            expected.due,
            expected.state,
            expected.version,
        )
        if tag != "UPDATE 1":
            raise TransactionConflict("another transaction changed this expected receipt first")


class PostgresExpectedReceiptsView:
    """See ports.expected.ExpectedReceiptsView."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def expected_receipt(self, tenant: TenantId, expected: ExpectedReceiptId) -> ExpectedReceipt | None:
        """See the port."""
        async with self._database.reading(tenant) as connection:
            row = await connection.fetchrow(_ONE, tenant, expected)
        return None if row is None else _to_expected(row)

    async def expected_receipts(
        self, tenant: TenantId, *, state: ExpectedState | None, before: ExpectedReceiptId | None, limit: int
    ) -> Sequence[ExpectedReceipt]:
        """See the port."""
        async with self._database.reading(tenant) as connection:
            if state is None:
                rows = await connection.fetch(_NEWEST, tenant, before, limit)
            else:
                rows = await connection.fetch(_NEWEST_IN_STATE, tenant, before, limit, state)
        return [_to_expected(row) for row in rows]


def _to_expected(row: Any) -> ExpectedReceipt:
    return ExpectedReceipt(
        id=ExpectedReceiptId(str(row["id"])),
        item=ItemId(str(row["item_id"])),
        sku=row["sku"],
        scale=row["scale"],
        location=LocationId(str(row["location_id"])),
        location_code=row["location_code"],
        quantity=row["quantity"],
        received=row["received"],
        due=row["due"],
        reference=row["reference"],
        state=ExpectedState(row["state"]),
        version=row["version"],
    )
