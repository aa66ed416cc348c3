# ruff: noqa: PT012 - what raises is a whole transaction
"""All or nothing, within the tenants the context names."""

import asyncio

import pytest

from core.kernel.event import START
from core.kernel.ids import GroupId
from ports.storage import CommitUnknown, StorageUnavailable, TransactionConflict
from tests.conformance.shop import a_job, a_shop, a_tenant, an_event, held, put, receive, recorded, shelf, taking
from tests.conformance.storage import Storage
from tests.support.given import NOW, OTHER_TENANT, TENANT, a_context, a_key, an_id, an_item


class Stop(Exception):
    """Ends a transaction on purpose."""


async def test_an_exception_undoes_everything_and_goes_on(storage: Storage) -> None:
    await a_shop(storage, stock=5)
    with pytest.raises(Stop):
        async with storage.transactions.begin(a_context()) as tx:
            await receive(tx, 3, group=2)
            await tx.journal.record([an_event()])
            raise Stop
    assert (await shelf(storage)).available == 5
    assert await storage.feed.stream(TENANT, an_id(51)) == []


async def test_a_foreign_tenants_rows_are_not_there(storage: Storage) -> None:
    item = await a_shop(storage)
    await a_tenant(storage, OTHER_TENANT)
    async with storage.transactions.begin(a_context(OTHER_TENANT)) as tx:
        assert await tx.items.lock(item.id) is None
        assert await tx.ledger.stockables(["SKU-1"]) == {}
        assert await tx.locations.by_code(["W101"]) == {}
        assert not await tx.dead_letters.replay(an_id(71))
    assert await storage.catalogue.item(OTHER_TENANT, item.id) is None
    assert await storage.inventory.entries(OTHER_TENANT, "SKU-1", before=None, limit=9) is None


async def test_a_foreign_tenants_rows_cannot_be_written(storage: Storage) -> None:
    await a_tenant(storage)
    with pytest.raises(Exception, match=r"tenant|row-level security"):
        async with storage.transactions.begin(a_context(OTHER_TENANT)) as tx:
            await tx.journal.record([an_event(tenant=TENANT)])
    assert await storage.feed.stream(TENANT, an_id(51)) == []


async def test_the_same_sku_is_free_for_another_tenant(storage: Storage) -> None:
    await a_shop(storage)
    await a_tenant(storage, OTHER_TENANT)
    async with storage.transactions.begin(a_context(OTHER_TENANT)) as tx:
        assert await tx.items.add([an_item(1)]) == []


async def test_each_statement_sees_what_was_committed_before_it_and_its_own_writes(storage: Storage) -> None:
    await a_shop(storage)
    async with storage.transactions.begin(a_context()) as tx:
        assert await tx.ledger.stockables(["SKU-2", "SKU-3"]) == {}
        async with storage.transactions.begin(a_context()) as other:
            await other.items.add([an_item(2)])
            assert await tx.ledger.stockables(["SKU-2", "SKU-3"]) == {}
        await tx.items.add([an_item(3)])
        assert sorted(await tx.ledger.stockables(["SKU-2", "SKU-3"])) == ["SKU-2", "SKU-3"]


async def test_a_second_writer_of_a_row_waits_and_then_sees_the_first(storage: Storage) -> None:
    await a_shop(storage, stock=10)
    holding, let_go = asyncio.Event(), asyncio.Event()

    async def first() -> None:
        async with storage.transactions.begin(a_context()) as tx:
            await held(tx)
            holding.set()
            await let_go.wait()
            await tx.ledger.enter([taking(4)])

    async def second() -> int:
        await holding.wait()
        async with storage.transactions.begin(a_context()) as tx:
            return (await held(tx)).available

    one, two = asyncio.create_task(first()), asyncio.create_task(second())
    await holding.wait()
    await storage.someone_waits()
    assert not two.done()
    let_go.set()
    await one
    assert await two == 6


async def test_of_two_that_take_one_key_the_second_waits_and_loses(storage: Storage) -> None:
    await a_tenant(storage)
    wrote, let_go = asyncio.Event(), asyncio.Event()

    async def first() -> None:
        async with storage.transactions.begin(a_context()) as tx:
            await tx.journal.record([an_event()])
            wrote.set()
            await let_go.wait()

    async def second() -> None:
        await wrote.wait()
        async with storage.transactions.begin(a_context()) as tx:
            await tx.journal.record([an_event()])

    one, two = asyncio.create_task(first()), asyncio.create_task(second())
    await wrote.wait()
    await storage.someone_waits()
    let_go.set()
    await one
    with pytest.raises(TransactionConflict):
        await two


async def test_a_key_that_was_not_committed_after_all_is_free_for_who_waited(storage: Storage) -> None:
    await a_tenant(storage)
    wrote, let_go = asyncio.Event(), asyncio.Event()

    async def first() -> None:
        async with storage.transactions.begin(a_context()) as tx:
            await tx.journal.record([an_event(enabled=False)])
            wrote.set()
            await let_go.wait()
            raise Stop

    one = asyncio.create_task(first())
    await wrote.wait()
    two = asyncio.create_task(recorded(storage, an_event(enabled=True)))
    await storage.someone_waits()
    let_go.set()
    with pytest.raises(Stop):
        await one
    await two
    (event,) = await storage.feed.stream(TENANT, an_id(51))
    assert event.body.enabled


async def test_two_that_wait_for_each_other_do_not_wait_for_ever(storage: Storage) -> None:
    await a_tenant(storage)
    both = asyncio.Barrier(2)

    async def writer(first: int, second: int) -> None:
        async with storage.transactions.begin(a_context()) as tx:
            await tx.journal.record([an_event(first)])
            await both.wait()
            await tx.journal.record([an_event(second)])

    ends = await asyncio.gather(writer(51, 52), writer(52, 51), return_exceptions=True)
    assert sorted(type(end) for end in ends if end) == [TransactionConflict]
    assert len(await storage.feed.stream(TENANT, an_id(51))) == 1


async def test_a_part_that_fails_is_undone_alone(storage: Storage) -> None:
    await a_shop(storage, stock=5)
    async with storage.transactions.begin(a_context()) as tx:
        await receive(tx, 1, group=2)
        with pytest.raises(Stop):
            async with tx.savepoint():
                await receive(tx, 100, group=3)
                raise Stop
        async with tx.savepoint():
            await receive(tx, 2, group=4)
    assert (await shelf(storage)).available == 8


async def test_a_statement_the_storage_refused_is_undone_with_its_part(storage: Storage) -> None:
    await a_shop(storage, stock=5)
    async with storage.transactions.begin(a_context()) as tx:
        with pytest.raises(TransactionConflict):
            async with tx.savepoint():
                await held(tx)
                await tx.ledger.enter([taking(6)])
        await tx.ledger.enter([taking(5, group=3)])
    assert (await shelf(storage)).available == 0


async def test_nothing_can_be_kept_after_a_refused_statement(storage: Storage) -> None:
    await a_tenant(storage)
    await recorded(storage, an_event())
    with pytest.raises(TransactionConflict):
        async with storage.transactions.begin(a_context()) as tx:
            await tx.journal.record([an_event(52)])
            with pytest.raises(TransactionConflict):
                await tx.journal.record([an_event()])
    assert await storage.feed.stream(TENANT, an_id(52)) == []


@pytest.mark.parametrize("done", [True, False])
async def test_a_commit_without_an_answer_happened_or_did_not(storage: Storage, done: bool) -> None:
    await a_tenant(storage)
    storage.next_commit_unknown(done=done)
    with pytest.raises(CommitUnknown):
        await recorded(storage, an_event())
    assert len(await storage.feed.stream(TENANT, an_id(51))) == (1 if done else 0)


async def test_a_connection_that_breaks_is_storage_unavailable_wherever_it_breaks(storage: Storage) -> None:
    await a_tenant(storage)
    await put(storage, a_job())
    (job,) = await storage.jobs.lease("q", 1, 1.0)
    relay = storage.relay("one")
    asks = [
        lambda: recorded(storage, an_event()),
        lambda: storage.workers.join("a"),
        lambda: storage.workers.beat("a"),
        lambda: storage.workers.leave("a"),
        lambda: relay.take("r"),
        lambda: storage.jobs.lease("q", 1, 1.0),
        lambda: storage.jobs.keep(job, 1.0),
        lambda: storage.feed.read(START, 9),
        lambda: storage.intake.progress(TENANT, an_id(201)),
    ]
    for ask in asks:
        storage.next_statement_breaks()
        with pytest.raises(StorageUnavailable):
            await ask()
        await ask()


async def test_a_cancelled_transaction_leaves_nothing_and_holds_nothing(storage: Storage) -> None:
    await a_shop(storage, stock=5)
    holding = asyncio.Event()

    async def cancelled() -> None:
        async with storage.transactions.begin(a_context()) as tx:
            await held(tx)
            await tx.ledger.enter([taking(4)])
            holding.set()
            await asyncio.Event().wait()

    task = asyncio.create_task(cancelled())
    await holding.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    async with storage.transactions.begin(a_context()) as tx:
        assert (await held(tx)).available == 5


async def test_health_says_that_all_is_well(storage: Storage) -> None:
    assert set((await storage.health.checks()).values()) == {None}


async def test_tenants_are_listed_oldest_first_and_found_by_id_or_name(storage: Storage) -> None:
    await a_tenant(storage, OTHER_TENANT)
    await a_tenant(storage)
    assert [tenant.id for tenant in await storage.tenants.tenants()] == [TENANT, OTHER_TENANT]
    assert await storage.tenants.tenant("shop b") == OTHER_TENANT
    assert await storage.tenants.tenant(TENANT) == TENANT
    assert await storage.tenants.tenant("nobody") is None


async def test_groups_enter_the_ledger_once(storage: Storage) -> None:
    await a_shop(storage, stock=5)
    with pytest.raises(TransactionConflict):
        async with storage.transactions.begin(a_context()) as tx:
            await receive(tx, 5, group=1)
    rows = await storage.inventory.entries(TENANT, "SKU-1", before=None, limit=9)
    assert [(row.group, row.recorded_at) for row in rows] == [(GroupId(an_id(1)), NOW)]
    assert (await shelf(storage)).key == a_key()
