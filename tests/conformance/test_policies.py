"""A tenant's allocation policy on both storages: it holds for orders, allocations, holds and second thoughts."""

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

import pytest

from adapters.toolkit.codec import encode
from core.acceptance.facts import Outcome
from core.acceptance.policies import SetPolicy
from core.acceptance.queues import AcceptOrders
from core.acceptance.use_cases.set_policy import set_policy
from core.intake.submission import OrderRequest
from core.inventory.acts import AllocateStock, StockAllocated
from core.inventory.holding import Holder, ReservationLine, ReserveStock
from core.inventory.ranking import AllocationPolicy
from core.inventory.use_cases.allocate_stock import allocate_stock
from core.inventory.use_cases.reserve_stock import reserve_stock
from core.kernel.ids import LocationId, OrderId
from core.orders.changing import RejectFulfilment
from tests.conformance.shop import a_shop, accept_all, an_order, change, receive
from tests.conformance.storage import Storage
from tests.conformance.test_lots import LATER, SOON, done, receipt
from tests.conformance.test_lots import a_shop as a_lot_shop
from tests.support.given import TENANT, a_context, a_line, a_location, an_id, an_item, numbered_ids, reason_codes

W1, W2, W3 = (LocationId(an_id(number)) for number in (101, 102, 103))
FEW = AllocationPolicy(rules=("fewest_splits",))


async def shelves(storage: Storage, policy: AllocationPolicy, stock: Sequence[tuple[int, int, int]]) -> None:
    """SKU-1 and SKU-2 at three places: (item, location, units)."""
    await a_shop(storage, stock=0)
    async with storage.transactions.begin(a_context()) as tx:
        await tx.items.add([an_item(2)])
        for number in (102, 103):
            await tx.locations.add(a_location(number))
        for group, (item, location, units) in enumerate(stock, start=1):
            await receive(tx, units, group=group, item=item, location=location)
        await set_policy(SetPolicy(policy=policy), a_context(), tx)


async def ordered(storage: Storage, number: int, quantity: int = 1, skus: Sequence[str] = ("SKU-1",)) -> Outcome:
    request = OrderRequest(items=tuple(a_line(sku, quantity) for sku in skus))
    await storage.intake_log.append([replace(an_order(number), body=encode(request))])
    async with storage.transactions.begin(a_context()) as tx:
        batch = await tx.acceptance.submissions([an_id(number)])
        (outcome,) = await accept_all(AcceptOrders(batch=tuple(batch)), a_context(), tx)
        return outcome


async def allocated(storage: Storage, sku: str, quantity: int, channel: str) -> StockAllocated:
    command = AllocateStock(name=sku, quantity=Decimal(quantity), channel=channel)
    async with storage.transactions.begin(a_context()) as tx:
        return await allocate_stock(command, a_context(), tx, new_id=numbered_ids(550_000))


def places(outcome: Outcome) -> list[list[LocationId]]:
    return [[part.location for part in line.parts] for line in outcome.event.facts.lines]


@pytest.mark.parametrize("rule", ["fewest_splits", "priority"])
async def test_an_order_comes_from_where_most_of_it_is(storage: Storage, rule: str) -> None:
    stock = [(1, 101, 9), (1, 103, 9), (2, 103, 9)]
    await shelves(storage, AllocationPolicy(rules=(rule,)), stock)
    outcome = await ordered(storage, 201, skus=("SKU-1", "SKU-2"))
    assert places(outcome) == [[W3] if rule == "fewest_splits" else [W1], [W3]]


async def test_an_order_gets_nothing_from_a_location_closed_to_its_channel(storage: Storage) -> None:
    await shelves(storage, AllocationPolicy(excluded={"api": ("W101",)}), [(1, 101, 9), (1, 102, 3)])
    assert places(await ordered(storage, 201, quantity=3)) == [[W2]]
    assert reason_codes(await ordered(storage, 202, quantity=1)) == ["insufficient_stock"]
    assert (await allocated(storage, "SKU-1", 1, "api")).short == 1
    assert (await allocated(storage, "SKU-1", 1, "web")).group is not None


async def test_the_last_units_are_for_the_channel_they_are_kept_for(storage: Storage) -> None:
    await shelves(storage, AllocationPolicy(kept={"web": {"*": 4}}), [(1, 101, 6)])
    assert reason_codes(await ordered(storage, 201, quantity=3)) == ["insufficient_stock"]
    assert reason_codes(await ordered(storage, 202, quantity=2)) == []
    assert (await allocated(storage, "SKU-1", 1, "till")).short == 1
    assert (await allocated(storage, "SKU-1", 3, "web")).short == 0
    assert await storage.invariants.violations() == []


async def test_a_hold_whose_channel_nobody_knows_may_have_what_is_kept(storage: Storage) -> None:
    policy = AllocationPolicy(rules=FEW.rules, excluded={"api": ("W101",)}, kept={"web": {"*": 9}})
    await shelves(storage, policy, [(1, 102, 9), (1, 101, 2), (2, 101, 2)])
    lines = tuple(ReservationLine(sku=sku, quantity=Decimal(2)) for sku in ("SKU-1", "SKU-2"))
    async with storage.transactions.begin(a_context()) as tx:
        command = ReserveStock(lines=lines, holder=Holder.CART)
        held = await reserve_stock(command, a_context(), tx, new_id=numbered_ids(550_000))
    assert [part.location for part in held.parts] == ["W101", "W101"]


async def test_an_allocation_counts_what_it_covers_itself(storage: Storage) -> None:
    await shelves(storage, FEW, [(1, 101, 1), (1, 102, 5)])
    (one,) = (await allocated(storage, "SKU-1", 3, "web")).allocations
    assert [part.location for part in one.allocation.parts] == [W2]


async def test_a_second_thought_follows_the_policy_too(storage: Storage) -> None:
    stock = [(1, 101, 9), (1, 102, 9), (1, 103, 9), (2, 101, 9), (2, 103, 9)]
    await shelves(storage, AllocationPolicy(rules=("fewest_splits", "priority")), stock)
    order = OrderId((await ordered(storage, 201, skus=("SKU-1", "SKU-2"))).event.facts.order_id)
    (asked,) = await storage.dossiers.fulfilments(TENANT, order)
    assert asked.location == W1
    async with storage.transactions.begin(a_context()) as tx:
        changed = await change(RejectFulfilment(fulfilment=asked.id, reason="closed"), a_context(), tx)
    assert [one.location for one in changed.fulfilments[1:]] == [W3]
    async with storage.transactions.begin(a_context()) as tx:
        await set_policy(SetPolicy(policy=AllocationPolicy(excluded={"api": ("W102",)})), a_context(), tx)
        changed = await change(RejectFulfilment(fulfilment=changed.fulfilments[1].id, reason="no"), a_context(), tx)
    assert [hold.reason for hold in changed.order.holds] == ["stock_shortfall"]
    assert W2 not in {one.location for one in changed.fulfilments}


async def test_what_expires_first_is_sent_first_from_wherever_it_is(storage: Storage) -> None:
    await a_lot_shop(storage)
    async with storage.transactions.begin(a_context()) as tx:
        await set_policy(SetPolicy(policy=AllocationPolicy(rules=("first_expiring",))), a_context(), tx)
    await done(storage, receipt("TEA", 5, "LATE", LATER), receipt("TEA", 5, "SOON", SOON, at="W2"))
    (part,) = (await ordered(storage, 201, quantity=2, skus=["TEA"])).event.facts.lines[0].parts
    (one,) = (await allocated(storage, "TEA", 2, "web")).allocations
    codes = await storage.inventory.lot_codes(TENANT, [part.lot, one.allocation.parts[0].lot])
    assert set(codes.values()) == {"SOON"}
