"""Credit accounts."""

from collections.abc import Sequence
from typing import Protocol

from core.credit.account import CreditAccount
from core.kernel.ids import TenantId
from ports.journal import Journal


class Accounts(Protocol):
    """Part of a transaction."""

    async def lock(self, customer: str) -> CreditAccount | None:
        """The customer's account, held against other writers until the transaction ends."""
        ...

    async def save(self, account: CreditAccount) -> None:
        """Keep limit and version of a new or a held account. Raises TransactionConflict on a lost race."""
        ...


class CreditTransaction(Protocol):
    """What credit use cases may touch."""

    @property
    def accounts(self) -> Accounts: ...

    @property
    def journal(self) -> Journal: ...


class CreditView(Protocol):
    """Reading, straight from an entrypoint."""

    async def account(self, tenant: TenantId, customer: str) -> CreditAccount | None:
        """The customer's account, or None."""
        ...

    async def accounts(self, tenant: TenantId, *, after: str, limit: int) -> Sequence[CreditAccount]:
        """Up to ``limit`` accounts by customer, after ``after``."""
        ...
