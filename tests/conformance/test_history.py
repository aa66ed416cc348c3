"""The past is the fold of its entries as of any moment, with snapshots and without, and every number has a story."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any

import pytest

from core.acceptance.queues import AcceptOrders
from core.intake.submission import Lane
from core.inventory.balance import Account, EntryKind, Movement
from core.inventory.cause import ChannelCause, OrderCause, ReservationCause
from core.inventory.history import ChainEnd
from core.inventory.holding import Holder
from core.inventory.reservation import Reservation, ReservedPart
from core.kernel.ids import GroupId, ReservationId
from ports.inventory import NewEntries
from tests.conformance.shop import a_shop, a_tenant, accept_all, an_order
from tests.conformance.storage import Storage
from tests.support.given import NOW, OTHER_TENANT, TENANT, a_context, a_key, a_location, an_id, an_item
from tests.support.past import FIRST_DAY, Told, a_move, a_story, a_told, bare, fold, id_at

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
FIRST = date(2026, 3, 1)
ARRIVED = a_move(Account.SUPPLIER, Account.AVAILABLE, 10)


async def a_warehouse(storage: Storage, *, items: int = 2, places: int = 2) -> None:
    """Items and places with nothing on the shelves."""
    await a_tenant(storage)
    async with storage.transactions.begin(a_context()) as tx:
        await tx.items.add([an_item(number + 1) for number in range(items)])
        for number in range(places):
            await tx.locations.add(a_location(101 + number))
        await tx.ledger.lock([a_key(item + 1, 101 + place) for item in range(items) for place in range(places)])


async def tell(storage: Storage, story: Sequence[Told], cause: str | None = None) -> None:
    """Enter ``story`` as it comes."""
    for told in story:
        async with storage.transactions.begin(a_context(now=told.recorded_at)) as tx:
            await tx.ledger.lock([told.movement.key])
            await tx.ledger.enter([NewEntries(group=told.group, movements=(told.movement,), cause=cause)])


async def as_of(storage: Storage, at: datetime, **narrowed: Any) -> list[Any]:
    wanted = {"sku": None, "location": None, "after": ("", "", ""), "limit": 100, **narrowed}
    return list(await storage.history.as_of(TENANT, at, **wanted))


async def available(storage: Storage, at: datetime) -> list[int]:
    return [row.balance.available for row in await as_of(storage, at)]


async def explained(
    storage: Storage, *, at: datetime | None = None, location: str | None = None, limit: int = 9
) -> Any:
    return await storage.history.explain(TENANT, "SKU-1", location=location, at=at, limit=limit)


async def test_a_moment_has_what_was_recorded_up_to_it(storage: Storage) -> None:
    await a_warehouse(storage, places=1)
    later = a_told(2, NOW + HOUR, a_move(Account.AVAILABLE, Account.DAMAGED, 3))
    await tell(storage, [a_told(1, NOW, ARRIVED), later])
    assert await as_of(storage, NOW - timedelta(microseconds=1)) == []
    (first,) = await as_of(storage, NOW)
    assert (first.sku, first.location, first.updated_at) == ("SKU-1", "W101", NOW)
    assert (first.balance.available, first.balance.damaged, first.balance.version) == (10, 0, 0)
    (second,) = await as_of(storage, NOW + DAY)
    assert (second.balance.available, second.balance.damaged, second.updated_at) == (7, 3, NOW + HOUR)


@pytest.mark.parametrize("made", [-2 * DAY, 2 * DAY, -45 * DAY, -HOUR, HOUR, -61 * HOUR / 60])
async def test_an_entry_counts_from_when_it_was_recorded_whenever_its_id_was_made(
    storage: Storage, made: timedelta
) -> None:
    await a_warehouse(storage, places=1)
    today = datetime.now(UTC).replace(hour=12) - 4 * DAY
    for number, at in enumerate((NOW, today), start=1):
        await tell(storage, [a_told(number, at, ARRIVED, made_at=at + made)])
        assert await available(storage, at) == [10 * number]
        assert await available(storage, at - timedelta(milliseconds=1)) == [10] * (number - 1)
        story = await explained(storage, at=at)
        assert next(step.entry.group for step in story.steps) == id_at(at + made, number)
    await storage.snapshots.make(TENANT, today.date())
    assert await available(storage, today + DAY) == [20]
    assert await storage.invariants.violations() == []


async def test_snapshots_are_made_of_the_days_that_were_touched(storage: Storage) -> None:
    await a_warehouse(storage, items=1)
    there, gone = a_key(1, 101), a_key(1, 102)
    await tell(storage, [a_told(1, FIRST_DAY, ARRIVED), a_told(2, FIRST_DAY + DAY, a_move(*_IN, 5, gone))])
    assert await storage.snapshots.make(TENANT, FIRST + 2 * DAY) == 2
    first = [(there.location, FIRST, 10), (gone.location, FIRST + DAY, 5)]
    assert await storage.snapshot_days() == first, "the first time, each shelf at the last day that touched it"
    assert await storage.snapshots.make(TENANT, FIRST + 2 * DAY) == 0
    await tell(storage, [a_told(3, FIRST_DAY + 3 * DAY, a_move(*_IN, 1, there))])
    await tell(storage, [a_told(4, FIRST_DAY + 6 * DAY - HOUR, a_move(*_IN, 1, there))])
    await tell(storage, [a_told(5, FIRST_DAY + 6 * DAY, a_move(*_IN, 1, there))])
    assert await storage.snapshots.make(TENANT, FIRST + 5 * DAY) == 2
    more = [(there.location, FIRST + 3 * DAY, 11), (there.location, FIRST + 5 * DAY, 12)]
    assert await storage.snapshot_days() == sorted([*first, *more])
    assert await storage.snapshots.make(TENANT, FIRST) == 0
    assert await storage.invariants.violations() == []


async def test_the_latest_snapshot_is_where_the_fold_begins(storage: Storage) -> None:
    await a_warehouse(storage, items=1, places=1)
    await tell(storage, [a_told(1, FIRST_DAY, ARRIVED), a_told(2, FIRST_DAY + 2 * DAY, ARRIVED)])
    await storage.snapshots.make(TENANT, FIRST)
    await storage.snapshots.make(TENANT, FIRST + 3 * DAY)
    await storage.spoil_snapshots(FIRST, 100)
    assert [await available(storage, FIRST_DAY + n * DAY) for n in (0, 1, 2, 3)] == [[10], [110], [120], [20]]
    await tell(storage, [a_told(3, FIRST_DAY + 5 * DAY, ARRIVED)])
    assert await storage.snapshots.make(TENANT, FIRST + 5 * DAY) == 1
    assert (await storage.snapshot_days())[-1][2] == 30


@pytest.mark.parametrize(("day", "change"), [(0, 1), (2, -1), (0, None), (2, None)])
async def test_a_snapshot_that_is_wrong_or_missing_is_found(storage: Storage, day: int, change: int | None) -> None:
    await a_warehouse(storage, items=1, places=1)
    await tell(storage, [a_told(1, FIRST_DAY, ARRIVED), a_told(2, FIRST_DAY + 2 * DAY, ARRIVED)])
    await storage.snapshots.make(TENANT, FIRST)
    await storage.snapshots.make(TENANT, FIRST + 3 * DAY)
    assert await storage.invariants.violations() == []
    await storage.spoil_snapshots(FIRST + day * DAY, change)
    assert [found.invariant.split()[0] for found in await storage.invariants.violations()] == ["I15"]


async def test_an_entry_that_came_after_its_days_snapshots_is_found(storage: Storage) -> None:
    await a_warehouse(storage, items=1, places=1)
    await tell(storage, [a_told(1, FIRST_DAY, ARRIVED)])
    await storage.snapshots.make(TENANT, FIRST + DAY)
    await tell(storage, [a_told(2, FIRST_DAY + HOUR, ARRIVED)])
    assert [found.invariant.split()[0] for found in await storage.invariants.violations()] == ["I15"]


async def test_a_tenant_without_entries_is_complete_too(storage: Storage) -> None:
    await a_warehouse(storage)
    assert await storage.snapshots.make(TENANT, FIRST) == 0
    await tell(storage, [a_told(1, FIRST_DAY + DAY, ARRIVED)])
    assert await storage.snapshots.make(TENANT, FIRST + DAY) == 1
    assert await available(storage, FIRST_DAY + 5 * DAY) == [10]
    assert await storage.invariants.violations() == []


async def test_whoever_makes_snapshots_at_once_makes_each_once(storage: Storage) -> None:
    await a_warehouse(storage)
    story = a_story(Random(7), 40)
    await tell(storage, story)
    await storage.snapshots.make(TENANT, FIRST)
    makers = (storage.snapshots.make(TENANT, FIRST + 6 * DAY) for _ in range(4))
    made = sum(await asyncio.gather(*makers))
    made += await storage.snapshots.make(TENANT, FIRST + 6 * DAY)
    rows = await storage.snapshot_days()
    assert len([row for row in rows if row[1] > FIRST]) == made
    assert await storage.invariants.violations() == []
    assert await _shown(storage, FIRST_DAY + 7 * DAY) == fold(story, FIRST_DAY + 7 * DAY)


async def test_snapshots_wait_for_no_writer_and_keep_none_waiting(storage: Storage) -> None:
    await a_warehouse(storage, items=1, places=1)
    await tell(storage, [a_told(1, FIRST_DAY, ARRIVED)])
    async with storage.transactions.begin(a_context(now=FIRST_DAY + DAY)) as tx:
        await tx.ledger.lock([a_key()])
        await tx.ledger.enter([NewEntries(group=id_at(FIRST_DAY + DAY, 2), movements=(ARRIVED,))])
        assert await storage.snapshots.make(TENANT, FIRST) == 1
    assert await available(storage, FIRST_DAY + DAY) == [20]
    assert await storage.invariants.violations() == []


@pytest.mark.parametrize("seed", range(6))
async def test_any_story_is_told_alike_with_and_without_snapshots(storage: Storage, seed: int) -> None:
    random = Random(seed)
    await a_warehouse(storage)
    story = a_story(random, 40)
    await tell(storage, story)
    moments = [told.recorded_at for told in random.sample(story, 12)]
    moments += [
        FIRST_DAY + DAY * day + extra for day in range(7) for extra in (timedelta(), timedelta(microseconds=-1))
    ]
    for through in (None, FIRST + random.randrange(4) * DAY, FIRST + 3 * DAY, FIRST + 6 * DAY):
        if through is not None:
            await storage.snapshots.make(TENANT, through)
        for at in moments:
            assert await _shown(storage, at) == fold(story, at), (through, at)
    assert await storage.invariants.violations() == []


async def test_the_past_is_paged_like_the_present(storage: Storage) -> None:
    await a_warehouse(storage)
    keys = [a_key(item, place) for item in (1, 2) for place in (101, 102)]
    await tell(storage, [a_told(n, FIRST_DAY, a_move(*_IN, n, key)) for n, key in enumerate(keys, start=1)])
    for _ in range(2):
        rows = await as_of(storage, NOW, limit=3)
        assert [(row.sku, row.location) for row in rows] == [("SKU-1", "W101"), ("SKU-1", "W102"), ("SKU-2", "W101")]
        (last,) = await as_of(storage, NOW, limit=3, after=("SKU-2", "W101", ""))
        assert (last.sku, last.location, last.balance.available) == ("SKU-2", "W102", 4)
        assert [row.location for row in await as_of(storage, NOW, sku="SKU-2")] == ["W101", "W102"]
        assert [row.sku for row in await as_of(storage, NOW, location="W102")] == ["SKU-1", "SKU-2"]
        await storage.snapshots.make(TENANT, FIRST)


async def test_nobody_sees_anothers_past(storage: Storage) -> None:
    await a_warehouse(storage)
    await tell(storage, [a_told(1, FIRST_DAY, ARRIVED)])
    await storage.snapshots.make(TENANT, FIRST)
    await a_tenant(storage, OTHER_TENANT)
    assert await storage.snapshots.make(OTHER_TENANT, FIRST) == 0
    wanted = {"sku": None, "location": None, "after": ("", "", ""), "limit": 9}
    assert list(await storage.history.as_of(OTHER_TENANT, NOW, **wanted)) == []
    assert await storage.history.explain(OTHER_TENANT, "SKU-1", location=None, at=None, limit=9) is None


async def test_a_number_is_explained_back_to_its_beginning(storage: Storage) -> None:
    await a_warehouse(storage, places=1)
    moves = [ARRIVED, a_move(Account.AVAILABLE, Account.DAMAGED, 3), a_move(Account.DAMAGED, Account.SCRAP, 1)]
    await tell(storage, [a_told(n, NOW + n * 30 * DAY, moved) for n, moved in enumerate(moves)], cause="channel:web")
    for at in (None, NOW + 61 * DAY):
        story = await explained(storage, at=at)
        assert (story.sku, story.scale, story.ends) == ("SKU-1", 0, ChainEnd.BEGINNING)
        assert [(step.available, step.on_hand, step.entry.number) for step in story.steps] == [
            (7, 9, 1),
            (7, 10, 1),
            (10, 10, 1),
        ]
        assert [step.entry.movement for step in story.steps] == list(reversed(moves))
        assert {step.entry.cause for step in story.steps} == {ChannelCause(channel="web")}
        assert {(step.entry.actor, step.entry.location) for step in story.steps} == {("ann", "W101")}
    past = await explained(storage, at=NOW + 59 * DAY, limit=1)
    assert [(step.available, step.on_hand) for step in past.steps] == [(7, 10)]
    assert past.ends is ChainEnd.LIMIT
    assert (await explained(storage, limit=3)).ends is ChainEnd.BEGINNING


async def test_a_chain_ends_at_a_count_each_shelf_by_itself(storage: Storage) -> None:
    await a_warehouse(storage, items=1)
    counted = Movement(
        key=a_key(), kind=EntryKind.COUNT, source=Account.ADJUSTMENT, target=Account.AVAILABLE, quantity=2
    )
    elsewhere = a_key(1, 102)
    await tell(
        storage,
        [
            a_told(1, NOW, ARRIVED),
            a_told(2, NOW + HOUR, a_move(*_IN, 4, elsewhere)),
            a_told(3, NOW + 2 * HOUR, counted),
            a_told(4, NOW + 3 * HOUR, a_move(*_IN, 1)),
        ],
    )
    story = await explained(storage)
    shown = [(step.entry.location, step.available, step.anchored) for step in story.steps]
    assert shown == [("W101", 13, False), ("W101", 12, True), ("W102", 4, False)]
    assert story.ends is ChainEnd.BEGINNING
    only = await explained(storage, location="W101")
    assert ([step.available for step in only.steps], only.ends) == ([13, 12], ChainEnd.COUNT)
    assert [row.location for row in only.shelves] == ["W101"]
    before = await explained(storage, location="W101", at=NOW + HOUR)
    assert ([step.available for step in before.steps], before.ends) == ([10], ChainEnd.BEGINNING)
    assert (await explained(storage, location="W101", limit=1)).ends is ChainEnd.LIMIT
    nowhere = await explained(storage, location="W9")
    assert (nowhere.shelves, nowhere.steps, nowhere.ends) == ((), (), ChainEnd.BEGINNING)


async def test_entries_of_one_moment_are_in_order_and_none_is_left_out(storage: Storage) -> None:
    await a_warehouse(storage, items=1, places=1)
    two = NewEntries(group=id_at(NOW, 9), movements=(ARRIVED, a_move(Account.AVAILABLE, Account.DAMAGED, 1)))
    async with storage.transactions.begin(a_context()) as tx:
        await tx.ledger.enter([two])
    await tell(storage, [a_told(number, NOW, ARRIVED) for number in range(10, 16)])
    await tell(storage, [a_told(20, NOW, ARRIVED, made_at=NOW - 3 * DAY)])
    story = await explained(storage, limit=500)
    places = [(step.entry.group, step.entry.number) for step in story.steps]
    assert places == sorted(places, reverse=True)
    assert len(places) == 9
    assert [step.available for step in story.steps][-1] == 10
    for limit in range(1, 9):
        assert [(s.entry.group, s.entry.number) for s in (await explained(storage, limit=limit)).steps] == places[
            :limit
        ]


async def test_a_long_story_has_no_gap(storage: Storage) -> None:
    await a_warehouse(storage, items=1, places=1)
    ago = sorted({minutes for hours in (0, 1, 8, 64, 512) for minutes in range(hours * 60 - 90, hours * 60 + 91, 30)})
    told = [NOW - timedelta(minutes=minutes) for minutes in reversed(ago) if minutes >= 0]
    await tell(storage, [a_told(number, at, ARRIVED) for number, at in enumerate(told, start=1)])
    for at in (NOW, None):
        story = await explained(storage, at=at, limit=100)
        assert [step.entry.recorded_at for step in story.steps] == told[::-1]
        assert [step.available for step in story.steps] == [10 * number for number in range(len(told), 0, -1)]
        assert story.ends is ChainEnd.BEGINNING


async def test_causes_are_looked_up(storage: Storage) -> None:
    await a_shop(storage, stock=10)
    order = an_order(external="1001", customer="acme", quantity=3)
    await storage.intake_log.append([order])
    context = a_context()
    async with storage.work.claim(range(16), list(Lane), 10, context) as claimed:
        await accept_all(AcceptOrders(batch=tuple(claimed.batch)), claimed.context, claimed.transaction)
    hold = Reservation(
        id=ReservationId(an_id(61)),
        holder=Holder.CART,
        reference="cart-1",
        parts=(ReservedPart(key=a_key(), quantity=2, sku="SKU-1", scale=0, location="W101"),),
        seconds=600,
        expires_at=NOW,
    )
    reserved = Movement(
        key=a_key(), kind=EntryKind.RESERVE, source=Account.AVAILABLE, target=Account.RESERVED, quantity=2
    )
    async with storage.transactions.begin(a_context(now=NOW + HOUR)) as tx:
        await tx.reservations.add(hold)
        for number, name in ((601, hold.id), (602, an_id(62))):
            entries = NewEntries(group=GroupId(an_id(number)), movements=(reserved,), cause=f"reservation:{name}")
            await tx.ledger.enter([entries])
    story = await explained(storage)
    assert [step.entry.cause for step in story.steps] == [
        ReservationCause(reservation=ReservationId(an_id(62))),
        ReservationCause(reservation=hold.id, holder=Holder.CART, reference="cart-1"),
        OrderCause(
            order=order.order_id, channel="api", external_id="1001", customer="acme", received_at=order.received_at
        ),
        None,
    ]


_IN = (Account.SUPPLIER, Account.AVAILABLE)


async def _shown(storage: Storage, at: datetime) -> dict[Any, Any]:
    return {row.balance.key: bare(row.balance) for row in await as_of(storage, at)}
