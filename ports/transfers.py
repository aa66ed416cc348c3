"""Transfers between locations."""

from collections.abc import Sequence
from typing import Protocol

from core.inventory.transfer import Transfer, TransferState
from core.kernel.ids import TenantId, TransferId


class Transfers(Protocol):
    """The tenant's transfers, part of a transaction."""

    async def add(self, transfer: Transfer) -> None:
        """Keep a new transfer."""
        ...

    async def lock(self, transfer: TransferId) -> Transfer | None:
        """Hold the transfer against others; None: there is none with this id."""
        ...

    async def save(self, transfer: Transfer) -> None:
        """Keep a locked transfer as it is now. Raises TransactionConflict when it had another version before."""
        ...


class TransfersView(Protocol):
    """Reading transfers, straight from an entrypoint."""

    async def transfer(self, tenant: TenantId, transfer: TransferId) -> Transfer | None:
        """The transfer as it stands, or None."""
        ...

    async def transfers(
        self, tenant: TenantId, *, state: TransferState | None, before: TransferId | None, limit: int
    ) -> Sequence[Transfer]:
        """Up to ``limit`` transfers (in this state), newest first, older than ``before``."""
        ...
