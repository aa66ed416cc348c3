"""An order's later life: what it does to stock, to credit and to the order, kept whole or not at all."""

import asyncio
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from msgspec.json import encode

from core.acceptance.queues import AcceptOrders
from core.credit.account import CreditAccount
from core.execution.use_cases.change_order import CreditLimitExceeded
from core.intake.submission import Address, OrderRequest
from core.inventory.acts import UnknownLocation
from core.inventory.balance import Balance
from core.inventory.stock import InsufficientStock
from core.kernel.errors import DomainError
from core.kernel.ids import FulfilmentId, JobId, OrderId, ReturnId
from core.kernel.money import Money
from core.orders.changing import (
    AcceptFulfilment,
    AllocateOrder,
    AmendLine,
    CancelFulfilment,
    CancelLine,
    CancelOrder,
    DeliverFulfilment,
    InvalidChange,
    LineQuantity,
    MoveFulfilment,
    OrderNotOpen,
    PickFulfilment,
    PlaceHold,
    RejectFulfilment,
    ReleaseHold,
    ShipFulfilment,
)
from core.orders.dossier import Dossier
from core.orders.fulfilment import FulfilmentNotFound, FulfilmentState
from core.orders.order import HoldReason, OrderNotFound, Phase
from core.orders.refunding import refundable
from core.orders.returning import (
    ApproveReturn,
    Finding,
    InspectReturn,
    ReceiveReturn,
    RequestRefund,
    RequestReturn,
    ResolveReturn,
    ReturnChange,
    ReturnWish,
    WithdrawRefund,
)
from core.orders.returns import RefundMethod, RefundNotFound, ReturnNotFound, ReturnState
from ports.execution import WorkFilter
from tests.conformance.shop import a_place, a_shop, accept_all, an_order, change, change_back, receive, shelf
from tests.conformance.storage import Storage
from tests.support.given import OTHER_TENANT, TENANT, a_context, a_line, an_id

ORDER = OrderId(an_id(100_201))


async def accepted(storage: Storage, quantity: int = 4, *, customer: str | None = None) -> Dossier:
    """An order of so many, accepted."""
    submission = an_order(201, quantity=quantity, customer=customer)
    await storage.intake_log.append([submission])
    async with storage.transactions.begin(a_context()) as tx:
        batch = await tx.acceptance.submissions([submission.id])
        await accept_all(AcceptOrders(batch=tuple(batch)), a_context(), tx)
    return await dossier(storage)


async def dossier(storage: Storage) -> Dossier:
    async with storage.transactions.begin(a_context()) as tx:
        kept: Dossier = await tx.dossiers.lock(ORDER)
        return kept


async def done(storage: Storage, *commands: Any) -> Dossier:
    """The order after ``commands``, each in a transaction of its own, as it was answered and as it is kept."""
    for command in commands:
        async with storage.transactions.begin(a_context()) as tx:
            use_case = change_back if isinstance(command, RequestReturn | ReturnChange) else change
            answered = await use_case(command, a_context(), tx)
    kept = await dossier(storage)
    assert kept == answered
    assert await storage.invariants.violations() == []
    return kept


async def first(storage: Storage) -> FulfilmentId:
    found = await storage.dossiers.fulfilments(TENANT, ORDER)
    return found[0].id


async def second_place(storage: Storage, stock: int = 10) -> None:
    async with storage.transactions.begin(a_context()) as tx:
        await tx.locations.add(a_place(102))
        await receive(tx, stock, group=9, location=102)


async def at(storage: Storage, location: str) -> Balance:
    (row,) = await storage.inventory.stock(TENANT, sku=None, location=location, after=("", "", ""), limit=9)
    balance: Balance = row.balance
    return balance


def some(quantity: int) -> tuple[LineQuantity, ...]:
    return (LineQuantity(line=1, quantity=Decimal(quantity)),)


async def test_an_accepted_order_asks_its_location(storage: Storage) -> None:
    await a_shop(storage, stock=10)
    new = await accepted(storage)
    (asked,) = new.fulfilments
    assert (asked.order, asked.location, asked.state) == (ORDER, an_id(101), FulfilmentState.PROPOSED)
    assert [(line.line, line.quantity) for line in asked.lines] == [(1, 4)]
    assert list(await storage.dossiers.fulfilments(TENANT, ORDER)) == [asked]
    (work,) = await storage.dossiers.work(TENANT, WorkFilter(), after=None, limit=9)
    assert (work.fulfilment, [line.sku for line in work.lines]) == (asked, ["SKU-1"])
    assert await storage.dossiers.fulfilments(OTHER_TENANT, ORDER) == []
    assert new.version == 1


async def test_from_the_shelf_to_the_customer(storage: Storage) -> None:
    await a_shop(storage, stock=10)
    await accepted(storage)
    one = await first(storage)
    await done(storage, AcceptFulfilment(fulfilment=one), PickFulfilment(fulfilment=one, lines=some(3)))
    balance = await shelf(storage)
    assert (balance.available, balance.committed, balance.picked, balance.on_hand) == (6, 1, 3, 10)
    await done(storage, ShipFulfilment(fulfilment=one, carrier="RM", tracking="7"))
    balance = await shelf(storage)
    assert (balance.available, balance.committed, balance.picked, balance.on_hand) == (6, 0, 0, 6)
    kept = await done(storage, DeliverFulfilment(fulfilment=one))
    assert kept.order.phase is Phase.DELIVERED
    order = await storage.orders.order(TENANT, ORDER)
    assert (order.phase, order.facts.lines[0].delivered) == (Phase.DELIVERED, 4)
    names = [event.name for event in await storage.feed.stream(TENANT, ORDER)]
    assert names == [
        "order.accepted.v1",
        "fulfilment.accepted.v1",
        "fulfilment.picked.v1",
        "fulfilment.shipped.v1",
        "fulfilment.delivered.v1",
    ]
    rows = await storage.inventory.entries(TENANT, "SKU-1", before=None, limit=9)
    assert {row.cause for row in rows} == {None, f"order:{ORDER}"}


async def test_a_cancelled_order_gives_everything_back(storage: Storage) -> None:
    await a_shop(storage, stock=10)
    await accepted(storage)
    await done(storage, CancelLine(order=ORDER, line=1, quantity=Decimal(1), reason="one less"))
    assert ((await shelf(storage)).available, (await shelf(storage)).committed) == (7, 3)
    kept = await done(storage, CancelOrder(order=ORDER, reason="none at all"))
    assert ((await shelf(storage)).available, (await shelf(storage)).committed) == (10, 0)
    assert kept.order.phase is Phase.CANCELLED
    assert await storage.dossiers.work(TENANT, WorkFilter(), after=None, limit=9) == []


async def test_cancelling_while_it_is_sent_ends_one_way_or_the_other(storage: Storage) -> None:
    await a_shop(storage, stock=10)
    await accepted(storage)
    one = await first(storage)
    await done(storage, AcceptFulfilment(fulfilment=one))

    async def attempt(command: Any) -> str:
        try:
            async with storage.transactions.begin(a_context()) as tx:
                await change(command, a_context(), tx)
        except DomainError as refusal:
            return refusal.code
        return "done"

    ends = await asyncio.gather(
        attempt(ShipFulfilment(fulfilment=one)), attempt(CancelOrder(order=ORDER, reason="late", forced=True))
    )
    assert sorted(ends) in (["done", "order_not_open"], ["done", "fulfilment_state"])
    balance = await shelf(storage)
    assert (balance.available, balance.on_hand) in ((6, 6), (10, 10))
    assert await storage.invariants.violations() == []


async def test_a_location_that_will_not_is_not_asked_again(storage: Storage) -> None:
    await a_shop(storage, stock=10)
    await second_place(storage)
    await accepted(storage)
    one = await first(storage)
    kept = await done(storage, RejectFulfilment(fulfilment=one, reason="empty shelf"))
    old, new = kept.fulfilments
    assert (old.state, old.reason, old.lines) == (FulfilmentState.REJECTED, "empty shelf", ())
    assert (new.state, new.location) == (FulfilmentState.PROPOSED, an_id(102))
    assert ((await at(storage, "W101")).committed, (await at(storage, "W102")).committed) == (0, 4)
    short = await done(storage, RejectFulfilment(fulfilment=new.id, reason="closed"))
    assert [hold.reason for hold in short.order.holds] == [HoldReason.STOCK_SHORTFALL]
    assert (await at(storage, "W102")).committed == 0
    assert (await storage.orders.order(TENANT, ORDER)).phase is Phase.ON_HOLD


async def test_an_order_that_is_short_goes_on_by_itself_when_there_is_stock(storage: Storage) -> None:
    await a_shop(storage, stock=4)
    await accepted(storage)
    short = await done(storage, RejectFulfilment(fulfilment=await first(storage), reason="broken"))
    assert short.order.holds
    again = await done(storage, AllocateOrder(order=ORDER))
    assert again == short, "the only place there is has rejected it"
    await second_place(storage, 3)
    some_of_it = await done(storage, AllocateOrder(order=ORDER))
    assert [(one.state, sum(line.quantity for line in one.lines)) for one in some_of_it.fulfilments] == [
        (FulfilmentState.REJECTED, 0),
        (FulfilmentState.PROPOSED, 3),
    ]
    async with storage.transactions.begin(a_context()) as tx:
        await receive(tx, 3, group=10, location=102)
    whole = await done(storage, AllocateOrder(order=ORDER))
    assert (whole.order.holds, whole.order.phase) == ((), Phase.ALLOCATED)
    assert (await at(storage, "W102")).committed == 4


async def test_it_is_sent_from_another_location_whole_or_not_at_all(storage: Storage) -> None:
    await a_shop(storage, stock=10)
    await second_place(storage, 3)
    await accepted(storage)
    move = MoveFulfilment(fulfilment=await first(storage), location="W102", reason="nearer")
    with pytest.raises(InsufficientStock):
        await done(storage, move)
    assert (await at(storage, "W101")).committed == 4
    with pytest.raises(UnknownLocation):
        await done(storage, replace(move, location="W9"))
    with pytest.raises(InvalidChange):
        await done(storage, replace(move, location="W101"))
    async with storage.transactions.begin(a_context()) as tx:
        await receive(tx, 1, group=10, location=102)
    moved = await done(storage, move)
    assert [one.state for one in moved.fulfilments] == [FulfilmentState.REJECTED, FulfilmentState.PROPOSED]
    assert ((await at(storage, "W101")).committed, (await at(storage, "W102")).committed) == (0, 4)
    new = moved.fulfilments[1].id
    await done(storage, AcceptFulfilment(fulfilment=new), ShipFulfilment(fulfilment=new))
    assert ((await at(storage, "W101")).on_hand, (await at(storage, "W102")).on_hand) == (10, 0)


async def test_what_is_owed_cannot_be_picked_from_an_empty_shelf(storage: Storage) -> None:
    await a_shop(storage, stock=1, backorder_limit=5)
    await accepted(storage, 4)
    one = await first(storage)
    await done(storage, AcceptFulfilment(fulfilment=one))
    with pytest.raises(InsufficientStock):
        await done(storage, PickFulfilment(fulfilment=one))
    await done(storage, ShipFulfilment(fulfilment=one, lines=some(1)))
    assert (await storage.orders.order(TENANT, ORDER)).phase is Phase.PARTIALLY_FULFILLED
    async with storage.transactions.begin(a_context()) as tx:
        await receive(tx, 3, group=10)
    kept = await done(storage, ShipFulfilment(fulfilment=one))
    assert (kept.order.phase, kept.order.facts.lines[0].backordered) == (Phase.FULFILLED, 0)


async def test_a_location_that_gives_up_leaves_the_rest_due(storage: Storage) -> None:
    await a_shop(storage, stock=10)
    await accepted(storage)
    one = await first(storage)
    kept = await done(
        storage,
        AcceptFulfilment(fulfilment=one),
        ShipFulfilment(fulfilment=one, lines=some(1)),
        CancelFulfilment(fulfilment=one, reason="flooded", forced=True),
    )
    assert kept.fulfilments[0].state is FulfilmentState.SHIPPED
    assert (await shelf(storage)).committed == 0
    again = await done(storage, AllocateOrder(order=ORDER))
    assert len(again.fulfilments) == 2, "the same place may be asked again: it did not refuse"
    assert (await shelf(storage)).committed == 3


async def test_more_is_promised_whole_or_not_at_all(storage: Storage) -> None:
    await a_shop(storage, stock=6)
    await accepted(storage)
    with pytest.raises(InsufficientStock):
        await done(storage, AmendLine(order=ORDER, line=1, quantity=Decimal(7), reason="more"))
    kept = await done(storage, AmendLine(order=ORDER, line=1, quantity=Decimal(6), reason="more"))
    assert [sum(line.quantity for line in one.lines) for one in kept.fulfilments] == [4, 2]
    assert (await shelf(storage)).available == 0
    less = await done(storage, AmendLine(order=ORDER, line=1, quantity=Decimal(1), reason="less"))
    assert (less.order.facts.lines[0].allocated, (await shelf(storage)).available) == (1, 5)


async def test_what_is_cancelled_before_it_was_decided_waits_for_no_review(storage: Storage) -> None:
    await a_shop(storage, stock=10)
    submission = an_order(201, text="four of the blue ones, please")
    await storage.intake_log.append([submission])
    async with storage.transactions.begin(a_context()) as tx:
        batch = await tx.acceptance.submissions([submission.id])
        await accept_all(AcceptOrders(batch=tuple(batch)), a_context(), tx)
    kept = await done(storage, CancelOrder(order=ORDER, reason="spam"))
    assert kept.order.phase is Phase.CANCELLED
    async with storage.transactions.begin(a_context()) as tx:
        assert not await tx.dead_letters.replay(JobId(submission.id))
        assert not await tx.queue.withdraw(JobId(submission.id))


async def test_holds_are_kept(storage: Storage) -> None:
    await a_shop(storage, stock=10)
    await accepted(storage)
    kept = await done(storage, PlaceHold(order=ORDER, reason=HoldReason.ADDRESS_INVALID, note="no such street"))
    assert [(hold.reason, hold.note) for hold in kept.order.holds] == [(HoldReason.ADDRESS_INVALID, "no such street")]
    assert (await done(storage, ReleaseHold(order=ORDER, note="found"))).order.holds == ()


async def test_what_does_not_exist_cannot_be_changed(storage: Storage) -> None:
    await a_shop(storage, stock=10)
    await accepted(storage)
    with pytest.raises(OrderNotFound):
        await done(storage, CancelOrder(order=OrderId(an_id(1)), reason="r"))
    with pytest.raises(FulfilmentNotFound):
        await done(storage, AcceptFulfilment(fulfilment=FulfilmentId(an_id(1))))
    with pytest.raises(OrderNotFound):
        async with storage.transactions.begin(a_context(OTHER_TENANT)) as tx:
            await change(CancelOrder(order=ORDER, reason="r"), a_context(OTHER_TENANT), tx)


async def test_work_is_listed_by_location_and_state_a_page_at_a_time(storage: Storage) -> None:
    await a_shop(storage, stock=10)
    for number in (201, 202):
        submission = an_order(number)
        await storage.intake_log.append([submission])
        async with storage.transactions.begin(a_context()) as tx:
            batch = await tx.acceptance.submissions([submission.id])
            await accept_all(AcceptOrders(batch=tuple(batch)), a_context(), tx)
    await done(storage, AcceptFulfilment(fulfilment=await first(storage)))

    async def work(after: FulfilmentId | None = None, limit: int = 9, **wanted: Any) -> list[FulfilmentId]:
        found = await storage.dossiers.work(TENANT, WorkFilter(**wanted), after=after, limit=limit)
        return [row.fulfilment.id for row in found]

    both = await work()
    assert len(both) == 2
    assert await work(limit=1) + await work(after=both[0]) == both
    assert await work(state=FulfilmentState.ACCEPTED) == [await first(storage)]
    assert (len(await work(location=an_id(101))), await work(location=an_id(102))) == (2, [])


async def test_the_country_is_the_requests(storage: Storage) -> None:
    await a_shop(storage, stock=10)
    kept = await accepted(storage)
    async with storage.transactions.begin(a_context()) as tx:
        assert (await tx.dossiers.request(kept)).ship_to is None
    request = OrderRequest(items=(a_line(),), ship_to=Address(country="DE"))
    await storage.intake_log.append([replace(an_order(203), body=encode(request))])
    other = replace(kept.order, facts=replace(kept.order.facts, intake_id=an_id(203)))
    async with storage.transactions.begin(a_context()) as tx:
        assert (await tx.dossiers.request(replace(kept, order=other))).ship_to.country == "DE"


class TestOnAccount:
    """A customer owes what is due of his orders: no more, no less, however they change."""

    async def _shop(self, storage: Storage, limit: int) -> None:
        item = await a_shop(storage, stock=20)
        async with storage.transactions.begin(a_context()) as tx:
            account = CreditAccount(id=an_id(55), customer="bo", limit=Money(minor=limit, currency="GBP"), version=1)
            await tx.accounts.save(account)
            kept = await tx.items.lock(item.id)
            await tx.items.change(replace(kept, price=Money(minor=100, currency="GBP"), version=kept.version + 1))

    async def _owed(self, storage: Storage) -> int:
        account = await storage.credit.account(TENANT, "bo")
        exposure: int = account.exposure
        return exposure

    async def test_less_of_an_order_is_owed_no_more(self, storage: Storage) -> None:
        await self._shop(storage, 1000)
        assert (await accepted(storage, customer="bo")).order.on_account
        assert await self._owed(storage) == 400
        await done(storage, CancelLine(order=ORDER, line=1, quantity=Decimal(1), reason="less"))
        assert await self._owed(storage) == 300
        await done(storage, CancelOrder(order=ORDER, reason="none"))
        assert await self._owed(storage) == 0

    async def test_more_of_an_order_is_checked_as_a_new_one_is(self, storage: Storage) -> None:
        await self._shop(storage, 500)
        await accepted(storage, customer="bo")
        await done(storage, AmendLine(order=ORDER, line=1, quantity=Decimal(5), reason="more"))
        assert await self._owed(storage) == 500
        with pytest.raises(CreditLimitExceeded):
            await done(storage, AmendLine(order=ORDER, line=1, quantity=Decimal(6), reason="more"))
        assert (await self._owed(storage), (await shelf(storage)).committed) == (500, 5)

    async def test_cancelling_is_no_way_round_the_limit(self, storage: Storage) -> None:
        await self._shop(storage, 500)
        await accepted(storage, customer="bo")
        await done(storage, CancelOrder(order=ORDER, reason="close"))
        assert await self._owed(storage) == 0
        for again in (
            AmendLine(order=ORDER, line=1, quantity=Decimal(4), reason="reopen"),
            AllocateOrder(order=ORDER),
            ReleaseHold(order=ORDER, note="reopen"),
        ):
            with pytest.raises(OrderNotOpen):
                await done(storage, again)
        assert ((await shelf(storage)).committed, await self._owed(storage)) == (0, 0)


class TestReturns:
    async def _sent(self, storage: Storage) -> ReturnId:
        """An order of four, sent, of which two are to come back."""
        await a_shop(storage, stock=10)
        await accepted(storage)
        one = await first(storage)
        await done(storage, AcceptFulfilment(fulfilment=one), ShipFulfilment(fulfilment=one))
        kept = await returned(storage, wanted(2))
        return kept.returns[0].id

    async def test_goods_come_back_to_the_shelf_by_inspection_alone(self, storage: Storage) -> None:
        one = await self._sent(storage)
        await returned(storage, ApproveReturn(one=one), ReceiveReturn(one=one, location="W101"))
        balance = await shelf(storage)
        assert (balance.available, balance.quality_control, balance.on_hand) == (6, 2, 8)
        finding = Finding(line=1, sellable=Decimal(1), damaged=Decimal(1))
        await returned(storage, InspectReturn(one=one, findings=(finding,)))
        balance = await shelf(storage)
        assert (balance.available, balance.quality_control, balance.damaged) == (7, 0, 1)
        kept = await returned(storage, ResolveReturn(one=one, note="done"))
        assert kept.returns[0].state is ReturnState.RESOLVED
        order = await storage.orders.order(TENANT, ORDER)
        assert order.facts.lines[0].returned == 2
        rows = await storage.inventory.entries(TENANT, "SKU-1", before=None, limit=9)
        assert [row.cause for row in rows].count(f"return:{one}") == 3

    async def test_money_back_puts_nothing_on_a_shelf(self, storage: Storage) -> None:
        one = await self._sent(storage)
        async with storage.transactions.begin(a_context()) as tx:
            kept = await tx.dossiers.lock(ORDER)
            priced = replace(
                kept.order, facts=replace(kept.order.facts, lines=(replace(kept.order.facts.lines[0], price=100),))
            )
            assert refundable(replace(kept, order=priced), kept.returns[0], 1) == 0, "it is not approved yet"
        before = await shelf(storage)
        await returned(storage, ApproveReturn(one=one), ResolveReturn(one=one, note="the customer may keep it"))
        assert (await shelf(storage)) == before

    async def test_returns_are_listed(self, storage: Storage) -> None:
        one = await self._sent(storage)
        assert [kept.id for kept in await storage.dossiers.returns(TENANT, ORDER)] == [one]
        assert list(await storage.dossiers.returns(OTHER_TENANT, ORDER)) == []
        for state, found in ((None, [one]), (ReturnState.REQUESTED, [one]), (ReturnState.RESOLVED, [])):
            rows = await storage.dossiers.returned(TENANT, state=state, after=None, limit=9)
            assert [row.one.id for row in rows] == found
        assert await storage.dossiers.returned(TENANT, state=None, after=one, limit=9) == []

    async def test_what_does_not_exist_cannot_come_back(self, storage: Storage) -> None:
        one = await self._sent(storage)
        await returned(storage, ApproveReturn(one=one))
        with pytest.raises(UnknownLocation):
            await returned(storage, ReceiveReturn(one=one, location="W9"))
        with pytest.raises(ReturnNotFound):
            await returned(storage, ApproveReturn(one=ReturnId(an_id(1))))
        with pytest.raises(OrderNotFound):
            await returned(storage, replace(wanted(1), order=OrderId(an_id(1))))

    async def test_a_credit_is_owed_no_more(self, storage: Storage) -> None:
        account = TestOnAccount()
        await account._shop(storage, 1000)
        await accepted(storage, customer="bo")
        one = await first(storage)
        await done(storage, AcceptFulfilment(fulfilment=one), ShipFulfilment(fulfilment=one))
        back = (await returned(storage, wanted(2))).returns[0].id
        credit = RequestRefund(one=back, method=RefundMethod.CREDIT)
        await returned(storage, ApproveReturn(one=back), credit)
        assert await account._owed(storage) == 200
        with pytest.raises(InvalidChange):
            await returned(storage, credit)
        assert await account._owed(storage) == 200

    async def test_a_credit_that_is_taken_back_is_owed_again(self, storage: Storage) -> None:
        account = TestOnAccount()
        await account._shop(storage, 1000)
        await accepted(storage, customer="bo")
        one = await first(storage)
        await done(storage, AcceptFulfilment(fulfilment=one), ShipFulfilment(fulfilment=one))
        back = (await returned(storage, wanted(2))).returns[0].id
        credit = RequestRefund(one=back, method=RefundMethod.CREDIT, reference="s")
        await returned(storage, ApproveReturn(one=back), credit)
        assert await account._owed(storage) == 200
        await returned(storage, WithdrawRefund(one=back, reference="s", reason="r"))
        assert await account._owed(storage) == 400
        with pytest.raises(RefundNotFound):
            await returned(storage, WithdrawRefund(one=back, reference="s", reason="r"))
        await returned(storage, credit)
        assert await account._owed(storage) == 200


def wanted(quantity: int) -> RequestReturn:
    wish = ReturnWish(line=1, quantity=Decimal(quantity), reason="does not fit")
    return RequestReturn(order=ORDER, lines=(wish,))


async def returned(storage: Storage, *commands: Any) -> Dossier:
    """The order after ``commands`` about its returns."""
    return await done(storage, *commands)
