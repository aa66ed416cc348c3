"""Expected receipts: supply that was announced."""

from collections.abc import Sequence
from typing import Protocol

from core.inventory.expected import ExpectedReceipt, ExpectedState
from core.kernel.ids import ExpectedReceiptId, TenantId


class ExpectedReceipts(Protocol):
    """The tenant's expected receipts, part of a transaction."""

    async def add(self, expected: ExpectedReceipt) -> None:
        """Keep a new one."""
        ...

    async def lock(self, expected: ExpectedReceiptId) -> ExpectedReceipt | None:
        """Hold it against others; None: there is none with this id."""
        ...

    async def save(self, expected: ExpectedReceipt) -> None:
        """Keep a locked one as it is now. Raises TransactionConflict when it had another version before."""
        ...


class ExpectedReceiptsView(Protocol):
    """Reading expected receipts, straight from an entrypoint."""

    async def expected_receipt(self, tenant: TenantId, expected: ExpectedReceiptId) -> ExpectedReceipt | None:
        """It as it stands, or None."""
        ...

    async def expected_receipts(
        self, tenant: TenantId, *, state: ExpectedState | None, before: ExpectedReceiptId | None, limit: int
    ) -> Sequence[ExpectedReceipt]:
        """Up to ``limit`` of them (in this state), newest first, older than ``before``."""
        ...
