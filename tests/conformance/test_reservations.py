"""Holds: kept as they are, ended once, and found when their time is over by the storage's clock."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from core.acceptance.queues import AcceptOrders
from core.intake.submission import Lane
from core.inventory.acts import Act, AllocateStock, ChangeStock, StockAct
from core.inventory.holding import (
    CommitReservation,
    ConsumeReservation,
    ExpireReservations,
    ExtendReservation,
    Holder,
    ReleaseReservation,
    ReservationLine,
    ReserveStock,
)
from core.inventory.reservation import (
    InvalidReservation,
    Reservation,
    ReservationEnded,
    ReservationNotFound,
    ReservationState,
    ReservedPart,
    over,
)
from core.inventory.stock import InsufficientStock
from core.inventory.use_cases import entering
from core.inventory.use_cases.allocate_stock import allocate_stock
from core.inventory.use_cases.change_reservation import (
    commit_reservation,
    consume_reservation,
    expire_reservations,
    extend_reservation,
    release_reservation,
)
from core.inventory.use_cases.change_stock import change_stock
from core.inventory.use_cases.reserve_stock import reserve_stock
from core.kernel.ids import ReservationId
from ports.storage import TransactionConflict
from tests.conformance.shop import a_shop, a_tenant, accept_all, an_order, shelf
from tests.conformance.storage import Storage
from tests.support.given import OTHER_TENANT, TENANT, a_context, a_key, an_id, numbered_ids, reason_codes

NEW_ID = numbered_ids(700_000)
ID = ReservationId(an_id(61))


async def run(storage: Storage, use_case: Any, command: object) -> Any:
    async with storage.transactions.begin(a_context()) as tx:
        return await use_case(command, a_context(), tx, new_id=NEW_ID)


def holding(quantity: int, seconds: int = 600, *lines: ReservationLine) -> ReserveStock:
    line = ReservationLine(sku="SKU-1", quantity=Decimal(quantity))
    return ReserveStock(lines=(line, *lines), holder=Holder.CART, reference="cart-1", seconds=seconds)


async def a_stocked_shop(storage: Storage, stock: int) -> None:
    await a_shop(storage, stock=0)
    act = StockAct(act=Act.RECEIVE, sku="SKU-1", location="W101", quantity=Decimal(stock))
    await run(storage, change_stock, ChangeStock(acts=(act,)))


async def a_reservation(tx: Any, *, seconds: int, number: int = 61, item: int = 1) -> Reservation:
    part = ReservedPart(key=a_key(item), quantity=2, sku="SKU-1", scale=0, location="W1")
    return Reservation(
        id=ReservationId(an_id(number)),
        holder=Holder.MANUAL,
        reference=None,
        parts=(part,),
        seconds=600,
        expires_at=await tx.reservations.now() + timedelta(seconds=seconds),
    )


async def test_a_reservation_is_kept_and_belongs_to_its_tenant(storage: Storage) -> None:
    await a_tenant(storage)
    await a_tenant(storage, OTHER_TENANT)
    async with storage.transactions.begin(a_context()) as tx:
        kept = await a_reservation(tx, seconds=60)
        await tx.reservations.add(kept)
    async with storage.transactions.begin(a_context()) as tx:
        assert await tx.reservations.lock(ID) == kept
        assert await tx.reservations.lock(ReservationId(an_id(62))) is None
        ended = replace(kept, state=ReservationState.RELEASED, version=2)
        await tx.reservations.save([ended])
    assert await storage.reservations.reservation(TENANT, ID) == ended
    assert await storage.reservations.reservation(OTHER_TENANT, ID) is None
    async with storage.transactions.begin(a_context(OTHER_TENANT)) as tx:
        assert await tx.reservations.lock(ID) is None


async def test_a_reservation_somebody_changed_meanwhile_is_not_changed_again(storage: Storage) -> None:
    await a_tenant(storage)
    async with storage.transactions.begin(a_context()) as tx:
        await tx.reservations.add(kept := await a_reservation(tx, seconds=60))
    with pytest.raises(TransactionConflict):
        async with storage.transactions.begin(a_context()) as tx:
            await tx.reservations.save([replace(kept, version=3)])


async def test_what_is_over_is_found_by_item_oldest_first_and_by_one_only(storage: Storage) -> None:
    await a_tenant(storage)
    async with storage.transactions.begin(a_context()) as tx:
        for number, item, seconds in ((61, 1, -5), (62, 2, -9), (63, 1, 60), (64, 1, -1)):
            await tx.reservations.add(await a_reservation(tx, seconds=seconds, number=number, item=item))

    async def over_now(items: Any, limit: int = 9) -> list[str]:
        async with storage.transactions.begin(a_context()) as tx:
            return [one.id for one in await tx.reservations.lock_expired(items, limit)]

    assert await over_now(None) == [an_id(62), an_id(61), an_id(64)]
    assert await over_now([an_id(1)]) == [an_id(61), an_id(64)]
    assert await over_now(None, limit=1) == [an_id(62)]
    assert await storage.reservations.tenants_with_expired(9) == [TENANT]
    async with storage.transactions.begin(a_context()) as tx:
        assert len(await tx.reservations.lock_expired([an_id(1)], 1)) == 1
        assert await over_now(None) == [an_id(62), an_id(64)]


async def test_in_a_transaction_over_two_tenants_each_has_its_own(storage: Storage) -> None:
    for tenant in (TENANT, OTHER_TENANT):
        await a_tenant(storage, tenant)
    async with storage.transactions.begin(a_context(TENANT, OTHER_TENANT)) as tx:
        for number, tenant in enumerate((TENANT, OTHER_TENANT), start=61):
            own = tx.of(tenant).reservations
            await own.add(await a_reservation(tx.of(tenant), seconds=-1, number=number))
        for number, tenant in enumerate((TENANT, OTHER_TENANT), start=61):
            assert [one.id for one in await tx.of(tenant).reservations.lock_expired(None, 9)] == [an_id(number)]
    assert await storage.reservations.tenants_with_expired(9) == [TENANT, OTHER_TENANT]


async def test_held_stock_is_not_available_and_comes_back_once(storage: Storage) -> None:
    await a_stocked_shop(storage, stock=10)
    held = await run(storage, reserve_stock, holding(4))
    assert [(part.sku, part.location, part.quantity) for part in held.parts] == [("SKU-1", "W101", 4)]
    balance = await shelf(storage)
    assert (balance.available, balance.reserved, balance.on_hand) == (6, 4, 10)
    with pytest.raises(InsufficientStock, match="1 of 7"):
        await run(storage, reserve_stock, holding(7))
    await run(storage, release_reservation, ReleaseReservation(id=held.id, reason="changed my mind"))
    for again in (ReleaseReservation(id=held.id, reason="r"), ReleaseReservation(id=held.id, reason="r")):
        with pytest.raises(ReservationEnded):
            await run(storage, release_reservation, again)
    balance = await shelf(storage)
    assert (balance.available, balance.reserved) == (10, 0)
    names = [event.name for event in await storage.feed.stream(TENANT, held.id)]
    assert names == ["stock.reserved.v1", "reservation.released.v1"]
    assert await storage.invariants.violations() == []


async def test_a_commitment_promises_what_was_held(storage: Storage) -> None:
    await a_stocked_shop(storage, stock=10)
    held = await run(storage, reserve_stock, holding(4))
    done = await run(storage, commit_reservation, CommitReservation(id=held.id, cause="order:1001"))
    assert done.state is ReservationState.COMMITTED
    balance = await shelf(storage)
    assert (balance.available, balance.reserved, balance.committed) == (6, 0, 4)
    assert await storage.invariants.violations() == []
    with pytest.raises(ReservationNotFound):
        await run(storage, commit_reservation, CommitReservation(id=ReservationId(an_id(9)), cause="order:1"))


async def test_what_was_committed_is_consumed_when_it_leaves(storage: Storage) -> None:
    await a_stocked_shop(storage, stock=10)
    held = await run(storage, reserve_stock, holding(4))
    consume = ConsumeReservation(id=held.id)
    with pytest.raises(ReservationEnded):
        await run(storage, consume_reservation, consume)
    await run(storage, commit_reservation, CommitReservation(id=held.id, cause="order:1001"))
    done = await run(storage, consume_reservation, consume)
    assert done.state is ReservationState.CONSUMED
    balance = await shelf(storage)
    assert (balance.available, balance.committed, balance.on_hand) == (6, 0, 6)
    with pytest.raises(ReservationEnded):
        await run(storage, consume_reservation, consume)
    assert await storage.invariants.violations() == []


async def test_what_was_counted_away_meanwhile_is_not_consumed(storage: Storage) -> None:
    await a_shop(storage, stock=4, backorder_limit=5)
    held = await run(storage, reserve_stock, holding(4))
    await run(storage, commit_reservation, CommitReservation(id=held.id, cause="order:1001"))
    count = StockAct(act=Act.COUNT, sku="SKU-1", location="W101", quantity=Decimal(1), reason="count")
    await run(storage, change_stock, ChangeStock(acts=(count,)))
    before = await shelf(storage)
    with pytest.raises(InsufficientStock, match="together would be -3"):
        await run(storage, consume_reservation, ConsumeReservation(id=held.id))
    assert (await shelf(storage), before.available) == (before, -3)
    assert await storage.invariants.violations() == []


async def test_whoever_wants_the_stock_ends_the_holds_that_are_over(storage: Storage) -> None:
    await a_stocked_shop(storage, stock=5)
    first = await run(storage, reserve_stock, holding(5))
    with pytest.raises(InsufficientStock):
        await run(storage, reserve_stock, holding(1))
    await storage.let_hold_run_out(first.id)
    second = await run(storage, reserve_stock, holding(5))
    assert (await storage.reservations.reservation(TENANT, first.id)).state is ReservationState.EXPIRED
    await storage.let_hold_run_out(second.id)
    allocated = await run(storage, allocate_stock, AllocateStock(name="SKU-1", quantity=Decimal(5), channel="web"))
    assert allocated.group is not None
    balance = await shelf(storage)
    assert (balance.available, balance.reserved, balance.committed) == (0, 0, 5)
    assert await storage.invariants.violations() == []


async def test_an_expired_hold_can_be_neither_extended_nor_committed(storage: Storage) -> None:
    await a_stocked_shop(storage, stock=5)
    held = await run(storage, reserve_stock, holding(2))
    longer = await run(storage, extend_reservation, ExtendReservation(id=held.id, seconds=3600))
    assert longer.expires_at - held.expires_at > timedelta(seconds=2900)
    await storage.let_hold_run_out(held.id)
    for use_case, command in (
        (extend_reservation, ExtendReservation(id=held.id)),
        (commit_reservation, CommitReservation(id=held.id, cause="order:1")),
    ):
        with pytest.raises(ReservationEnded, match="expired"):
            await run(storage, use_case, command)
    assert await run(storage, expire_reservations, ExpireReservations(limit=9)) == 1
    assert await run(storage, expire_reservations, ExpireReservations(limit=9)) == 0
    assert (await shelf(storage)).available == 5
    assert await storage.invariants.violations() == []


async def test_one_of_many_who_hold_the_last_one_gets_it(storage: Storage) -> None:
    await a_stocked_shop(storage, stock=1)

    async def buy() -> bool:
        while True:
            try:
                await run(storage, reserve_stock, holding(1))
            except InsufficientStock:
                return False
            except TransactionConflict:
                continue
            return True

    assert sorted(await asyncio.gather(*(buy() for _ in range(8)))) == [False] * 7 + [True]
    assert (await shelf(storage)).reserved == 1
    assert await storage.invariants.violations() == []


async def test_a_release_and_a_commitment_at_once_do_one_of_the_two(storage: Storage) -> None:
    await a_stocked_shop(storage, stock=3)
    held = await run(storage, reserve_stock, holding(3))

    async def tried(use_case: Any, command: object) -> bool:
        while True:
            try:
                await run(storage, use_case, command)
            except ReservationEnded:
                return False
            except TransactionConflict:
                continue
            return True

    acts = [
        tried(release_reservation, ReleaseReservation(id=held.id, reason="r")),
        tried(commit_reservation, CommitReservation(id=held.id, cause="order:1")),
        tried(release_reservation, ReleaseReservation(id=held.id, reason="r")),
    ]
    assert sum(await asyncio.gather(*acts)) == 1
    balance = await shelf(storage)
    assert (balance.reserved, balance.available + balance.committed) == (0, 3)
    assert await storage.invariants.violations() == []


async def test_two_lines_of_one_item_hold_both_or_nothing(storage: Storage) -> None:
    await a_stocked_shop(storage, stock=5)
    second = ReservationLine(sku="SKU-1", quantity=Decimal(3))
    with pytest.raises(InsufficientStock) as refused:
        await run(storage, reserve_stock, holding(3, 600, second))
    assert refused.value.path == "$.items[1].quantity"
    held = await run(storage, reserve_stock, holding(2, 600, second))
    assert sum(part.quantity for part in held.parts) == 5
    assert (await shelf(storage)).reserved == 5
    assert not over(held, held.expires_at - timedelta(seconds=1))


async def test_an_order_is_promised_what_expired_holds_still_keep(storage: Storage) -> None:
    await a_stocked_shop(storage, stock=5)
    over_soon = await run(storage, reserve_stock, holding(3))
    kept = await run(storage, reserve_stock, holding(1))
    await storage.intake_log.append([an_order(201, quantity=2), an_order(202, quantity=3), an_order(203, quantity=2)])

    async def decide(number: int) -> list[str]:
        async with storage.transactions.begin(a_context()) as tx:
            batch = await tx.acceptance.submissions([an_id(number)])
            (outcome,) = await accept_all(AcceptOrders(batch=tuple(batch)), a_context(), tx)
            return reason_codes(outcome)

    assert await decide(201) == ["insufficient_stock"]
    await storage.let_hold_run_out(over_soon.id)
    assert await decide(202) == []
    assert await decide(203) == ["insufficient_stock"]
    assert (await storage.reservations.reservation(TENANT, over_soon.id)).state is ReservationState.EXPIRED
    assert (await storage.reservations.reservation(TENANT, kept.id)).state is ReservationState.HELD
    balance = await shelf(storage)
    assert (balance.available, balance.reserved, balance.committed) == (1, 1, 3)
    assert await storage.invariants.violations() == []


async def test_a_batch_over_two_tenants_ends_the_holds_of_both(storage: Storage) -> None:
    held = {}
    for number, tenant in enumerate((TENANT, OTHER_TENANT), start=1):
        await a_shop(storage, stock=4, tenant=tenant, number=number)
        line = ReservationLine(sku=f"SKU-{number}", quantity=Decimal(4))
        async with storage.transactions.begin(a_context(tenant)) as tx:
            command = ReserveStock(lines=(line,), holder=Holder.INTAKE)
            held[tenant] = await reserve_stock(command, a_context(tenant), tx, new_id=NEW_ID)
        await storage.let_hold_run_out(held[tenant].id)
    await storage.intake_log.append(
        [an_order(201, quantity=4), an_order(202, quantity=4, sku="SKU-2", tenant=OTHER_TENANT)]
    )
    async with storage.work.claim(range(16), list(Lane), 10, a_context()) as claimed:
        outcomes = await accept_all(AcceptOrders(batch=tuple(claimed.batch)), claimed.context, claimed.transaction)
    assert [reason_codes(outcome) for outcome in outcomes] == [[], []]
    for tenant, one in held.items():
        assert (await storage.reservations.reservation(tenant, one.id)).state is ReservationState.EXPIRED
        assert (await shelf(storage, tenant)).committed == 4


async def test_a_hold_of_nothing_is_refused(storage: Storage) -> None:
    await a_stocked_shop(storage, stock=5)
    with pytest.raises(InvalidReservation) as refused:
        await run(storage, reserve_stock, ReserveStock(lines=(), holder=Holder.CART))
    assert refused.value.path == "$.items"


async def test_however_many_holds_are_over_none_is_in_the_way(
    storage: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever is refused undoes what it ended: it must have ended all there was."""
    monkeypatch.setattr(entering, "AT_ONCE", 2)
    await a_stocked_shop(storage, stock=5)
    held = [await run(storage, reserve_stock, holding(1)) for _ in range(5)]
    for one in held:
        await storage.let_hold_run_out(one.id)
    with pytest.raises(InsufficientStock, match="1 of 6"):
        await run(storage, reserve_stock, holding(6))
    assert sum(part.quantity for part in (await run(storage, reserve_stock, holding(5))).parts) == 5
    assert await storage.invariants.violations() == []
