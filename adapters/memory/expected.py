"""Expected receipts: supply that was announced."""

from collections.abc import Sequence

from adapters.memory.database import MemoryDatabase
from adapters.memory.session import Session
from adapters.memory.tables import EXPECTED
from core.inventory.expected import ExpectedReceipt, ExpectedState
from core.kernel.context import Context
from core.kernel.ids import ExpectedReceiptId, TenantId


class MemoryExpectedReceipts:
    """See ports.expected.ExpectedReceipts."""

    def __init__(self, session: Session, context: Context) -> None:
        self._session = session
        self._context = context

    async def add(self, expected: ExpectedReceipt) -> None:
        """See the port."""
        await self._session.statement()
        await self._session.insert(EXPECTED, (self._context.tenant, expected.id), expected)

    async def lock(self, expected: ExpectedReceiptId) -> ExpectedReceipt | None:
        """See the port."""
        await self._session.statement()
        key = (self._context.tenant, expected)
        if self._session.get(EXPECTED, key) is None:
            return None
        await self._session.lock(EXPECTED, key)
        return self._session.get(EXPECTED, key)

    async def save(self, expected: ExpectedReceipt) -> None:
        """See the port."""
        await self._session.statement()
        key = (self._context.tenant, expected.id)
        before = self._session.get(EXPECTED, key)
        if before is None or before.version != expected.version - 1:
            raise self._session.refuse("another transaction changed this expected receipt first")
        await self._session.put(EXPECTED, key, expected)


class MemoryExpectedReceiptsView:
    """See ports.expected.ExpectedReceiptsView."""

    def __init__(self, database: MemoryDatabase) -> None:
        self._database = database

    async def expected_receipt(self, tenant: TenantId, expected: ExpectedReceiptId) -> ExpectedReceipt | None:
        """See the port."""
        async with self._database.reading(tenant) as session:
            return session.get(EXPECTED, (tenant, expected))

    async def expected_receipts(
        self, tenant: TenantId, *, state: ExpectedState | None, before: ExpectedReceiptId | None, limit: int
    ) -> Sequence[ExpectedReceipt]:
        """See the port."""
        async with self._database.reading(tenant) as session:
            found = [one for _, one in session.scan(EXPECTED) if state in (None, one.state)]
        older = [one for one in found if before is None or one.id < before]
        return sorted(older, key=lambda one: one.id, reverse=True)[:limit]
