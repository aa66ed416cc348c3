"""Closing and opening again over a storage: what is at rest since when, and credit asked for once more."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from msgspec.json import encode

from core.acceptance.queues import AcceptOrders
from core.credit.account import CreditAccount
from core.execution.use_cases.change_order import CreditLimitExceeded
from core.intake.submission import OrderRequest
from core.kernel.ids import OrderId
from core.kernel.money import Money
from core.orders.changing import (
    AcceptFulfilment,
    CloseOrder,
    DeliverFulfilment,
    OrderIsClosed,
    ReopenOrder,
    ShipFulfilment,
)
from core.orders.order import Order, Phase
from core.orders.returning import ApproveReturn, RequestReturn, ResolveReturn, ReturnWish
from ports.orders import OrderFilter
from tests.conformance.shop import a_shop, accept_all, an_order, change, change_back
from tests.conformance.storage import Storage
from tests.support.given import NOW, OTHER_TENANT, TENANT, a_context, a_line, an_id

ORDER = OrderId(an_id(100_201))
CLOSE, REOPEN = CloseOrder(order=ORDER, reason="done"), ReopenOrder(order=ORDER, reason="broken")
WISH = RequestReturn(order=ORDER, lines=(ReturnWish(line=1, quantity=Decimal(1), reason="r"),))
DAY = timedelta(days=1)


async def done(storage: Storage, *commands: object, days: int = 0) -> Order:
    """The order after ``commands``, so many days later, as it is kept."""
    context = a_context(now=NOW + days * DAY)
    for command in commands:
        async with storage.transactions.begin(context) as tx:
            use_case = change_back if isinstance(command, RequestReturn | ApproveReturn | ResolveReturn) else change
            await use_case(command, context, tx)
    order: Order = await storage.orders.order(TENANT, ORDER)
    rows = await storage.orders.orders(TENANT, OrderFilter(phase=order.phase), before=None, limit=9)
    assert [row.facts.order_id for row in rows] == [ORDER]
    assert await storage.invariants.violations() == []
    return order


async def delivered(storage: Storage, *, limit: int | None = None) -> None:
    """Four at 1.00, all there; on account up to ``limit`` if there is one."""
    await a_shop(storage, stock=10)
    if limit is not None:
        await allowed(storage, limit)
    lines = (a_line(quantity=4, unit_price=Money(minor=100, currency="GBP")),)
    request = OrderRequest(items=lines, currency="GBP", customer="bo")
    submission = replace(an_order(201, customer="bo"), body=encode(request))
    await storage.intake_log.append([submission])
    async with storage.transactions.begin(a_context()) as tx:
        batch = await tx.acceptance.submissions([submission.id])
        await accept_all(AcceptOrders(batch=tuple(batch)), a_context(), tx)
    (one,) = await storage.dossiers.fulfilments(TENANT, ORDER)
    await done(storage, AcceptFulfilment(fulfilment=one.id), ShipFulfilment(fulfilment=one.id))
    await done(storage, DeliverFulfilment(fulfilment=one.id))


async def allowed(storage: Storage, limit: int) -> None:
    async with storage.transactions.begin(a_context()) as tx:
        known = await tx.accounts.lock("bo")
        money = Money(minor=limit, currency="GBP")
        account = known or CreditAccount(id=an_id(501), customer="bo", limit=money)
        await tx.accounts.save(replace(account, limit=money, version=account.version + 1))


async def at_rest(storage: Storage, days: int) -> list[OrderId]:
    """What nothing has happened with since so many days after the beginning."""
    return list(await storage.chores.at_rest(TENANT, NOW + days * DAY, 9))


async def test_it_is_closed_and_opened_again(storage: Storage) -> None:
    await delivered(storage)
    assert (await done(storage, CLOSE, days=3)).closed_at == NOW + 3 * DAY
    assert (await storage.orders.order(TENANT, ORDER)).phase is Phase.CLOSED
    with pytest.raises(OrderIsClosed):
        await done(storage, WISH)
    assert (await done(storage, REOPEN)).phase is Phase.DELIVERED
    names = [event.name for event in await storage.feed.stream(TENANT, ORDER)]
    assert names[-2:] == ["order.closed.v1", "order.reopened.v1"]


async def test_what_is_at_rest_is_known_by_since_when(storage: Storage) -> None:
    await delivered(storage)
    assert (await at_rest(storage, -1), await at_rest(storage, 0)) == ([], [ORDER])
    assert list(await storage.chores.at_rest(OTHER_TENANT, NOW, 9)) == []
    await done(storage, WISH, days=2)
    assert await at_rest(storage, 99) == []
    one = (await storage.dossiers.returns(TENANT, ORDER))[0].id
    await done(storage, ApproveReturn(one=one), ResolveReturn(one=one), days=5)
    assert (await at_rest(storage, 4), await at_rest(storage, 5)) == ([], [ORDER])
    await done(storage, CLOSE, days=40)
    assert await at_rest(storage, 99) == []
    await done(storage, REOPEN, days=41)
    assert (await at_rest(storage, 40), await at_rest(storage, 41)) == ([], [ORDER])


async def test_who_owes_more_than_he_may_goes_on_with_nothing(storage: Storage) -> None:
    await delivered(storage, limit=1000)
    await done(storage, CLOSE)
    await allowed(storage, 399)
    with pytest.raises(CreditLimitExceeded):
        await done(storage, REOPEN)
    assert (await storage.orders.order(TENANT, ORDER)).phase is Phase.CLOSED
    await allowed(storage, 400)
    assert (await done(storage, REOPEN)).phase is Phase.DELIVERED
    async with storage.transactions.begin(a_context()) as tx:
        assert (await tx.accounts.lock("bo")).exposure == 400, "closing frees nothing, so opening takes nothing"
