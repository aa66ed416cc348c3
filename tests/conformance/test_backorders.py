"""Orders that were promised what nobody had: what comes is theirs, the oldest first, whatever it comes by."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from functools import partial
from typing import Any

from core.acceptance.queues import AcceptOrders
from core.execution.covering import CoverBackorders, gaining
from core.execution.use_cases.cover_backorders import AT_ONCE, cover_backorders
from core.inventory.acts import Act, ChangeStock, StockAct
from core.inventory.use_cases.change_stock import change_stock
from core.kernel.event import START
from core.kernel.goods import Component
from core.kernel.ids import FulfilmentId, ItemId, OrderId
from core.orders.changes import LinesCovered
from core.orders.changing import AcceptFulfilment, CancelOrder, RejectFulfilment, ShipFulfilment
from core.orders.order import Order, Phase
from ports.orders import OrderFilter
from tests.conformance.shop import a_shop, accept_all, an_order, change, held, receive
from tests.conformance.storage import Storage
from tests.support.given import TENANT, a_context, a_key, a_location, an_id, an_item, numbered_ids

change_shelf = partial(change_stock, new_id=numbered_ids(500_000))


async def ordered(storage: Storage, number: int, quantity: int, *, minutes: int = 0, sku: str = "SKU-1") -> OrderId:
    """An order of so many, accepted so many minutes later."""
    submission = an_order(number, quantity=quantity, sku=sku)
    context = replace(a_context(), now=a_context().now + timedelta(minutes=minutes))
    await storage.intake_log.append([submission])
    async with storage.transactions.begin(context) as tx:
        batch = await tx.acceptance.submissions([submission.id])
        await accept_all(AcceptOrders(batch=tuple(batch)), context, tx)
    return OrderId(submission.order_id)


async def carried(storage: Storage) -> int:
    """Everything the journal holds has been carried on, and orders were covered; answers how many were looked at."""
    relay, looked = storage.relay("one"), 0
    events = await storage.feed.read(await relay.take("r"), 1000)
    for tenant, shelves in gaining(events).items():
        command = CoverBackorders(shelves=tuple(shelves))
        while True:
            async with storage.transactions.begin(a_context(tenant)) as tx:
                due = await cover_backorders(command, a_context(tenant), tx)
            looked += due
            if not due:
                break
    if events:
        await relay.advance("r", events[-1].cursor)
    assert await storage.invariants.violations() == []
    return looked


async def arrived(storage: Storage, quantity: int, group: int = 50, **where: Any) -> None:
    async with storage.transactions.begin(a_context()) as tx:
        await receive(tx, quantity, group=group, **where)


async def order_of(storage: Storage, known: OrderId) -> Order:
    async with storage.transactions.begin(a_context()) as tx:
        dossier = await tx.dossiers.lock(known)
    order: Order = dossier.order
    return order


async def waits(storage: Storage, *orders: OrderId) -> list[int]:
    """What each order waits for, as it is kept and as it is listed."""
    kept = [await order_of(storage, one) for one in orders]
    for one in kept:
        rows = await storage.orders.orders(TENANT, **listed(one.phase))
        assert one.facts.order_id in {row.facts.order_id for row in rows}
    return [sum(line.owed for line in one.facts.lines) for one in kept]


def listed(phase: Phase) -> dict[str, Any]:
    return {"wanted": OrderFilter(phase=phase), "before": None, "limit": 50}


async def change_by(storage: Storage, command: Any) -> None:
    async with storage.transactions.begin(a_context()) as tx:
        await change(command, a_context(), tx)


async def test_what_comes_covers_the_oldest_order_first(storage: Storage) -> None:
    await a_shop(storage, stock=5, backorder_limit=20)
    younger = await ordered(storage, 201, 7, minutes=9)
    older = await ordered(storage, 202, 4, minutes=1)
    assert await carried(storage) == 0
    assert await waits(storage, older, younger) == [4, 2]
    await arrived(storage, 3)
    assert await carried(storage) == 1
    assert await waits(storage, older, younger) == [1, 2]
    await arrived(storage, 2, 51)
    assert await carried(storage) == 2
    assert await waits(storage, older, younger) == [0, 1]
    assert (await order_of(storage, older)).phase is Phase.ALLOCATED
    assert (await order_of(storage, younger)).phase is Phase.AWAITING_STOCK


async def test_it_is_in_the_orders_story(storage: Storage) -> None:
    await a_shop(storage, stock=0, backorder_limit=20)
    order = await ordered(storage, 201, 4)
    await arrived(storage, 9)
    await carried(storage)
    (covered,) = [
        event.body for event in await storage.feed.stream(TENANT, order) if event.name == "order.lines_covered.v1"
    ]
    assert isinstance(covered, LinesCovered)
    assert [(one.line, one.item, one.quantity) for one in covered.units] == [(1, an_id(1), 4)]


async def test_asking_again_changes_nothing(storage: Storage) -> None:
    await a_shop(storage, stock=0, backorder_limit=20)
    order = await ordered(storage, 201, 4)
    await arrived(storage, 3)
    await carried(storage)
    events = await storage.feed.read(START, 1000)
    async with storage.transactions.begin(a_context()) as tx:
        assert await cover_backorders(CoverBackorders(shelves=(a_key(),)), a_context(), tx) == 0
    assert await storage.feed.read(START, 1000) == events
    assert await waits(storage, order) == [1]


async def test_what_another_order_gives_back_is_given_on(storage: Storage) -> None:
    await a_shop(storage, stock=5, backorder_limit=20)
    first, second = await ordered(storage, 201, 5), await ordered(storage, 202, 3, minutes=1)
    await change_by(storage, CancelOrder(order=first, reason="r"))
    assert await carried(storage) == 1
    assert await waits(storage, second) == [0]


async def test_a_count_that_finds_more_covers_and_one_that_finds_less_takes_nothing_back(storage: Storage) -> None:
    await a_shop(storage, stock=5, backorder_limit=20)
    order = await ordered(storage, 201, 8)
    for counted, left in ((7, 1), (6, 1), (8, 0)):
        act = StockAct(act=Act.COUNT, sku="SKU-1", location="W101", quantity=Decimal(counted), reason="count")
        async with storage.transactions.begin(a_context()) as tx:
            await change_shelf(ChangeStock(acts=(act,)), a_context(), tx)
        await carried(storage)
        assert await waits(storage, order) == [left]


async def test_what_comes_elsewhere_covers_nothing(storage: Storage) -> None:
    await a_shop(storage, stock=0, backorder_limit=20)
    order = await ordered(storage, 201, 4)
    async with storage.transactions.begin(a_context()) as tx:
        await tx.locations.add(a_location(102))
    await arrived(storage, 9, location=102)
    assert await carried(storage) == 0
    assert await waits(storage, order) == [4]


async def test_a_kit_waits_for_its_components(storage: Storage) -> None:
    await a_shop(storage, stock=1, backorder_limit=20)
    made_of = (Component(item=ItemId(an_id(1)), sku="SKU-1", scale=0, quantity=2),)
    async with storage.transactions.begin(a_context()) as tx:
        await tx.items.add([replace(an_item(9, sku="KIT"), components=made_of)])
    order = await ordered(storage, 201, 3, sku="KIT")
    assert await waits(storage, order) == [5]
    await arrived(storage, 4)
    await carried(storage)
    assert [line.backordered for line in (await order_of(storage, order)).facts.lines] == [1]
    await arrived(storage, 1, 51)
    await carried(storage)
    assert (await order_of(storage, order)).phase is Phase.ALLOCATED


async def test_a_kit_that_lacks_a_component_altogether_waits_for_the_other_all_the_same(storage: Storage) -> None:
    await a_shop(storage, stock=0, backorder_limit=20)
    first, second = (Component(item=ItemId(an_id(item)), sku=f"SKU-{item}", scale=0, quantity=1) for item in (1, 2))
    async with storage.transactions.begin(a_context()) as tx:
        await tx.items.add([an_item(2), replace(an_item(9, sku="KIT"), components=(first, second))])
        await tx.locations.add(a_location(102, priority=200))
        await receive(tx, 5, group=40, item=2, location=102)
    order = await ordered(storage, 201, 2, sku="KIT")
    (other,) = [one for one in await storage.dossiers.fulfilments(TENANT, order) if one.location == an_id(102)]
    await change_by(storage, RejectFulfilment(fulfilment=other.id, reason="r"))
    assert await waits(storage, order) == [2]
    await arrived(storage, 2)
    assert await carried(storage) == 1
    assert await waits(storage, order) == [0]


async def test_what_was_sent_or_refused_meanwhile_waits_for_nothing(storage: Storage) -> None:
    await a_shop(storage, stock=4, backorder_limit=20)
    first, second = await ordered(storage, 201, 6), await ordered(storage, 202, 3, minutes=1)
    (one,) = await storage.dossiers.fulfilments(TENANT, first)
    (two,) = await storage.dossiers.fulfilments(TENANT, second)
    await arrived(storage, 2)
    await change_by(storage, AcceptFulfilment(fulfilment=FulfilmentId(one.id)))
    await change_by(storage, ShipFulfilment(fulfilment=FulfilmentId(one.id)))
    await change_by(storage, RejectFulfilment(fulfilment=FulfilmentId(two.id), reason="r"))
    assert await carried(storage) == 0
    assert await waits(storage, first, second) == [0, 0]


async def test_more_orders_than_are_held_in_one_go_are_covered_in_several(storage: Storage) -> None:
    await a_shop(storage, stock=0, backorder_limit=200)
    orders = [await ordered(storage, 1000 + number, 1) for number in range(AT_ONCE + 3)]
    await arrived(storage, AT_ONCE + 2)
    assert await carried(storage) == AT_ONCE + 2
    assert await waits(storage, *orders) == [0] * (AT_ONCE + 2) + [1]


async def test_covering_and_cancelling_at_once_end_as_one_after_the_other(storage: Storage) -> None:
    await a_shop(storage, stock=0, backorder_limit=20)
    first, second = await ordered(storage, 201, 2), await ordered(storage, 202, 2, minutes=1)
    await arrived(storage, 2)
    await asyncio.gather(change_by(storage, CancelOrder(order=first, reason="r")), carried_once(storage))
    await carried(storage)
    assert await waits(storage, first, second) == [0, 0]


async def carried_once(storage: Storage) -> None:
    async with storage.transactions.begin(a_context()) as tx:
        await cover_backorders(CoverBackorders(shelves=(a_key(),)), a_context(), tx)


async def test_two_at_once_give_what_came_once(storage: Storage) -> None:
    await a_shop(storage, stock=0, backorder_limit=20)
    first, second = await ordered(storage, 201, 2), await ordered(storage, 202, 2, minutes=1)
    await arrived(storage, 3)
    await asyncio.gather(carried_once(storage), carried_once(storage))
    await carried(storage)
    assert await waits(storage, first, second) == [0, 1]
    async with storage.transactions.begin(a_context()) as tx:
        assert (await held(tx)).available == -1


async def test_what_was_carried_on_and_covers_nobody_is_found(storage: Storage) -> None:
    await a_shop(storage, stock=0, backorder_limit=20)
    await ordered(storage, 201, 4)
    await arrived(storage, 3)
    assert await storage.invariants.violations() == []
    assert await storage.chores.uncovered(TENANT, 9) == [a_key()]
    relay = storage.relay("one")
    events = await storage.feed.read(await relay.take("r"), 1000)
    await relay.advance("r", events[-1].cursor)
    (found,) = await storage.invariants.violations()
    assert found.invariant == "I17 what orders wait for is owed"
    await carried_once(storage)
    assert await storage.invariants.violations() == []
    assert await storage.chores.uncovered(TENANT, 9) == []
