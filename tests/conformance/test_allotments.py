"""Allotments: set aside once, withdrawn once, listed while they count; holds under an id of the asker's choice."""

import asyncio
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from core.inventory.acts import Act, ChangeStock, StockAct
from core.inventory.allotment import (
    Allotment,
    AllotmentNotFound,
    AllotmentState,
    AllotmentTaken,
    AllotmentWithdrawn,
    AllottedPart,
    AllotToChannel,
    InvalidAllotment,
    WithdrawAllotment,
)
from core.inventory.holding import Holder, ReleaseReservation, ReservationLine, ReserveStock
from core.inventory.reservation import InvalidReservation, ReservationState, ReservationTaken
from core.inventory.use_cases.allot_to_channel import allot_to_channel, withdraw_allotment
from core.inventory.use_cases.change_reservation import release_reservation
from core.inventory.use_cases.change_stock import change_stock
from core.inventory.use_cases.reserve_stock import reserve_stock
from core.kernel.ids import AllotmentId, ReservationId
from ports.storage import TransactionConflict
from tests.conformance.shop import a_shop, shelf
from tests.conformance.storage import Storage
from tests.support.given import OTHER_TENANT, TENANT, a_context, a_key, a_location, an_id, an_item, numbered_ids

NEW_ID = numbered_ids(750_000)
ID = AllotmentId(an_id(81))
PARTS = (AllottedPart(key=a_key(1), quantity=2), AllottedPart(key=a_key(2, 102), quantity=3))
ALLOT = AllotToChannel(id=ID, channel="web", parts=PARTS, cause="reservation:r")


async def run(storage: Storage, use_case: Any, command: object, **ports: Any) -> Any:
    async with storage.transactions.begin(a_context()) as tx:
        return await use_case(command, a_context(), tx, **ports)


async def a_shop_of_two(storage: Storage) -> None:
    await a_shop(storage, number=1, stock=0)
    async with storage.transactions.begin(a_context()) as tx:
        await tx.items.add([an_item(2)])
        await tx.locations.add(a_location(102))


async def listed(storage: Storage, tenant: Any = TENANT, **filters: Any) -> list[tuple[str, str, int]]:
    wanted: dict[str, Any] = {"channel": None, "sku": None, "after": None, "limit": 9, **filters}
    rows = await storage.allotments.allotments(tenant, **wanted)
    return [(row.sku, row.location, row.quantity) for row in rows]


async def test_what_is_set_aside_is_listed_until_it_is_withdrawn(storage: Storage) -> None:
    await a_shop_of_two(storage)
    allotted = await run(storage, allot_to_channel, ALLOT)
    assert allotted == Allotment(id=ID, channel="web", parts=PARTS, cause="reservation:r")
    assert await listed(storage) == [("SKU-1", "W101", 2), ("SKU-2", "W102", 3)]
    assert await listed(storage, sku="SKU-2", channel="web") == [("SKU-2", "W102", 3)]
    assert await listed(storage, channel="shop") == []
    assert await listed(storage, limit=1) == [("SKU-1", "W101", 2)]
    assert await listed(storage, after=(ID, 1)) == [("SKU-2", "W102", 3)]
    assert await listed(storage, OTHER_TENANT) == []
    ended = await run(storage, withdraw_allotment, WithdrawAllotment(id=ID, reason="r"))
    assert (ended.state, ended.version) == (AllotmentState.WITHDRAWN, 2)
    assert await listed(storage) == []
    names = [event.name for event in await storage.feed.stream(TENANT, ID)]
    assert names == ["channel.allotted.v1", "channel.allotment_withdrawn.v1"]
    assert await storage.invariants.violations() == []


async def test_asking_again_is_the_same_allotment_and_an_end_is_an_end(storage: Storage) -> None:
    await a_shop_of_two(storage)
    with pytest.raises(AllotmentNotFound):
        await run(storage, withdraw_allotment, WithdrawAllotment(id=ID, reason="r"))
    first = await run(storage, allot_to_channel, ALLOT)
    assert await run(storage, allot_to_channel, ALLOT) == first
    assert len(await storage.feed.stream(TENANT, ID)) == 1
    for other in (replace(ALLOT, channel="shop"), replace(ALLOT, cause="x"), replace(ALLOT, parts=PARTS[:1])):
        with pytest.raises(AllotmentTaken):
            await run(storage, allot_to_channel, other)
    await run(storage, withdraw_allotment, WithdrawAllotment(id=ID, reason="r"))
    for use_case, command in (
        (withdraw_allotment, WithdrawAllotment(id=ID, reason="r")),
        (allot_to_channel, ALLOT),
    ):
        with pytest.raises(AllotmentWithdrawn):
            await run(storage, use_case, command)
    for wrong in (replace(ALLOT, id=AllotmentId("x")), replace(ALLOT, parts=()), replace(ALLOT, channel="")):
        with pytest.raises(InvalidAllotment):
            await run(storage, allot_to_channel, wrong)


async def test_two_who_allot_or_withdraw_at_once_do_it_once(storage: Storage) -> None:
    await a_shop_of_two(storage)

    async def twice(use_case: Any, command: object) -> list[Any]:
        return await asyncio.gather(*(run(storage, use_case, command) for _ in range(2)), return_exceptions=True)

    answers = await twice(allot_to_channel, ALLOT)
    assert all(isinstance(answer, Allotment | TransactionConflict) for answer in answers)
    assert any(isinstance(answer, Allotment) for answer in answers)
    ends = await twice(withdraw_allotment, WithdrawAllotment(id=ID, reason="r"))
    assert sum(isinstance(end, Allotment) for end in ends) == 1
    assert len(await storage.feed.stream(TENANT, ID)) == 2


async def test_one_that_changed_meanwhile_is_not_saved(storage: Storage) -> None:
    await a_shop_of_two(storage)
    kept = await run(storage, allot_to_channel, ALLOT)
    with pytest.raises(TransactionConflict):
        async with storage.transactions.begin(a_context()) as tx:
            await tx.allotments.save(replace(kept, version=3))
    with pytest.raises(TransactionConflict):
        async with storage.transactions.begin(a_context()) as tx:
            await tx.allotments.add(kept)


async def test_a_hold_under_a_chosen_id_is_begun_once(storage: Storage) -> None:
    await a_shop(storage, stock=0)
    received = StockAct(act=Act.RECEIVE, sku="SKU-1", location="W101", quantity=Decimal(5))
    await run(storage, change_stock, ChangeStock(acts=(received,)), new_id=NEW_ID)
    chosen = ReservationId(an_id(82))
    one = ReservationLine(sku="SKU-1", quantity=Decimal(1))
    asked = ReserveStock(lines=(one, one), holder=Holder.CHANNEL_ORDER, reference="channel:web", id=chosen)
    held = await run(storage, reserve_stock, asked, new_id=NEW_ID)
    assert (held.id, await run(storage, reserve_stock, asked, new_id=NEW_ID)) == (chosen, held)
    assert (await shelf(storage)).reserved == 2
    for other in (replace(asked, lines=(one,)), replace(asked, reference=None), replace(asked, seconds=5)):
        with pytest.raises(ReservationTaken):
            await run(storage, reserve_stock, other, new_id=NEW_ID)
    with pytest.raises(InvalidReservation):
        await run(storage, reserve_stock, replace(asked, id=ReservationId("x")), new_id=NEW_ID)
    await run(storage, release_reservation, ReleaseReservation(id=chosen, reason="r"), new_id=NEW_ID)
    again = await run(storage, reserve_stock, asked, new_id=NEW_ID)
    assert again.state is ReservationState.RELEASED
    assert (await shelf(storage)).reserved == 0
    with pytest.raises(TransactionConflict):
        async with storage.transactions.begin(a_context()) as tx:
            await tx.reservations.add(held)
