"""Open a credit account, or change its limit."""

from dataclasses import replace

from core.credit.account import CreditAccount, SetCreditLimit, set_limit
from core.kernel.context import Context
from core.kernel.event import NewEvent
from core.kernel.ids import NewId, StreamId
from ports.credit import CreditTransaction


async def set_credit_limit(
    command: SetCreditLimit, context: Context, tx: CreditTransaction, *, new_id: NewId
) -> CreditAccount:
    """The account as it is now. Raises InvalidLimit."""
    account = await tx.accounts.lock(command.customer)
    if account is None:
        account = CreditAccount(id=new_id(), customer=command.customer, limit=command.limit)
    event = set_limit(account, command)
    account = replace(account, limit=event.limit, version=account.version + 1)
    await tx.accounts.save(account)
    await tx.journal.record(
        [NewEvent(tenant=context.tenant, stream=StreamId(account.id), version=account.version, body=event)]
    )
    return account
