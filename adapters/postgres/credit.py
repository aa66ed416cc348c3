"""Credit accounts: rows and back."""

from collections.abc import Sequence
from typing import Any

from adapters.postgres.engine import Connection, Database
from core.credit.account import CreditAccount
from core.kernel.context import Context
from core.kernel.ids import TenantId
from core.kernel.money import Money
from ports.transaction import TransactionConflict

COLUMNS = "id, customer, limit_minor, currency, exposure, version"
_ONE = f"SELECT {COLUMNS} FROM credit_account WHERE tenant_id = $1 AND customer = $2"
_SAVE = """
INSERT INTO credit_account AS a (tenant_id, customer, id, limit_minor, currency, version)
VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (tenant_id, customer) DO UPDATE
SET limit_minor = EXCLUDED.limit_minor, currency = EXCLUDED.currency, version = EXCLUDED.version
WHERE a.version = EXCLUDED.version - 1 RETURNING version
"""
_EXPOSE = "UPDATE credit_account SET exposure = $3 WHERE tenant_id = $1 AND customer = $2"
_LIST = f"SELECT {COLUMNS} FROM credit_account WHERE tenant_id = $1 AND customer > $2 ORDER BY customer LIMIT $3"


class PostgresAccounts:
    """See ports.credit.Accounts."""

    def __init__(self, connection: Connection, context: Context) -> None:
        self._connection = connection
        self._context = context

    async def lock(self, customer: str) -> CreditAccount | None:
        """See the port."""
        row = await self._connection.fetchrow(f"{_ONE} FOR NO KEY UPDATE", self._context.tenant, customer)
        return to_account(row) if row else None

    async def save(self, account: CreditAccount) -> None:
        """See the port."""
        version = await self._connection.fetchval(
            _SAVE,
            self._context.tenant,
            account.customer,
            account.id,
            account.limit.minor,
            account.limit.currency,
            account.version,
        )
        if version is None:
            raise TransactionConflict("the account was changed by somebody else")

    async def expose(self, account: CreditAccount) -> None:
        """See ports.execution.Exposures."""
        await self._connection.execute(_EXPOSE, self._context.tenant, account.customer, account.exposure)


class PostgresCreditView:
    """See ports.credit.CreditView."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def account(self, tenant: TenantId, customer: str) -> CreditAccount | None:
        """See the port."""
        async with self._database.reading(tenant) as connection:
            row = await connection.fetchrow(_ONE, tenant, customer)
        return to_account(row) if row else None

    async def accounts(self, tenant: TenantId, *, after: str, limit: int) -> Sequence[CreditAccount]:
        """See the port."""
        async with self._database.reading(tenant) as connection:
            rows = await connection.fetch(_LIST, tenant, after, limit)
        return [to_account(row) for row in rows]


def to_account(row: Any) -> CreditAccount:
    """An account from its row."""
    return CreditAccount(
        id=str(row["id"]),
        customer=row["customer"],
        limit=Money(minor=row["limit_minor"], currency=row["currency"]),
        exposure=row["exposure"],
        version=row["version"],
    )
