"""Events in (transaction id, position) order, none from or after the oldest transaction still running."""

import asyncio

import pytest

from core.kernel.event import START, Cursor
from ports.storage import TransactionConflict
from tests.conformance.shop import a_tenant, an_event, recorded
from tests.conformance.storage import Storage
from tests.support.given import NOW, OTHER_TENANT, TENANT, a_context, an_id


async def versions(storage: Storage, after: Cursor = START) -> list[tuple[str, int]]:
    return [(event.stream, event.version) for event in await storage.feed.read(after, 100)]


async def test_an_event_is_read_back_as_it_was_recorded(storage: Storage) -> None:
    await a_tenant(storage)
    new = an_event()
    await recorded(storage, new)
    (event,) = await storage.feed.read(START, 10)
    assert (event.tenant, event.stream, event.version, event.body) == (TENANT, new.stream, 1, new.body)
    assert (event.actor, event.correlation, event.recorded_at) == ("ann", "c-1", NOW)
    assert await storage.feed.stream(TENANT, new.stream) == [event]


async def test_a_transaction_reads_the_history_it_is_writing_and_no_other_tenants(storage: Storage) -> None:
    await a_tenant(storage)
    await a_tenant(storage, OTHER_TENANT)
    await recorded(storage, an_event(51), an_event(52))
    async with storage.transactions.begin(a_context()) as tx:
        await tx.journal.record([an_event(51, version=2)])
        history = await tx.journal.history(an_id(51))
        assert [(event.stream, event.version) for event in history] == [(an_id(51), 1), (an_id(51), 2)]
        assert await tx.journal.history(an_id(59)) == []
    async with storage.transactions.begin(a_context(OTHER_TENANT)) as tx:
        assert await tx.journal.history(an_id(51)) == []


async def test_reading_goes_on_after_the_last_cursor(storage: Storage) -> None:
    await a_tenant(storage)
    for version in (1, 2, 3):
        await recorded(storage, an_event(version=version))
    first = await storage.feed.read(START, 2)
    second = await storage.feed.read(first[-1].cursor, 2)
    assert [event.version for event in (*first, *second)] == [1, 2, 3]
    assert await storage.feed.read(second[-1].cursor, 2) == []


async def test_a_page_holds_one_tenants_events_only(storage: Storage) -> None:
    await a_tenant(storage)
    await a_tenant(storage, OTHER_TENANT)
    await recorded(storage, an_event(51), an_event(52, tenant=OTHER_TENANT), an_event(53))
    assert [event.stream for event in await storage.feed.page(TENANT, START, 9)] == [an_id(51), an_id(53)]
    assert await storage.feed.stream(OTHER_TENANT, an_id(51)) == []
    assert len(await storage.feed.read(START, 9)) == 3


async def test_a_writer_that_commits_late_is_not_skipped(storage: Storage) -> None:
    await a_tenant(storage)
    wrote, let_go = asyncio.Event(), asyncio.Event()

    async def late() -> None:
        async with storage.transactions.begin(a_context()) as tx:
            await tx.journal.record([an_event(51)])
            wrote.set()
            await let_go.wait()

    slow = asyncio.create_task(late())
    await wrote.wait()
    await recorded(storage, an_event(52))
    assert await versions(storage) == []
    let_go.set()
    await slow
    assert await versions(storage) == [(an_id(51), 1), (an_id(52), 1)]


async def test_what_was_rolled_back_holds_nobody_up(storage: Storage) -> None:
    await a_tenant(storage)
    try:
        async with storage.transactions.begin(a_context()) as tx:
            await tx.journal.record([an_event(51)])
            raise KeyError
    except KeyError:
        await recorded(storage, an_event(52))
    assert await versions(storage) == [(an_id(52), 1)]


async def test_a_stream_is_read_in_version_order_whoever_wrote_it(storage: Storage) -> None:
    await a_tenant(storage)

    async def writer(stream: int) -> None:
        for version in range(1, 6):
            await recorded(storage, an_event(stream, version))

    await asyncio.gather(*(writer(stream) for stream in (51, 52, 53)))
    seen = await versions(storage)
    assert len(seen) == 15
    for stream in (51, 52, 53):
        assert [version for found, version in seen if found == an_id(stream)] == [1, 2, 3, 4, 5]


async def test_a_stream_is_never_continued_by_an_earlier_transaction(storage: Storage) -> None:
    await a_tenant(storage)
    began, go_on = asyncio.Event(), asyncio.Event()

    async def early() -> None:
        async with storage.transactions.begin(a_context()) as tx:
            await tx.journal.record([an_event(51)])
            began.set()
            await go_on.wait()
            await tx.journal.record([an_event(52, version=2)])

    slow = asyncio.create_task(early())
    await began.wait()
    await recorded(storage, an_event(52, version=1))
    go_on.set()
    with pytest.raises(TransactionConflict):
        await slow
    await recorded(storage, an_event(51), an_event(52, version=2))
    assert await versions(storage) == [(an_id(52), 1), (an_id(51), 1), (an_id(52), 2)]
