"""Credit accounts."""

from collections.abc import Sequence
from dataclasses import replace

from adapters.memory.database import MemoryDatabase
from adapters.memory.session import Session
from adapters.memory.tables import ACCOUNTS
from core.credit.account import CreditAccount
from core.kernel.context import Context
from core.kernel.ids import TenantId


class MemoryAccounts:
    """See ports.credit.Accounts."""

    def __init__(self, session: Session, context: Context) -> None:
        self._session = session
        self._context = context

    async def lock(self, customer: str) -> CreditAccount | None:
        """See the port."""
        await self._session.statement()
        key = (self._context.tenant, customer)
        if self._session.get(ACCOUNTS, key) is None:
            return None
        await self._session.lock(ACCOUNTS, key)
        return self._session.get(ACCOUNTS, key)

    async def save(self, account: CreditAccount) -> None:
        """See the port."""
        session, key = self._session, (self._context.tenant, account.customer)
        await session.statement()
        await session.lock(ACCOUNTS, key)
        held = session.get(ACCOUNTS, key)
        if held is None:
            await session.put(ACCOUNTS, key, replace(account, exposure=0))
        elif held.version == account.version - 1:
            await session.put(ACCOUNTS, key, replace(held, limit=account.limit, version=account.version))
        else:
            raise session.refuse("the account was changed by somebody else")

    async def expose(self, account: CreditAccount) -> None:
        """See ports.execution.Exposures."""
        await self._session.statement()
        key = (self._context.tenant, account.customer)
        held = self._session.get(ACCOUNTS, key)
        assert held is not None, "an account is never deleted"
        await self._session.put(ACCOUNTS, key, replace(held, exposure=account.exposure))


class MemoryCreditView:
    """See ports.credit.CreditView."""

    def __init__(self, database: MemoryDatabase) -> None:
        self._database = database

    async def account(self, tenant: TenantId, customer: str) -> CreditAccount | None:
        """See the port."""
        async with self._database.reading(tenant) as session:
            return session.get(ACCOUNTS, (tenant, customer))

    async def accounts(self, tenant: TenantId, *, after: str, limit: int) -> Sequence[CreditAccount]:
        """See the port."""
        async with self._database.reading(tenant) as session:
            found = [account for _, account in session.scan(ACCOUNTS) if account.customer > after]
        return sorted(found, key=lambda account: account.customer)[:limit]
