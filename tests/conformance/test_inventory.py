"""Balances and entries: the storage refuses an oversell on its own."""

import asyncio

import pytest

from core.inventory.balance import Account, EntryKind
from core.kernel.ids import GroupId
from ports.inventory import NewEntries
from ports.storage import TransactionConflict
from tests.conformance.shop import a_place, a_shop, held, movement, receive, shelf, taking
from tests.conformance.storage import Storage
from tests.support.given import TENANT, a_context, a_key, an_id


async def test_entries_change_their_balance(storage: Storage) -> None:
    await a_shop(storage, stock=10)
    async with storage.transactions.begin(a_context()) as tx:
        before = await held(tx)
        moved = movement(EntryKind.DAMAGE, Account.AVAILABLE, Account.DAMAGED, 3)
        await tx.ledger.enter([NewEntries(group=GroupId(an_id(2)), movements=(moved,), cause="test")])
    after = await shelf(storage)
    assert (after.available, after.damaged, after.version) == (7, 3, before.version + 1)
    rows = await storage.inventory.entries(TENANT, "SKU-1", before=None, limit=9)
    assert [(row.group, row.number, row.cause) for row in rows] == [(an_id(2), 1, "test"), (an_id(1), 1, None)]
    assert await storage.invariants.violations() == []


async def test_more_than_there_is_cannot_leave(storage: Storage) -> None:
    await a_shop(storage, stock=10)
    with pytest.raises(TransactionConflict):
        async with storage.transactions.begin(a_context()) as tx:
            await tx.ledger.enter([taking(11)])
    assert (await shelf(storage)).available == 10


@pytest.mark.parametrize(("quantity", "fits"), [(12, True), (13, False)])
async def test_the_backorder_limit_is_the_bound(storage: Storage, quantity: int, fits: bool) -> None:
    await a_shop(storage, stock=10, backorder_limit=2)
    moved = movement(EntryKind.COMMIT, Account.AVAILABLE, Account.COMMITTED, quantity)
    entries = NewEntries(group=GroupId(an_id(2)), movements=(moved,))
    try:
        async with storage.transactions.begin(a_context()) as tx:
            await tx.ledger.enter([entries])
    except TransactionConflict:
        assert not fits
    assert (await shelf(storage)).available == (-2 if fits else 10)


@pytest.mark.parametrize("bucket", [Account.DAMAGED, Account.RESERVED, Account.COMMITTED, Account.QUALITY_CONTROL])
async def test_no_bucket_goes_below_zero(storage: Storage, bucket: Account) -> None:
    await a_shop(storage, stock=10)
    moved = movement(EntryKind.MOVE, bucket, Account.AVAILABLE, 1)
    with pytest.raises(TransactionConflict):
        async with storage.transactions.begin(a_context()) as tx:
            await tx.ledger.enter([NewEntries(group=GroupId(an_id(2)), movements=(moved,))])


async def test_nothing_leaves_an_empty_shelf_on_credit(storage: Storage) -> None:
    await a_shop(storage, stock=0, backorder_limit=5)
    with pytest.raises(TransactionConflict):
        async with storage.transactions.begin(a_context()) as tx:
            await tx.ledger.enter([taking(1)])


async def test_a_group_on_one_shelf_counts_as_one_version(storage: Storage) -> None:
    await a_shop(storage, stock=10)
    async with storage.transactions.begin(a_context()) as tx:
        before = await held(tx)
        double = (movement(EntryKind.DAMAGE, Account.AVAILABLE, Account.DAMAGED, 1),) * 2
        await tx.ledger.enter([NewEntries(group=GroupId(an_id(2)), movements=double), taking(1, group=3)])
    after = await shelf(storage)
    assert (after.available, after.version) == (7, before.version + 2)


async def test_many_that_take_at_once_never_take_more_than_there_is(storage: Storage) -> None:
    await a_shop(storage, stock=5)

    async def take_one(group: int) -> bool:
        try:
            async with storage.transactions.begin(a_context()) as tx:
                await tx.ledger.enter([taking(1, group=group)])
        except TransactionConflict:
            return False
        return True

    taken = await asyncio.gather(*(take_one(group) for group in range(2, 10)))
    assert (taken.count(True), (await shelf(storage)).available) == (5, 0)
    assert await storage.invariants.violations() == []


async def test_shelves_are_the_sellable_places_by_priority(storage: Storage) -> None:
    item = await a_shop(storage, stock=10)
    async with storage.transactions.begin(a_context()) as tx:
        assert await tx.locations.add(a_place(102, priority=1))
        assert not await tx.locations.add(a_place(102))
        for name in ("SKU-1", item.id):
            shelves = await tx.ledger.shelves(name)
            assert [(place.code, locked.balance.available) for place, locked in shelves.places] == [
                ("W102", 0),
                ("W101", 10),
            ]
        assert await tx.ledger.shelves("SKU-9") is None
        assert await tx.ledger.shelves(an_id(9)) is None
    assert [place.code for place in await storage.inventory.locations(TENANT)] == ["W102", "W101"]


async def test_a_held_balance_keeps_its_stream(storage: Storage) -> None:
    await a_shop(storage, stock=1)
    streams = set()
    for _ in range(2):
        async with storage.transactions.begin(a_context()) as tx:
            locked = await tx.ledger.lock([a_key()])
            streams.add(locked[a_key()].stream)
    assert len(streams) == 1


async def test_stock_is_listed_by_sku_then_place(storage: Storage) -> None:
    await a_shop(storage, stock=1)
    async with storage.transactions.begin(a_context()) as tx:
        await tx.locations.add(a_place(102))
        await receive(tx, 4, group=5, location=102)
    rows = await storage.inventory.stock(TENANT, sku=None, location=None, after=("", "", ""), limit=1)
    assert [(row.sku, row.location, row.balance.available) for row in rows] == [("SKU-1", "W101", 1)]
    after = (rows[0].sku, rows[0].location, "")
    (second,) = await storage.inventory.stock(TENANT, sku="SKU-1", location=None, after=after, limit=9)
    assert (second.location, second.balance.available) == ("W102", 4)
    (only,) = await storage.inventory.stock(TENANT, sku=None, location="W101", after=("", "", ""), limit=9)
    assert only.location == "W101"
