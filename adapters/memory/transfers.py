"""Transfers between locations."""

from collections.abc import Sequence

from adapters.memory.database import MemoryDatabase
from adapters.memory.session import Session
from adapters.memory.tables import TRANSFERS
from core.inventory.transfer import Transfer, TransferState
from core.kernel.context import Context
from core.kernel.ids import TenantId, TransferId


class MemoryTransfers:
    """See ports.transfers.Transfers."""

    def __init__(self, session: Session, context: Context) -> None:
        self._session = session
        self._context = context

    async def add(self, transfer: Transfer) -> None:
        """See the port."""
        await self._session.statement()
        await self._session.insert(TRANSFERS, (self._context.tenant, transfer.id), transfer)

    async def lock(self, transfer: TransferId) -> Transfer | None:
        """See the port."""
        await self._session.statement()
        key = (self._context.tenant, transfer)
        if self._session.get(TRANSFERS, key) is None:
            return None
        await self._session.lock(TRANSFERS, key)
        return self._session.get(TRANSFERS, key)

    async def save(self, transfer: Transfer) -> None:
        """See the port."""
        await self._session.statement()
        key = (self._context.tenant, transfer.id)
        before = self._session.get(TRANSFERS, key)
        if before is None or before.version != transfer.version - 1:
            raise self._session.refuse("another transaction changed this transfer first")
        await self._session.put(TRANSFERS, key, transfer)


class MemoryTransfersView:
    """See ports.transfers.TransfersView."""

    def __init__(self, database: MemoryDatabase) -> None:
        self._database = database

    async def transfer(self, tenant: TenantId, transfer: TransferId) -> Transfer | None:
        """See the port."""
        async with self._database.reading(tenant) as session:
            return session.get(TRANSFERS, (tenant, transfer))

    async def transfers(
        self, tenant: TenantId, *, state: TransferState | None, before: TransferId | None, limit: int
    ) -> Sequence[Transfer]:
        """See the port."""
        async with self._database.reading(tenant) as session:
            found = [one for _, one in session.scan(TRANSFERS) if state in (None, one.state)]
        older = [one for one in found if before is None or one.id < before]
        return sorted(older, key=lambda one: one.id, reverse=True)[:limit]
