"""Supply: announced, amended, delivered and withdrawn; what is to come to each shelf, and when."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from core.inventory.acts import Act, ChangeStock, StockAct, UnknownLocation, UnknownSku
from core.inventory.balance import EntryKind
from core.inventory.expected import ExpectedReceipt, ExpectedState
from core.inventory.expecting import (
    AmendExpected,
    AnnounceReceipt,
    ExpectedReceiptEnded,
    ExpectedReceiptNotFound,
    InvalidExpectation,
    ReceiveExpected,
    WithdrawExpected,
)
from core.inventory.location import LocationKind
from core.inventory.promise import Flow, Shelf
from core.inventory.transferring import CloseTransfer, ReceiveTransfer, ShipTransfer
from core.inventory.use_cases.announce_receipt import announce_receipt
from core.inventory.use_cases.change_expected import amend_expected, receive_expected, withdraw_expected
from core.inventory.use_cases.change_stock import change_stock
from core.inventory.use_cases.change_transfer import close_transfer, receive_transfer, ship_transfer
from core.inventory.use_cases.start_transfer import start_transfer
from core.kernel.ids import NO_LOT, ExpectedReceiptId, ItemId, LocationId, LotId
from ports.storage import TransactionConflict
from tests.conformance.shop import a_tenant
from tests.conformance.storage import Storage
from tests.conformance.yard import NEXT_WEEK, TOMORROW, asking, moving, run, two_places
from tests.support.given import OTHER_TENANT, TENANT, a_context, a_key, a_location, an_id, an_item

ID = ExpectedReceiptId(an_id(61))


async def change(storage: Storage, use_case: Any, command: object) -> Any:
    async with storage.transactions.begin(a_context()) as tx:
        return await use_case(command, a_context(), tx)


async def announced(storage: Storage, quantity: int, location: str = "W102", **other: Any) -> Any:
    command = AnnounceReceipt(sku="SKU-1", location=location, quantity=Decimal(quantity))
    return await run(storage, announce_receipt, replace(command, **other))


def an_expectation(number: int = 61, state: ExpectedState = ExpectedState.OPEN) -> ExpectedReceipt:
    return ExpectedReceipt(
        id=ExpectedReceiptId(an_id(number)),
        item=ItemId(an_id(1)),
        sku="SKU-1",
        scale=0,
        location=LocationId(an_id(101)),
        location_code="W101",
        quantity=5,
        due=TOMORROW,
        reference="ASN-1",
        state=state,
    )


async def incoming(storage: Storage) -> dict[str, int]:
    rows = await storage.inventory.stock(TENANT, sku=None, location=None, after=("", "", ""), limit=99)
    return {row.location: row.incoming for row in rows}


async def test_an_expected_receipt_is_kept_and_belongs_to_its_tenant(storage: Storage) -> None:
    await two_places(storage)
    await a_tenant(storage, OTHER_TENANT)
    kept = an_expectation()
    async with storage.transactions.begin(a_context()) as tx:
        await tx.expected.add(kept)
    async with storage.transactions.begin(a_context()) as tx:
        assert await tx.expected.lock(ID) == kept
        assert await tx.expected.lock(ExpectedReceiptId(an_id(62))) is None
        changed = replace(kept, quantity=7, received=8, due=None, state=ExpectedState.RECEIVED, version=2)
        await tx.expected.save(changed)
    assert await storage.expected.expected_receipt(TENANT, ID) == changed
    assert await storage.expected.expected_receipt(OTHER_TENANT, ID) is None
    async with storage.transactions.begin(a_context(OTHER_TENANT)) as tx:
        assert await tx.expected.lock(ID) is None
    with pytest.raises(TransactionConflict):
        async with storage.transactions.begin(a_context()) as tx:
            await tx.expected.save(changed)


async def test_expected_receipts_are_listed_newest_first_by_state(storage: Storage) -> None:
    await two_places(storage)
    await a_tenant(storage, OTHER_TENANT)
    async with storage.transactions.begin(a_context()) as tx:
        for number in (61, 62, 63):
            state = ExpectedState.WITHDRAWN if number == 62 else ExpectedState.OPEN
            await tx.expected.add(an_expectation(number, state))

    async def listed(
        state: ExpectedState | None, before: str | None, limit: int = 9, tenant: Any = TENANT
    ) -> list[str]:
        found = await storage.expected.expected_receipts(tenant, state=state, before=before, limit=limit)
        return [one.id for one in found]

    assert await listed(None, None) == [an_id(63), an_id(62), an_id(61)]
    assert await listed(None, an_id(63), 1) == [an_id(62)]
    assert await listed(ExpectedState.OPEN, None) == [an_id(63), an_id(61)]
    assert await listed(ExpectedState.OPEN, an_id(63)) == [an_id(61)]
    assert await listed(None, None, tenant=OTHER_TENANT) == []


async def test_what_was_announced_comes_as_it_comes(storage: Storage) -> None:
    await two_places(storage, stock=1)
    expected = await announced(storage, 5, "W101", due=TOMORROW, reference="ASN-1")
    assert await storage.expected.expected_receipt(TENANT, expected.id) == expected
    assert await incoming(storage) == {"W101": 5}
    await run(storage, receive_expected, ReceiveExpected(id=expected.id, quantity=Decimal(2)))
    assert await incoming(storage) == {"W101": 3}
    await change(storage, amend_expected, AmendExpected(id=expected.id, quantity=Decimal(6)))
    assert await incoming(storage) == {"W101": 4}
    done = await run(storage, receive_expected, ReceiveExpected(id=expected.id, quantity=Decimal(7)))
    assert (done.state, done.received, done.version) == (ExpectedState.RECEIVED, 9, 4)
    assert await incoming(storage) == {"W101": 0}
    with pytest.raises(ExpectedReceiptEnded):
        await change(storage, withdraw_expected, WithdrawExpected(id=expected.id, reason="r"))
    rows = await storage.inventory.entries(TENANT, "SKU-1", before=None, limit=2)
    assert [(row.movement.kind, row.movement.quantity, row.cause, row.movement.reason) for row in rows] == [
        (EntryKind.RECEIVE, 7, f"expected:{expected.id}", "ASN-1"),
        (EntryKind.RECEIVE, 2, f"expected:{expected.id}", "ASN-1"),
    ]
    names = [event.name for event in await storage.feed.stream(TENANT, expected.id)]
    assert names == [f"expected_receipt.{verb}.v1" for verb in ("announced", "received", "amended", "received")]
    (row,) = await storage.inventory.stock(TENANT, sku=None, location="W101", after=("", "", ""), limit=9)
    assert row.balance.available == 10
    assert await storage.invariants.violations() == []


async def test_what_was_withdrawn_is_not_to_come(storage: Storage) -> None:
    await two_places(storage)
    expected = await announced(storage, 5)
    assert await incoming(storage) == {"W101": 0, "W102": 5}
    withdrawn = await change(storage, withdraw_expected, WithdrawExpected(id=expected.id, reason="r"))
    assert withdrawn.state is ExpectedState.WITHDRAWN
    assert await incoming(storage) == {"W101": 0, "W102": 0}
    with pytest.raises(ExpectedReceiptEnded):
        await run(storage, receive_expected, ReceiveExpected(id=expected.id))
    with pytest.raises(ExpectedReceiptNotFound):
        await run(storage, receive_expected, ReceiveExpected(id=ID))
    assert await storage.invariants.violations() == []


@pytest.mark.parametrize(
    ("other", "error", "path"),
    [
        ({"sku": "NONE"}, UnknownSku, "$.sku"),
        ({"location": "NONE"}, UnknownLocation, "$.location"),
        ({"location": "AIR"}, InvalidExpectation, "$.location"),
    ],
)
async def test_what_can_come_nowhere_is_refused(
    storage: Storage, other: dict[str, str], error: type[Exception], path: str
) -> None:
    await two_places(storage)
    async with storage.transactions.begin(a_context()) as tx:
        await tx.locations.add(replace(a_location(110, "AIR"), kind=LocationKind.IN_TRANSIT, sellable=False))
    with pytest.raises(error) as refused:
        await announced(storage, 1, **other)
    assert getattr(refused.value, "path", None) == path


async def test_of_two_who_receive_the_same_delivery_one_does(storage: Storage) -> None:
    await two_places(storage, stock=1)
    expected = await announced(storage, 5, "W101")

    async def deliver() -> bool:
        while True:
            try:
                await run(storage, receive_expected, ReceiveExpected(id=expected.id))
            except ExpectedReceiptEnded:
                return False
            except TransactionConflict:
                continue
            return True

    assert sum(await asyncio.gather(*(deliver() for _ in range(4)))) == 1
    (row,) = await storage.inventory.stock(TENANT, sku=None, location=None, after=("", "", ""), limit=9)
    assert (row.balance.available, row.incoming) == (6, 0)


async def test_what_is_to_come_is_shown_where_it_is_to_come(storage: Storage) -> None:
    await two_places(storage)
    await run(storage, start_transfer, moving(2, ship_on=TOMORROW))
    assert await incoming(storage) == {"W101": 0, "W102": 2, "TRANSIT": 0}
    shipped = await run(storage, start_transfer, moving(4))
    assert await incoming(storage) == {"W101": 0, "W102": 6, "TRANSIT": 0}
    await run(storage, receive_transfer, ReceiveTransfer(id=shipped.id, lines=asking(1)))
    assert (await incoming(storage))["W102"] == 5
    await run(storage, close_transfer, CloseTransfer(id=shipped.id, reason="r"))
    assert (await incoming(storage))["W102"] == 2


async def test_an_act_on_a_shelf_says_what_is_to_come_to_it(storage: Storage) -> None:
    await two_places(storage)
    await run(storage, start_transfer, moving(4))
    acts = tuple(
        StockAct(act=Act.RECEIVE, sku="SKU-1", location=place, quantity=Decimal(1)) for place in ("W101", "W102")
    )
    assert [one.incoming for one in await run(storage, change_stock, ChangeStock(acts=acts))] == [0, 4]


async def test_what_is_to_come_is_told_by_shelf_and_lot(storage: Storage) -> None:
    await two_places(storage)
    await announced(storage, 3)
    lot = replace(a_key(1, 102), lot=LotId(an_id(77)))
    async with storage.transactions.begin(a_context()) as tx:
        assert await tx.supply.incoming([]) == {}
        assert await tx.supply.incoming([a_key(1, 102), a_key(1, 101), lot]) == {a_key(1, 102): 3}
        assert lot.lot != NO_LOT


async def test_a_page_of_stock_knows_what_is_to_come_to_each_of_its_rows(storage: Storage) -> None:
    await two_places(storage)
    async with storage.transactions.begin(a_context()) as tx:
        await tx.items.add([an_item(2)])
    await announced(storage, 3)
    await announced(storage, 4, "W101")
    await announced(storage, 5, "W101", sku="SKU-2")
    rows = await storage.inventory.stock(TENANT, sku=None, location=None, after=("SKU-1", "W101", ""), limit=2)
    assert [(row.sku, row.location, row.incoming) for row in rows] == [("SKU-1", "W102", 3), ("SKU-2", "W101", 5)]


async def test_the_prospect_is_every_dated_supply_and_demand(storage: Storage) -> None:
    await two_places(storage)
    assert await storage.supply.prospect(TENANT, "NONE") is None
    planned = await run(storage, start_transfer, moving(2, ship_on=TOMORROW, due=NEXT_WEEK))
    await run(storage, start_transfer, moving(1))
    under_way = await run(storage, start_transfer, moving(3, due=NEXT_WEEK))
    await run(storage, receive_transfer, ReceiveTransfer(id=under_way.id, lines=asking(1)))
    expected = await announced(storage, 5, due=TOMORROW + timedelta(hours=1))
    await run(storage, receive_expected, ReceiveExpected(id=expected.id, quantity=Decimal(1)))
    await announced(storage, 9)
    gone = await announced(storage, 9, due=TOMORROW)
    await change(storage, withdraw_expected, WithdrawExpected(id=gone.id, reason="r"))
    prospect = await storage.supply.prospect(TENANT, "SKU-1")
    assert (prospect.sku, prospect.scale, prospect.backorder_limit) == ("SKU-1", 0, 0)
    shelves = {place.code: ordered(shelf) for place, shelf in prospect.shelves}
    assert shelves == {
        "TRANSIT": (0, []),
        "W101": (6, [Flow(at=TOMORROW, change=-2, cause=f"transfer:{planned.id}")]),
        "W102": (
            2,
            [
                Flow(at=TOMORROW + timedelta(hours=1), change=4, cause=f"expected:{expected.id}"),
                Flow(at=NEXT_WEEK, change=2, cause=f"transfer:{planned.id}"),
                Flow(at=NEXT_WEEK, change=2, cause=f"transfer:{under_way.id}"),
            ],
        ),
    }
    await run(storage, ship_transfer, ShipTransfer(id=planned.id))
    prospect = await storage.supply.prospect(TENANT, "SKU-1")
    assert {place.code: shelf for place, shelf in prospect.shelves}["W101"] == Shelf(available=4)
    assert await storage.supply.prospect(OTHER_TENANT, "SKU-1") is None


def ordered(shelf: Shelf) -> tuple[int, list[Flow]]:
    return shelf.available, sorted(shelf.flows, key=lambda flow: (flow.at, flow.cause))
