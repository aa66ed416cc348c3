"""A credit account and the one rule: exposure stays within the limit."""

from dataclasses import replace

from core.kernel.errors import NotFound, Rejected
from core.kernel.money import Money
from core.kernel.value import value


class CreditAccountNotFound(NotFound):
    """The customer has no credit account."""

    code = "credit_account_not_found"


class InvalidLimit(Rejected):
    """A limit below zero, or in another currency than what is already owed."""

    code = "invalid_limit"


@value
class CreditAccount:
    """``exposure`` minor units of ``limit.currency`` are owed or promised. ``version`` counts its events."""

    id: str
    customer: str
    limit: Money
    exposure: int = 0
    version: int = 0

    @property
    def used_permille(self) -> int:
        """How much of the limit is used, in thousandths; all of it when the limit is zero."""
        return 1000 if self.limit.minor == 0 else self.exposure * 1000 // self.limit.minor


@value
class SetCreditLimit:
    """Open an account for ``customer``, or change its limit."""

    customer: str
    limit: Money


@value
class CreditLimitSet:
    """The account's limit from now on."""

    account_id: str
    customer: str
    limit: Money


def set_limit(account: CreditAccount, command: SetCreditLimit) -> CreditLimitSet:
    """The event. Raises InvalidLimit for a negative limit, or another currency while something is owed."""
    if command.limit.minor < 0:
        raise InvalidLimit("a credit limit must not be negative", path="$.limit.amount")
    if account.exposure and account.limit.currency != command.limit.currency:
        raise InvalidLimit(f"{account.limit.currency} is still owed on this account", path="$.limit.currency")
    return CreditLimitSet(account_id=account.id, customer=account.customer, limit=command.limit)


def refusal(account: CreditAccount, minor: int, currency: str | None) -> str | None:
    """Why an order of ``minor`` in ``currency`` may not go on account, or None when it may."""
    if currency != account.limit.currency and minor:
        return f"the account is kept in {account.limit.currency}, the order in {currency}"
    if account.exposure + minor > account.limit.minor:
        return (
            f"exposure {account.exposure} + {minor} exceeds the limit {account.limit.minor} ({currency}, minor units)"
        )
    return None


def hold(account: CreditAccount, minor: int) -> CreditAccount:
    """The account after ``minor`` more is promised."""
    return replace(account, exposure=account.exposure + minor)


def free(account: CreditAccount, minor: int) -> CreditAccount:
    """The account after ``minor`` less is promised."""
    return replace(account, exposure=account.exposure - minor)
