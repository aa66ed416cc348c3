"""An exchange over a storage: what is sent is an order like any other, submitted in the approval's own transaction."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from msgspec.json import encode

from core.acceptance.queues import AcceptOrders
from core.intake.submission import Address, OrderRequest
from core.inventory.acts import UnknownSku
from core.kernel.ids import IntakeId, OrderId, ReturnId
from core.kernel.money import Money
from core.kernel.quantity import InvalidQuantity
from core.orders.changing import AcceptFulfilment, ShipFulfilment
from core.orders.dossier import Dossier
from core.orders.exchanging import ReplacementOpen
from core.orders.order import Order
from core.orders.return_events import ReturnReplaced
from core.orders.returning import (
    ApproveReturn,
    ReceiveReturn,
    ReplacementWish,
    RequestRefund,
    RequestReturn,
    ResolveReturn,
    ReturnWish,
)
from core.orders.returns import ReturnKind
from tests.conformance.shop import a_shop, accept_all, an_order, change, change_back, receive
from tests.conformance.storage import Storage
from tests.support.given import OTHER_TENANT, TENANT, a_context, a_line, an_id, an_item

ORDER = OrderId(an_id(100_201))
SAME = ReplacementWish(sku="SKU-1", quantity=Decimal(1))
DEARER = ReplacementWish(sku="SKU-2", quantity=Decimal(1))


async def sent(storage: Storage, *, others: int = 3) -> None:
    """Four at 1.00 sent to Germany, two items in the shop: six left of the first, some of the second at 2.50."""
    await a_shop(storage, stock=10)
    async with storage.transactions.begin(a_context()) as tx:
        await tx.items.add([an_item(2, price=Money(minor=250, currency="GBP"))])
        if others:
            await receive(tx, others, group=9, item=2)
    lines = (a_line(quantity=4, unit_price=Money(minor=100, currency="GBP")),)
    request = OrderRequest(items=lines, currency="GBP", customer="ada", ship_to=Address(country="DE"))
    submission = replace(an_order(201, customer="ada"), body=encode(request))
    await storage.intake_log.append([submission])
    await decided(storage, submission.id)
    (one,) = await storage.dossiers.fulfilments(TENANT, ORDER)
    for command in (AcceptFulfilment(fulfilment=one.id), ShipFulfilment(fulfilment=one.id)):
        async with storage.transactions.begin(a_context()) as tx:
            await change(command, a_context(), tx)


async def decided(storage: Storage, job: IntakeId) -> None:
    async with storage.transactions.begin(a_context()) as tx:
        batch = await tx.acceptance.submissions([job])
        await accept_all(AcceptOrders(batch=tuple(batch)), a_context(), tx)


async def asked(storage: Storage, *commands: Any) -> Dossier:
    for command in commands:
        async with storage.transactions.begin(a_context()) as tx:
            answered: Dossier = await change_back(command, a_context(), tx)
    async with storage.transactions.begin(a_context()) as tx:
        kept: Dossier = await tx.dossiers.lock(ORDER)
    assert kept == answered
    return kept


async def exchanged(storage: Storage, *instead: ReplacementWish, quantity: int = 2) -> ReturnId:
    """An approved exchange of so many."""
    back = ReturnWish(line=1, quantity=Decimal(quantity), reason="too small")
    wish = RequestReturn(order=ORDER, lines=(back,), kind=ReturnKind.EXCHANGE, replacements=instead)
    one = (await asked(storage, wish)).returns[-1].id
    await asked(storage, ApproveReturn(one=one))
    return one


async def submitted(storage: Storage) -> tuple[OrderId, IntakeId]:
    """The order and the job submitted last."""
    events = [event.body for event in await storage.feed.stream(TENANT, ORDER)]
    last = [event for event in events if isinstance(event, ReturnReplaced)][-1]
    return last.replaced_by, last.job_id


async def replacement(storage: Storage) -> Order:
    """The order submitted last, once somebody has decided it."""
    known, job = await submitted(storage)
    await decided(storage, job)
    order: Order = await storage.orders.order(TENANT, known)
    return order


async def test_what_is_sent_is_an_order_of_the_same_customer_and_address(storage: Storage) -> None:
    await sent(storage)
    await exchanged(storage, SAME, DEARER)
    known, job = await submitted(storage)
    assert (await storage.intake.progress(TENANT, job)).order_id == known
    assert await storage.orders.order(TENANT, known) is None
    order = await replacement(storage)
    facts = order.facts
    assert (order.accepted_at is not None, facts.channel, facts.customer, facts.currency) == (True, "api", "ada", "GBP")
    assert [(line.sku, line.ordered, line.price) for line in facts.lines] == [("SKU-1", 1, 100), ("SKU-2", 1, 250)]
    async with storage.transactions.begin(a_context()) as tx:
        dossier = await tx.dossiers.lock(known)
        assert (await tx.dossiers.request(dossier)).ship_to == Address(country="DE")
    assert await storage.invariants.violations() == []


async def test_each_knows_of_the_other(storage: Storage) -> None:
    await sent(storage)
    one = await exchanged(storage, SAME)
    order = await replacement(storage)
    assert await storage.dossiers.exchange_of(TENANT, order) == ORDER
    (back,) = await storage.dossiers.returns(TENANT, ORDER)
    assert (back.id, back.replaced_by) == (one, (order.facts.order_id,))
    first = await storage.orders.order(TENANT, ORDER)
    assert await storage.dossiers.exchange_of(TENANT, first) is None
    assert await storage.dossiers.exchange_of(OTHER_TENANT, order) is None


async def test_an_approval_that_is_undone_sends_nothing(storage: Storage) -> None:
    await sent(storage)
    back = ReturnWish(line=1, quantity=Decimal(1), reason="r")
    wish = RequestReturn(order=ORDER, lines=(back,), kind=ReturnKind.EXCHANGE, replacements=(SAME,))
    one = (await asked(storage, wish)).returns[0].id
    depth = (await storage.queue.depth()).get("intake")

    async def undone() -> None:
        async with storage.transactions.begin(a_context()) as tx:
            await change_back(ApproveReturn(one=one), a_context(), tx)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await undone()
    assert (await storage.queue.depth()).get("intake") == depth
    assert (await storage.dossiers.returns(TENANT, ORDER))[0].replaced_by == ()


async def test_what_is_given_back_follows_what_is_sent(storage: Storage) -> None:
    await sent(storage)
    one = await exchanged(storage, SAME)
    refund = RequestRefund(one=one)
    with pytest.raises(ReplacementOpen):
        await asked(storage, refund)
    await replacement(storage)
    kept = await asked(storage, refund)
    assert [given.amount for given in kept.returns[0].refunds] == [100]


async def test_what_is_refused_is_paid_for_or_sent_anew(storage: Storage) -> None:
    await sent(storage, others=0)
    one = await exchanged(storage, DEARER)
    first = await replacement(storage)
    assert first.rejected_at is not None
    async with storage.transactions.begin(a_context()) as tx:
        await receive(tx, 1, group=77, item=2)
    again = await asked(storage, ReceiveReturn(one=one, location="W101"), ApproveReturn(one=one))
    second = await replacement(storage)
    assert again.returns[0].replaced_by == (first.facts.order_id, second.facts.order_id)
    assert second.accepted_at is not None
    with pytest.raises(ReplacementOpen):
        await asked(storage, ApproveReturn(one=one))
    other = await exchanged(storage, DEARER)
    assert (await replacement(storage)).rejected_at is not None
    kept = await asked(storage, RequestRefund(one=other))
    assert [given.amount for given in kept.returns[1].refunds] == [200]


async def test_what_nobody_sells_is_not_promised_in_exchange(storage: Storage) -> None:
    await sent(storage)
    for wish, error in (
        (replace(SAME, sku="SKU-404"), UnknownSku),
        (replace(SAME, quantity=Decimal("0.5")), InvalidQuantity),
    ):
        with pytest.raises(error) as refusal:
            await exchanged(storage, wish)
        assert refusal.value.path.startswith("$.replacements[0]")
    one = await exchanged(storage, SAME)
    with pytest.raises(ReplacementOpen):
        await asked(storage, ResolveReturn(one=one))
