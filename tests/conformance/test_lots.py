"""Lots, kits and units on both storages: kept as they are, promised by day, blocked or promised one after the other."""

import asyncio
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from core.acceptance.facts import Outcome
from core.acceptance.queues import AcceptOrders
from core.catalogue.item import AmendItem, CreateItem, CreateItems, Item, WantedComponent
from core.catalogue.terms import InvalidItem
from core.catalogue.use_cases.amend_item import amend_item
from core.catalogue.use_cases.create_items import create_items
from core.inventory.acts import Act, AllocateStock, ChangeStock, StockAct, StockChanged
from core.inventory.availability import Availability
from core.inventory.balance import Account, EntryKind
from core.inventory.holding import CommitReservation, Holder, ReleaseReservation, ReservationLine, ReserveStock
from core.inventory.location import CreateLocation, LocationKind
from core.inventory.lot import Lot, LotBlocked, LotNotFound, LotStatus, ReclassifyLot
from core.inventory.stock import InsufficientStock
from core.inventory.use_cases.allocate_stock import allocate_stock
from core.inventory.use_cases.change_reservation import commit_reservation, release_reservation
from core.inventory.use_cases.change_stock import change_stock
from core.inventory.use_cases.create_location import create_location
from core.inventory.use_cases.reclassify_lot import reclassify_lot
from core.inventory.use_cases.reserve_stock import reserve_stock
from core.kernel.errors import DomainError
from core.kernel.goods import Component, Tracking, Unit
from core.kernel.ids import GroupId, ItemId, LotId
from ports.inventory import NewEntries
from ports.storage import TransactionConflict
from tests.conformance.shop import a_tenant, accept_all, an_order, movement
from tests.conformance.storage import Storage
from tests.support.given import OTHER_TENANT, TENANT, a_context, an_id, numbered_ids, reason_codes

NEW_ID = numbered_ids(600_000)
TODAY = a_context().now.date()
SOON, LATER = date(2026, 4, 1), date(2026, 9, 1)


async def run(storage: Storage, use_case: Any, command: object, **ports: Any) -> Any:
    async with storage.transactions.begin(a_context()) as tx:
        return await use_case(command, a_context(), tx, **ports)


async def again(storage: Storage, use_case: Any, command: object, **ports: Any) -> Any:
    """As the door does: a lost race is run again."""
    while True:
        try:
            return await run(storage, use_case, command, **ports)
        except TransactionConflict:
            continue


def receipt(sku: str, quantity: int, lot: str | None = None, day: date | None = None, *, at: str = "W1") -> StockAct:
    return StockAct(act=Act.RECEIVE, sku=sku, location=at, quantity=Decimal(quantity), lot=lot, expires_on=day)


async def do(storage: Storage, *acts: StockAct) -> list[StockChanged | DomainError]:
    return await again(storage, change_stock, ChangeStock(acts=acts), new_id=NEW_ID)


async def done(storage: Storage, *acts: StockAct) -> None:
    outcomes = await do(storage, *acts)
    assert not [outcome for outcome in outcomes if isinstance(outcome, DomainError)], outcomes


async def a_shop(storage: Storage) -> dict[str, Item]:
    """Tea by lot, watches by serial, cups, and a set of one tea and two cups; at two places, with no stock."""
    await a_tenant(storage)
    for code in ("W1", "W2"):
        await run(storage, create_location, CreateLocation(code=code, kind=LocationKind.WAREHOUSE), new_id=NEW_ID)
    new = (
        CreateItem(sku="TEA", name="tea", tracking=Tracking.LOT),
        CreateItem(sku="WATCH", name="watch", tracking=Tracking.SERIAL),
        CreateItem(sku="CUP", name="cup", units=(Unit(name="box", size=6),)),
    )
    parts = (WantedComponent(sku="TEA", quantity=Decimal(1)), WantedComponent(sku="CUP", quantity=Decimal(2)))
    items = await run(storage, create_items, CreateItems(items=new), new_id=NEW_ID)
    kit = CreateItem(sku="SET", name="set", components=parts)
    items += await run(storage, create_items, CreateItems(items=(kit,)), new_id=NEW_ID)
    return {item.sku: item for item in items}


async def stands(storage: Storage, tenant: Any = TENANT) -> dict[tuple[str, str, str | None], tuple[int, int, int]]:
    """(available, reserved, committed) by (SKU, location, lot), where there is any."""
    rows = await storage.inventory.stock(tenant, sku=None, location=None, after=("", "", ""), limit=99)
    return {
        (row.sku, row.location, row.lot): (row.balance.available, row.balance.reserved, row.balance.committed)
        for row in rows
        if row.balance.on_hand
    }


async def ordered(storage: Storage, number: int, sku: str, quantity: int) -> Outcome:
    await storage.intake_log.append([an_order(number, sku=sku, quantity=quantity)])
    while True:
        try:
            async with storage.transactions.begin(a_context()) as tx:
                batch = await tx.acceptance.submissions([an_id(number)])
                (outcome,) = await accept_all(AcceptOrders(batch=tuple(batch)), a_context(), tx)
                return outcome
        except TransactionConflict:
            continue


async def reclassified(storage: Storage, code: str, status: LotStatus, sku: str = "TEA") -> Lot:
    return await again(storage, reclassify_lot, ReclassifyLot(sku=sku, code=code, status=status, reason="r"))


def holding(sku: str, quantity: int) -> ReserveStock:
    return ReserveStock(lines=(ReservationLine(sku=sku, quantity=Decimal(quantity)),), holder=Holder.CART)


async def test_an_item_keeps_how_it_is_tracked_made_and_counted(storage: Storage) -> None:
    items = await a_shop(storage)
    kept = {item.sku: item for item in await storage.catalogue.items(TENANT, sku=None, after="", limit=9)}
    assert kept == items
    assert kept["SET"].components == (
        Component(item=items["TEA"].id, sku="TEA", quantity=1),
        Component(item=items["CUP"].id, sku="CUP", quantity=2),
    )
    units = (Unit(name="pair", size=2),)
    amended = await run(storage, amend_item, AmendItem(id=items["CUP"].id, units=units))
    assert (await storage.catalogue.item(TENANT, items["CUP"].id)) == amended
    assert amended.units == units
    with pytest.raises(InvalidItem):
        await run(storage, amend_item, AmendItem(id=items["TEA"].id, backorder_limit=1))


async def test_lots_are_kept_held_and_belong_to_their_tenant(storage: Storage) -> None:
    items = await a_shop(storage)
    tea = items["TEA"].id
    lot = Lot(id=LotId(an_id(71)), item=tea, code="A", expires_on=SOON)
    async with storage.transactions.begin(a_context()) as tx:
        assert await tx.lots.opened([lot]) == {(tea, "A"): lot}
        again = replace(lot, id=LotId(an_id(72)), expires_on=LATER)
        assert await tx.lots.opened([again]) == {(tea, "A"): lot}
        assert await tx.lots.lock([(tea, "A"), (tea, "B")]) == {(tea, "A"): lot}
        assert await tx.lots.places([lot.id]) == {}
        await tx.lots.change(replace(lot, status=LotStatus.HOLD, version=2))
    assert await storage.inventory.lot_codes(TENANT, [lot.id, LotId(an_id(72))]) == {lot.id: "A"}
    assert await storage.inventory.lot_codes(OTHER_TENANT, [lot.id]) == {}
    with pytest.raises(TransactionConflict):
        async with storage.transactions.begin(a_context()) as tx:
            await tx.lots.change(replace(lot, version=2))
    async with storage.transactions.begin(a_context(OTHER_TENANT)) as tx:
        assert await tx.lots.lock([(tea, "A")]) == {}


async def test_what_arrives_begins_its_lot_and_stands_by_it(storage: Storage) -> None:
    await a_shop(storage)
    await done(storage, receipt("TEA", 3, "A", SOON), receipt("TEA", 2, "A"), receipt("TEA", 4, "B", at="W2"))
    assert await stands(storage) == {("TEA", "W1", "A"): (5, 0, 0), ("TEA", "W2", "B"): (4, 0, 0)}
    rows = await storage.inventory.lots(TENANT, sku=None, expires_before=None, after=None, limit=9)
    assert [(row.sku, row.lot.code, row.lot.expires_on, row.on_hand) for row in rows] == [
        ("TEA", "A", SOON, 5),
        ("TEA", "B", None, 4),
    ]
    names = [event.name for event in await storage.feed.stream(TENANT, rows[0].lot.id)]
    assert names == ["lot.created.v1"]
    entries = await storage.inventory.entries(TENANT, "TEA", before=None, limit=9)
    assert [entry.lot for entry in entries] == ["B", "A", "A"]
    assert await storage.invariants.violations() == []


async def test_what_is_refused_begins_no_lot(storage: Storage) -> None:
    await a_shop(storage)
    outcomes = await do(
        storage,
        receipt("TEA", 0, "A"),
        replace(receipt("TEA", 1, "B"), act=Act.ADJUST, reason="r"),
        receipt("TEA", 1),
        receipt("CUP", 1, "C"),
        receipt("SET", 1),
        replace(receipt("CUP", 1), unit="barrel"),
    )
    codes = [outcome.code if isinstance(outcome, DomainError) else None for outcome in outcomes]
    expected = ["invalid_movement", "unknown_lot", "invalid_lot", "invalid_lot", "kit_holds_no_stock", "unknown_unit"]
    assert codes == expected
    assert await storage.inventory.lots(TENANT, sku=None, expires_before=None, after=None, limit=9) == []
    await done(storage, receipt("TEA", 1, "A", SOON))
    (other_day,) = await do(storage, receipt("TEA", 1, "A", LATER))
    assert isinstance(other_day, DomainError)
    assert (other_day.code, other_day.path) == ("invalid_lot", "$.expires_on")


async def test_a_count_may_find_a_lot_nobody_knew_of(storage: Storage) -> None:
    await a_shop(storage)
    found = replace(receipt("TEA", 3, "A", SOON), act=Act.COUNT, reason="stocktake")
    await done(storage, found, replace(found, quantity=Decimal(2)))
    assert await stands(storage) == {("TEA", "W1", "A"): (2, 0, 0)}
    assert await storage.invariants.violations() == []


async def test_two_who_begin_a_lot_at_once_mean_the_same_one(storage: Storage) -> None:
    await a_shop(storage)
    await asyncio.gather(*(done(storage, receipt("TEA", 1, "A", at=place)) for place in ("W1", "W2", "W1", "W2")))
    assert await stands(storage) == {("TEA", "W1", "A"): (2, 0, 0), ("TEA", "W2", "A"): (2, 0, 0)}
    assert len(await storage.inventory.lots(TENANT, sku="TEA", expires_before=None, after=None, limit=9)) == 1
    assert await storage.invariants.violations() == []


async def test_a_serial_is_in_stock_once_whoever_receives_it_and_wherever(storage: Storage) -> None:
    await a_shop(storage)
    outcomes = await asyncio.gather(*(do(storage, receipt("WATCH", 1, "S1", at=place)) for place in ("W1", "W2") * 3))
    codes = [outcome.code if isinstance(outcome, DomainError) else None for (outcome,) in outcomes]
    assert sorted(codes, key=str) == [None] + ["serial_in_stock"] * 5
    (two,) = await do(storage, receipt("WATCH", 2, "S2"))
    assert isinstance(two, DomainError)
    batch = await do(storage, receipt("WATCH", 1, "S3"), receipt("WATCH", 1, "S3", at="W2"))
    assert [isinstance(outcome, DomainError) for outcome in batch] == [False, True]
    assert sum(available for available, _, _ in (await stands(storage)).values()) == 2
    assert await storage.invariants.violations() == []


async def test_a_serial_that_left_may_come_again(storage: Storage) -> None:
    await a_shop(storage)
    await done(storage, receipt("WATCH", 1, "S1"))
    gone = StockAct(act=Act.ADJUST, sku="WATCH", location="W1", quantity=Decimal(-1), reason="lost", lot="S1")
    await done(storage, gone, receipt("WATCH", 1, "S1", at="W2"))
    assert await storage.invariants.violations() == []


async def test_whatever_the_path_the_first_to_expire_is_taken_first(storage: Storage) -> None:
    await a_shop(storage)
    await done(storage, receipt("TEA", 2, "LATE", LATER), receipt("TEA", 2, "SOON", SOON), receipt("TEA", 9, "NEVER"))
    assert reason_codes(await ordered(storage, 201, "TEA", 1)) == []
    held = await run(storage, reserve_stock, holding("TEA", 2), new_id=NEW_ID)
    assert [(part.lot, part.quantity) for part in held.parts] == [("LATE", 1), ("SOON", 1)]
    command = AllocateStock(name="TEA", quantity=Decimal(2), channel="web")
    assert (await run(storage, allocate_stock, command, new_id=NEW_ID)).group is not None
    assert await stands(storage) == {
        ("TEA", "W1", "LATE"): (0, 1, 1),
        ("TEA", "W1", "NEVER"): (8, 0, 1),
        ("TEA", "W1", "SOON"): (0, 1, 1),
    }
    order = await storage.orders.order(TENANT, an_id(100_201))
    (part,) = order.facts.lines[0].parts
    assert await storage.inventory.lot_codes(TENANT, [part.lot]) == {part.lot: "SOON"}
    await run(storage, release_reservation, ReleaseReservation(id=held.id, reason="r"), new_id=NEW_ID)
    assert await storage.invariants.violations() == []


@pytest.mark.parametrize("status", [LotStatus.HOLD, LotStatus.QUARANTINE, LotStatus.EXPIRED])
async def test_a_blocked_lot_is_promised_by_nobody(storage: Storage, status: LotStatus) -> None:
    await a_shop(storage)
    await done(storage, receipt("TEA", 5, "A"), receipt("CUP", 9))
    blocked = await reclassified(storage, "A", status)
    assert (blocked.status, blocked.version) == (status, 2)
    await nobody_is_promised(storage)
    assert await stands(storage) == {("TEA", "W1", "A"): (5, 0, 0), ("CUP", "W1", None): (9, 0, 0)}
    await reclassified(storage, "A", LotStatus.AVAILABLE)
    assert reason_codes(await ordered(storage, 250, "TEA", 5)) == []
    names = [event.name for event in await storage.feed.stream(TENANT, blocked.id)]
    assert names == ["lot.created.v1", "lot.reclassified.v1", "lot.reclassified.v1"]


async def test_an_expired_lot_is_reserved_by_nobody_though_nobody_said_so(storage: Storage) -> None:
    await a_shop(storage)
    await done(storage, receipt("TEA", 5, "OLD", date(2026, 2, 28)), receipt("CUP", 9))
    await nobody_is_promised(storage)
    await done(storage, receipt("TEA", 5, "TODAY", TODAY))
    assert reason_codes(await ordered(storage, 250, "TEA", 5)) == []


async def nobody_is_promised(storage: Storage) -> None:
    """Neither an order nor a hold nor an allocation, of the tea or of the set it is in."""
    for number, sku in enumerate(("TEA", "SET"), start=201):
        assert reason_codes(await ordered(storage, number, sku, 1)) == ["insufficient_stock"]
        with pytest.raises(InsufficientStock):
            await run(storage, reserve_stock, holding(sku, 1), new_id=NEW_ID)
        command = AllocateStock(name=sku, quantity=Decimal(1), channel="web")
        tried = await run(storage, allocate_stock, command, new_id=NEW_ID)
        assert (tried.group, tried.short) == (None, 1)
    found = await storage.inventory.availability(TENANT, ["TEA", "SET"], TODAY)
    assert [(one.sku, one.total) for one in found] == [("SET", 0), ("TEA", 0)]


@pytest.mark.parametrize("blocked", [True, False], ids=["blocked", "past its day"])
async def test_what_was_held_before_its_lot_went_bad_is_promised_to_nobody_and_released(
    storage: Storage, blocked: bool
) -> None:
    await a_shop(storage)
    await done(storage, receipt("TEA", 3, "A", SOON))
    kept = await run(storage, reserve_stock, holding("TEA", 2), new_id=NEW_ID)
    commit = CommitReservation(id=kept.id, cause="order:1")
    context = a_context()
    if blocked:
        await reclassified(storage, "A", LotStatus.QUARANTINE)
    else:
        context = replace(context, now=context.now + (SOON - TODAY) + timedelta(days=1))

    async def committed() -> None:
        async with storage.transactions.begin(context) as tx:
            await commit_reservation(commit, context, tx, new_id=NEW_ID)

    with pytest.raises(LotBlocked):
        await committed()
    assert (await stands(storage))["TEA", "W1", "A"] == (1, 2, 0)
    await run(storage, release_reservation, ReleaseReservation(id=kept.id, reason="bad"), new_id=NEW_ID)
    assert (await stands(storage))["TEA", "W1", "A"] == (3, 0, 0)
    assert await storage.invariants.violations() == []


async def test_a_hold_of_a_lot_that_is_well_is_promised(storage: Storage) -> None:
    await a_shop(storage)
    await done(storage, receipt("TEA", 3, "A", TODAY))
    kept = await run(storage, reserve_stock, holding("TEA", 2), new_id=NEW_ID)
    await run(storage, commit_reservation, CommitReservation(id=kept.id, cause="order:1"), new_id=NEW_ID)
    assert (await stands(storage))["TEA", "W1", "A"] == (1, 0, 2)


async def test_the_last_of_a_lot_goes_to_one_of_many(storage: Storage) -> None:
    await a_shop(storage)
    await done(storage, receipt("TEA", 1, "A", SOON), receipt("TEA", 1, "B", LATER), receipt("CUP", 99))

    async def hold() -> bool:
        try:
            await again(storage, reserve_stock, holding("TEA", 1), new_id=NEW_ID)
        except InsufficientStock:
            return False
        return True

    async def buy(number: int, sku: str) -> bool:
        return reason_codes(await ordered(storage, number, sku, 1)) == []

    wanting = [hold(), buy(201, "TEA"), buy(202, "SET"), hold(), buy(203, "TEA"), buy(204, "SET")]
    assert sum(await asyncio.gather(*wanting)) == 2
    left = {key: value[0] for key, value in (await stands(storage)).items() if key[0] == "TEA"}
    assert set(left.values()) == {0}
    assert await storage.invariants.violations() == []


async def test_a_promise_under_way_and_a_block_come_one_after_the_other(storage: Storage) -> None:
    """Whoever blocks waits for a promise that looks at the lot; whoever promises afterwards finds it blocked."""
    await a_shop(storage)
    await done(storage, receipt("TEA", 5, "A"))
    await storage.intake_log.append([an_order(201, sku="TEA", quantity=1)])
    async with storage.transactions.begin(a_context()) as tx:
        batch = await tx.acceptance.submissions([an_id(201)])
        (outcome,) = await accept_all(AcceptOrders(batch=tuple(batch)), a_context(), tx)
        blocking = asyncio.create_task(reclassified(storage, "A", LotStatus.HOLD))
        await storage.someone_waits()
        assert not blocking.done()
    await blocking
    assert reason_codes(outcome) == []
    assert reason_codes(await ordered(storage, 202, "TEA", 1)) == ["insufficient_stock"]
    assert await stands(storage) == {("TEA", "W1", "A"): (4, 0, 1)}


@pytest.mark.parametrize("path", ["order", "hold", "allocate"])
async def test_a_promise_that_waits_for_a_block_finds_the_lot_blocked(storage: Storage, path: str) -> None:
    await a_shop(storage)
    await done(storage, receipt("TEA", 5, "A"))

    async def promise() -> bool:
        if path == "order":
            return reason_codes(await ordered(storage, 201, "TEA", 1)) == []
        if path == "allocate":
            command = AllocateStock(name="TEA", quantity=Decimal(1), channel="web")
            return (await run(storage, allocate_stock, command, new_id=NEW_ID)).group is not None
        try:
            await run(storage, reserve_stock, holding("TEA", 1), new_id=NEW_ID)
        except InsufficientStock:
            return False
        return True

    async with storage.transactions.begin(a_context()) as tx:
        await reclassify_lot(ReclassifyLot(sku="TEA", code="A", status=LotStatus.HOLD, reason="r"), a_context(), tx)
        promising = asyncio.create_task(promise())
        await storage.someone_waits()
    assert await promising is False
    assert await stands(storage) == {("TEA", "W1", "A"): (5, 0, 0)}


async def test_there_is_no_blocking_what_there_is_not(storage: Storage) -> None:
    await a_shop(storage)
    for sku, code in (("TEA", "A"), ("NONE", "A"), ("CUP", "A")):
        with pytest.raises(LotNotFound):
            await reclassified(storage, code, LotStatus.HOLD, sku)


async def test_a_kit_is_promised_by_its_components_whole_or_not_at_all(storage: Storage) -> None:
    items = await a_shop(storage)
    await done(storage, receipt("TEA", 2, "A", SOON), receipt("TEA", 3, "B", LATER), receipt("CUP", 9))
    assert reason_codes(await ordered(storage, 201, "SET", 3)) == []
    short = await ordered(storage, 202, "SET", 2)
    assert [reason.detail for reason in short.event.reasons] == ["SET: 1 of 4 base units of CUP are not available"]
    order = await storage.orders.order(TENANT, an_id(100_201))
    (line,) = order.facts.lines
    assert (line.ordered, line.allocated, line.components) == (3, 3, items["SET"].components)
    taken: dict[ItemId, int] = {}
    for part in line.parts:
        taken[part.item] = taken.get(part.item, 0) + part.quantity
    assert taken == {items["TEA"].id: 3, items["CUP"].id: 6}
    command = AllocateStock(name=items["SET"].id, quantity=Decimal(1), channel="web")
    assert (await run(storage, allocate_stock, command, new_id=NEW_ID)).promised == 1
    assert await stands(storage) == {
        ("TEA", "W1", "A"): (0, 0, 2),
        ("TEA", "W1", "B"): (1, 0, 2),
        ("CUP", "W1", None): (1, 0, 8),
    }
    assert await storage.invariants.violations() == []


async def test_the_doctor_sees_a_serial_that_is_there_twice_and_a_kit_promised_too_much(storage: Storage) -> None:
    await a_shop(storage)
    await done(storage, receipt("WATCH", 1, "S1"), receipt("TEA", 1, "A"), receipt("CUP", 9))
    await ordered(storage, 201, "SET", 1)
    rows = await storage.inventory.stock(TENANT, sku=None, location="W1", after=("", "", ""), limit=9)
    shelves = {row.sku: row.balance.key for row in rows}
    again = movement(EntryKind.RECEIVE, Account.SUPPLIER, Account.AVAILABLE, 1, shelves["WATCH"])
    more = movement(EntryKind.COMMIT, Account.AVAILABLE, Account.COMMITTED, 1, shelves["CUP"])
    async with storage.transactions.begin(a_context()) as tx:
        await tx.ledger.enter(
            [
                NewEntries(group=GroupId(an_id(5)), movements=(again,)),
                NewEntries(group=GroupId(an_id(5_000)), movements=(more,), cause=f"order:{an_id(100_201)}"),
            ]
        )
    found = {one.invariant.split()[0] for one in await storage.invariants.violations()}
    assert found == {"I3", "I16"}


async def test_a_lines_unit_is_kept_with_the_order(storage: Storage) -> None:
    await a_shop(storage)
    await done(storage, replace(receipt("CUP", 2), unit="box"))
    submission = an_order(201, sku="CUP")
    body = submission.body.replace(b'"unit":null', b'"unit":"box"')
    await storage.intake_log.append([replace(submission, body=body)])
    async with storage.transactions.begin(a_context()) as tx:
        batch = await tx.acceptance.submissions([an_id(201)])
        await accept_all(AcceptOrders(batch=tuple(batch)), a_context(), tx)
    order = await storage.orders.order(TENANT, an_id(100_201))
    (line,) = order.facts.lines
    assert (line.ordered, line.unit, line.allocated, line.components) == (6, "box", 6, ())


async def test_availability_is_of_sellable_places_and_promisable_lots(storage: Storage) -> None:
    items = await a_shop(storage)
    far = CreateLocation(code="SHUT", kind=LocationKind.STORE, sellable=False)
    await run(storage, create_location, far, new_id=NEW_ID)
    await done(
        storage,
        receipt("TEA", 3, "A", SOON),
        receipt("TEA", 2, "B", SOON, at="W2"),
        receipt("TEA", 7, "OLD", date(2026, 1, 1)),
        receipt("TEA", 5, "A", SOON, at="SHUT"),
        receipt("CUP", 5),
        receipt("CUP", 3, at="W2"),
        receipt("CUP", 9, at="SHUT"),
    )
    await run(storage, amend_item, AmendItem(id=items["CUP"].id, backorder_limit=4))
    skus = ["SET", "TEA", "CUP", "WATCH", "NONE", "TEA"]
    assert await storage.inventory.availability(TENANT, skus, TODAY) == [
        Availability(sku="CUP", scale=0, total=8, by_location={"W1": 5, "W2": 3}, allowance=4),
        Availability(sku="SET", scale=0, total=4, by_location={"W1": 2, "W2": 1}, allowance=1),
        Availability(sku="TEA", scale=0, total=5, by_location={"W1": 3, "W2": 2}, allowance=0),
        Availability(sku="WATCH", scale=0, total=0, by_location={}, allowance=0),
    ]
    assert await storage.inventory.availability(OTHER_TENANT, skus, TODAY) == []
    assert reason_codes(await ordered(storage, 201, "SET", 6)) == ["insufficient_stock"]
    assert reason_codes(await ordered(storage, 202, "SET", 5)) == []


async def test_lots_are_listed_by_their_day(storage: Storage) -> None:
    await a_shop(storage)
    await done(
        storage,
        receipt("TEA", 1, "NEVER"),
        receipt("TEA", 1, "LATE", LATER),
        receipt("TEA", 1, "SOON", SOON),
        receipt("WATCH", 1, "S1"),
    )

    async def listed(**wanted: Any) -> list[str]:
        narrowed = {"sku": None, "expires_before": None, "after": None, "limit": 9, **wanted}
        return [row.lot.code for row in await storage.inventory.lots(TENANT, **narrowed)]

    assert await listed() == ["SOON", "LATE", "NEVER", "S1"]
    assert await listed(sku="TEA", limit=2) == ["SOON", "LATE"]
    assert await listed(expires_before=LATER) == ["SOON"]
    first = (await storage.inventory.lots(TENANT, sku=None, expires_before=None, after=None, limit=3))[-1].lot
    assert await listed(after=(first.expires_on or date.max, first.id)) == ["S1"]
    assert await storage.inventory.lots(OTHER_TENANT, sku=None, expires_before=None, after=None, limit=9) == []
