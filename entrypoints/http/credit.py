"""Credit accounts: what a customer may owe."""

from core.credit.account import CreditAccount, CreditAccountNotFound, SetCreditLimit
from core.identity.permission import Scope
from core.kernel.money import Money
from entrypoints.http.fields import Body, MoneyIn, MoneyOut, Shown, show_money, to_money
from entrypoints.http.paging import Page, PageQuery, page_of
from entrypoints.http.routes import Call, Reply, Route

PATH = "/credit/accounts"


class NewLimit(Body):
    """What the customer may owe."""

    limit: MoneyIn


class ShownAccount(Shown):
    """An account: `exposure` is owed or promised, `available` is what is left of the limit."""

    customer: str
    limit: MoneyOut
    exposure: MoneyOut
    available: MoneyOut
    version: int


def show_account(account: CreditAccount) -> ShownAccount:
    """An account as a person reads it."""
    return ShownAccount(
        customer=account.customer,
        limit=_money(account, account.limit.minor),
        exposure=_money(account, account.exposure),
        available=_money(account, account.limit.minor - account.exposure),
        version=account.version,
    )


async def set_limit(call: Call) -> Reply:
    """Open an account, or change its limit."""
    body: NewLimit = call.body
    command = SetCreditLimit(customer=call.path["customer"], limit=to_money(body.limit, "$.limit.amount"))
    return await call.run(command, show_account)


async def get_account(call: Call) -> Reply:
    """One account."""
    customer = call.path["customer"]
    account = await call.parts.views.credit.account(call.tenant, customer)
    if account is None:
        raise CreditAccountNotFound(f"'{customer}' has no credit account")
    return call.reply(show_account(account))


async def list_accounts(call: Call) -> Reply:
    """Accounts by customer."""
    query: PageQuery = call.query
    after = call.place("accounts", str) or ""
    rows = await call.parts.views.credit.accounts(call.tenant, after=after, limit=query.limit + 1)
    return call.reply(
        page_of(rows, query.limit, show_account, lambda account: call.cursor("accounts", account.customer))
    )


def _money(account: CreditAccount, minor: int) -> MoneyOut:
    shown = show_money(Money(minor=minor, currency=account.limit.currency))
    assert shown is not None, "there is an amount to show"
    return shown


ROUTES = (
    Route(
        method="GET", path=PATH, summary="List credit accounts", handle=list_accounts, tag="credit",
        query=PageQuery, answer=Page[ShownAccount], scope=Scope.CREDIT_READ,
    ),
    Route(
        method="GET", path=f"{PATH}/{{customer:str}}", summary="One credit account", handle=get_account, tag="credit",
        answer=ShownAccount, scope=Scope.CREDIT_READ, refusals=(404,),
    ),
    Route(
        method="PUT", path=f"{PATH}/{{customer:str}}", summary="Set a credit limit", handle=set_limit, tag="credit",
        body=NewLimit, answer=ShownAccount, scope=Scope.CREDIT_WRITE, refusals=(404, 409, 422),
    ),
)  # fmt: skip
