# ruff: noqa: PT012 - what raises is a whole transaction
"""Applied once, however often and in whatever order it comes."""

import asyncio
from dataclasses import replace
from datetime import date

import pytest

from core.forecasting.demand import DemandChange
from core.kernel.event import START, RecordedEvent
from core.kernel.ids import ItemId
from ports.storage import TransactionConflict
from tests.conformance.shop import a_tenant, an_event, recorded
from tests.conformance.storage import Storage
from tests.support.given import TENANT, a_context, an_id


async def delivered(storage: Storage, count: int = 3) -> list[RecordedEvent]:
    await a_tenant(storage)
    await recorded(storage, *(an_event(version=version) for version in range(1, count + 1)))
    return list(await storage.feed.read(START, 100))


async def applied(storage: Storage, events: list[RecordedEvent], subscriber: str = "demand") -> list[int]:
    async with storage.transactions.begin(a_context()) as tx:
        return [event.version for event in await tx.inbox.fresh(subscriber, events)]


async def test_each_event_is_fresh_once(storage: Storage) -> None:
    events = await delivered(storage)
    assert await applied(storage, events[:2]) == [1, 2]
    assert await applied(storage, events) == [3]
    assert await applied(storage, events) == []


async def test_an_event_twice_in_one_delivery_is_fresh_once(storage: Storage) -> None:
    events = await delivered(storage)
    assert sorted(await applied(storage, [events[1], events[0], events[1]])) == [1, 2]


async def test_order_does_not_matter(storage: Storage) -> None:
    events = await delivered(storage)
    assert await applied(storage, [events[2]]) == [3]
    assert sorted(await applied(storage, [events[1], events[2], events[0]])) == [1, 2]


async def test_subscribers_do_not_know_each_other(storage: Storage) -> None:
    events = await delivered(storage)
    assert await applied(storage, events, "one") == [1, 2, 3]
    assert await applied(storage, events, "two") == [1, 2, 3]


async def test_what_was_not_committed_is_fresh_again(storage: Storage) -> None:
    events = await delivered(storage)
    with pytest.raises(KeyError):
        async with storage.transactions.begin(a_context()) as tx:
            await tx.inbox.fresh("demand", events)
            raise KeyError
    assert await applied(storage, events) == [1, 2, 3]


async def test_two_deliveries_at_once_apply_each_event_once(storage: Storage) -> None:
    events = await delivered(storage, 6)
    batches = await asyncio.gather(*(applied(storage, events) for _ in range(3)))
    assert sorted(version for batch in batches for version in batch) == [1, 2, 3, 4, 5, 6]


async def test_two_deliveries_in_opposite_order_end_and_apply_each_once(storage: Storage) -> None:
    events = await delivered(storage, 8)

    async def again_and_again(batch: list[RecordedEvent]) -> list[int]:
        while True:
            try:
                return await applied(storage, batch)
            except TransactionConflict:
                continue

    batches = await asyncio.gather(again_and_again(events), again_and_again(events[::-1]))
    assert sorted(version for batch in batches for version in batch) == list(range(1, 9))


async def test_demand_adds_up(storage: Storage) -> None:
    await a_tenant(storage)
    change = DemandChange(tenant=TENANT, item=ItemId(an_id(1)), day=date(2026, 3, 1), ordered=3, promised=2)
    for _ in range(2):
        async with storage.transactions.begin(a_context()) as tx:
            await tx.demand.add([change])
            await tx.demand.add([change])
            await tx.demand.add([])
    assert await storage.demand() == {(TENANT, an_id(1), date(2026, 3, 1)): (12, 8)}


async def test_demand_knows_no_bound(storage: Storage) -> None:
    """More than a 64-bit number holds, out of changes that each fit one."""
    await a_tenant(storage)
    most = 5 * 10**18
    change = DemandChange(tenant=TENANT, item=ItemId(an_id(1)), day=date(2026, 3, 1), ordered=most, promised=most)
    async with storage.transactions.begin(a_context()) as tx:
        for _ in range(3):
            await tx.demand.add([replace(change, ordered=2 * most)])
    assert await storage.demand() == {(TENANT, an_id(1), date(2026, 3, 1)): (6 * most, 3 * most)}
