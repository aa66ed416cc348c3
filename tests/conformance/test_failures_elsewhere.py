"""Failures that were filed against other systems, see docs/failures.md: those that no other test is about."""

from datetime import timedelta
from decimal import Decimal
from functools import partial

from core.acceptance.queues import AcceptOrders
from core.inventory.acts import Act, ChangeStock, StockAct
from core.inventory.holding import Holder, ReleaseReservation, ReservationLine, ReserveStock
from core.inventory.use_cases.change_reservation import release_reservation
from core.inventory.use_cases.change_stock import change_stock
from core.inventory.use_cases.reserve_stock import reserve_stock
from core.kernel.event import START
from tests.conformance.shop import a_shop, accept_all, an_order, shelf
from tests.conformance.storage import Storage
from tests.support.given import NOW, TENANT, a_context, numbered_ids, reason_codes

NEW_ID = numbered_ids(500_000)


async def accepted(storage: Storage, number: int, quantity: int) -> list[str]:
    """The reasons the order was refused for; none when it was accepted."""
    await storage.intake_log.append([an_order(number, quantity=quantity)])
    async with storage.transactions.begin(a_context()) as tx:
        batch = await tx.acceptance.submissions([an_order(number).id])
        (outcome,) = await accept_all(AcceptOrders(batch=tuple(batch)), a_context(), tx)
    return reason_codes(outcome)


async def test_what_is_reserved_outside_the_order_flow_is_nobody_elses(storage: Storage) -> None:
    await a_shop(storage, stock=5)
    by_hand = ReserveStock(lines=(ReservationLine(sku="SKU-1", quantity=Decimal(3)),), holder=Holder.MANUAL)
    async with storage.transactions.begin(a_context()) as tx:
        held = await reserve_stock(by_hand, a_context(), tx, new_id=NEW_ID)
    assert await accepted(storage, 201, 3) == ["insufficient_stock"]
    assert await accepted(storage, 202, 2) == []
    async with storage.transactions.begin(a_context()) as tx:
        release = ReleaseReservation(id=held.id, reason="by hand as well")
        await release_reservation(release, a_context(), tx, new_id=NEW_ID)
    balance = await shelf(storage)
    assert (balance.available, balance.reserved, balance.committed) == (3, 0, 2)
    assert await storage.invariants.violations() == []


async def test_a_correction_writes_itself_down_and_nothing_of_the_past_again(storage: Storage) -> None:
    await a_shop(storage, stock=5)
    for day in range(1, 30):
        now = NOW + timedelta(days=day)
        arrival = StockAct(act=Act.RECEIVE, sku="SKU-1", location="W101", quantity=Decimal(1))
        async with storage.transactions.begin(a_context(now=now)) as tx:
            await change_stock(ChangeStock(acts=(arrival,)), a_context(now=now), tx, new_id=NEW_ID)
    as_of = partial(storage.history.as_of, TENANT, sku="SKU-1", location=None, after=("", "", ""), limit=9)
    (before,) = await as_of(NOW + timedelta(days=10))
    entries = await storage.inventory.entries(TENANT, "SKU-1", before=None, limit=99)
    events = await storage.feed.read(START, 999)
    late = NOW + timedelta(days=40)
    words = "there were never more than three on the first day"
    less = StockAct(act=Act.ADJUST, sku="SKU-1", location="W101", quantity=Decimal(-2), reason=words)
    async with storage.transactions.begin(a_context(now=late)) as tx:
        await change_stock(ChangeStock(acts=(less,)), a_context(now=late), tx, new_id=NEW_ID)
    assert len(await storage.inventory.entries(TENANT, "SKU-1", before=None, limit=99)) == len(entries) + 1
    assert len(await storage.feed.read(START, 999)) == len(events) + 1
    assert await as_of(NOW + timedelta(days=10)) == [before]
    assert (await shelf(storage)).available == 5 + 29 - 2
    assert await storage.invariants.violations() == []
