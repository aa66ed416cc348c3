"""Transfers: kept as they are, moved in one group, received once, and nobody's stock while they are under way."""

import asyncio
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from core.inventory.acts import Act, ChangeStock, StockAct, UnknownLocation, UnknownSku
from core.inventory.balance import Account, Balance, EntryKind
from core.inventory.holding import Holder, ReservationLine, ReserveStock
from core.inventory.location import LocationKind
from core.inventory.stock import InsufficientStock
from core.inventory.transfer import Transfer, TransferState
from core.inventory.transfer_events import TransferLine
from core.inventory.transferring import (
    CancelTransfer,
    CloseTransfer,
    InvalidTransfer,
    MoreThanUnderWay,
    ReceiveTransfer,
    ShipTransfer,
    TransferEnded,
    TransferNotFound,
)
from core.inventory.use_cases.change_stock import change_stock
from core.inventory.use_cases.change_transfer import cancel_transfer, close_transfer, receive_transfer, ship_transfer
from core.inventory.use_cases.reserve_stock import reserve_stock
from core.inventory.use_cases.start_transfer import start_transfer
from core.kernel.ids import NO_LOT, GroupId, ItemId, LocationId, TransferId
from ports.inventory import NewEntries
from ports.storage import TransactionConflict
from tests.conformance.shop import a_place, a_tenant, movement
from tests.conformance.storage import Storage
from tests.conformance.yard import NEW_ID, NEXT_WEEK, TOMORROW, asking, moving, run, two_places
from tests.support.given import OTHER_TENANT, TENANT, a_context, a_key, a_location, an_id, an_item

ID = TransferId(an_id(61))


async def shelves(storage: Storage) -> dict[str, Balance]:
    rows = await storage.inventory.stock(TENANT, sku=None, location=None, after=("", "", ""), limit=99)
    return {row.location: row.balance for row in rows}


async def standing(storage: Storage) -> dict[str, tuple[int, int]]:
    """(available, in transit) at each place."""
    return {place: (found.available, found.in_transit) for place, found in (await shelves(storage)).items()}


def a_transfer(number: int = 61, state: TransferState = TransferState.PLANNED) -> Transfer:
    line = TransferLine(item=ItemId(an_id(1)), lot=NO_LOT, sku="SKU-1", scale=0, quantity=5)
    return Transfer(
        id=TransferId(an_id(number)),
        source=LocationId(an_id(101)),
        source_code="W101",
        target=LocationId(an_id(102)),
        target_code="W102",
        transit=LocationId(an_id(103)),
        lines=(line,),
        reason="runs low",
        reference=None,
        ship_on=TOMORROW,
        due=NEXT_WEEK,
        state=state,
    )


async def three_places(storage: Storage) -> None:
    await a_tenant(storage)
    await a_tenant(storage, OTHER_TENANT)
    async with storage.transactions.begin(a_context()) as tx:
        for number in (101, 102, 103):
            await tx.locations.add(a_place(number))


async def test_a_transfer_is_kept_and_belongs_to_its_tenant(storage: Storage) -> None:
    await three_places(storage)
    kept = a_transfer()
    async with storage.transactions.begin(a_context()) as tx:
        await tx.transfers.add(kept)
    async with storage.transactions.begin(a_context()) as tx:
        assert await tx.transfers.lock(ID) == kept
        assert await tx.transfers.lock(TransferId(an_id(62))) is None
        line = replace(kept.lines[0], received=2, lost=1)
        changed = replace(kept, lines=(line,), state=TransferState.IN_TRANSIT, version=2)
        await tx.transfers.save(changed)
    assert await storage.transfers.transfer(TENANT, ID) == changed
    assert await storage.transfers.transfer(OTHER_TENANT, ID) is None
    assert await storage.transfers.transfers(OTHER_TENANT, state=None, before=None, limit=9) == []
    async with storage.transactions.begin(a_context(OTHER_TENANT)) as tx:
        assert await tx.transfers.lock(ID) is None


async def test_a_transfer_somebody_changed_meanwhile_is_not_changed_again(storage: Storage) -> None:
    await three_places(storage)
    async with storage.transactions.begin(a_context()) as tx:
        await tx.transfers.add(a_transfer())
    with pytest.raises(TransactionConflict):
        async with storage.transactions.begin(a_context()) as tx:
            await tx.transfers.save(replace(a_transfer(), version=3))


async def test_transfers_are_listed_newest_first_by_state(storage: Storage) -> None:
    await three_places(storage)
    async with storage.transactions.begin(a_context()) as tx:
        for number in (61, 62, 63):
            state = TransferState.RECEIVED if number == 62 else TransferState.PLANNED
            await tx.transfers.add(a_transfer(number, state))

    async def listed(state: TransferState | None, before: str | None, limit: int = 9) -> list[str]:
        return [one.id for one in await storage.transfers.transfers(TENANT, state=state, before=before, limit=limit)]

    assert await listed(None, None) == [an_id(63), an_id(62), an_id(61)]
    assert await listed(None, an_id(63), 1) == [an_id(62)]
    assert await listed(TransferState.PLANNED, None) == [an_id(63), an_id(61)]
    assert await listed(TransferState.PLANNED, an_id(63)) == [an_id(61)]
    assert await listed(TransferState.CANCELLED, None) == []


async def test_stock_under_way_is_on_nobodys_shelf_and_arrives(storage: Storage) -> None:
    await two_places(storage)
    shipped = await run(storage, start_transfer, moving(4))
    assert (shipped.state, shipped.version) == (TransferState.IN_TRANSIT, 2)
    assert await standing(storage) == {"W101": (6, 0), "W102": (0, 0), "TRANSIT": (0, 4)}
    assert (await shelves(storage))["TRANSIT"].on_hand == 0
    assert await storage.invariants.violations() == []
    some = await run(storage, receive_transfer, ReceiveTransfer(id=shipped.id, lines=asking(1, 2)))
    assert (some.state, some.lines[0].received) == (TransferState.IN_TRANSIT, 3)
    assert await standing(storage) == {"W101": (6, 0), "W102": (3, 0), "TRANSIT": (0, 1)}
    with pytest.raises(MoreThanUnderWay):
        await run(storage, receive_transfer, ReceiveTransfer(id=shipped.id, lines=asking(2)))
    done = await run(storage, receive_transfer, ReceiveTransfer(id=shipped.id))
    assert done.state is TransferState.RECEIVED
    assert await storage.transfers.transfer(TENANT, shipped.id) == done
    assert await standing(storage) == {"W101": (6, 0), "W102": (4, 0), "TRANSIT": (0, 0)}
    names = [event.name for event in await storage.feed.stream(TENANT, shipped.id)]
    assert names == [f"transfer.{verb}.v1" for verb in ("planned", "shipped", "received", "received")]
    assert await storage.invariants.violations() == []


async def test_each_act_is_one_group_that_clears_itself(storage: Storage) -> None:
    await two_places(storage)
    shipped = await run(storage, start_transfer, moving(4, 1))
    await run(storage, close_transfer, CloseTransfer(id=shipped.id, reason="fell off"))
    rows = await storage.inventory.entries(TENANT, "SKU-1", before=None, limit=3)
    lost, arrived, left = [
        (row.location, row.movement.kind, row.movement.source, row.movement.target, row.movement.quantity)
        for row in rows
    ]
    assert lost == ("TRANSIT", EntryKind.ADJUST, Account.IN_TRANSIT, Account.ADJUSTMENT, 5)
    assert arrived == ("TRANSIT", EntryKind.TRANSFER_SHIP, Account.TRANSFER, Account.IN_TRANSIT, 5)
    assert left == ("W101", EntryKind.TRANSFER_SHIP, Account.AVAILABLE, Account.TRANSFER, 5)
    assert rows[1].group == rows[2].group != rows[0].group
    assert [row.movement.reason for row in rows] == ["fell off", "runs low", "runs low"]
    assert {row.cause for row in rows} == {f"transfer:{shipped.id}"}
    assert (await storage.transfers.transfer(TENANT, shipped.id)).lines[0].lost == 5
    assert await standing(storage) == {"W101": (5, 0), "W102": (0, 0), "TRANSIT": (0, 0)}
    assert await storage.invariants.violations() == []


async def test_what_is_called_off_goes_back(storage: Storage) -> None:
    await two_places(storage)
    shipped = await run(storage, start_transfer, moving(4))
    await run(storage, receive_transfer, ReceiveTransfer(id=shipped.id, lines=asking(1)))
    cancelled = await run(storage, cancel_transfer, CancelTransfer(id=shipped.id, reason="road closed"))
    assert cancelled.state is TransferState.CANCELLED
    assert await standing(storage) == {"W101": (9, 0), "W102": (1, 0), "TRANSIT": (0, 0)}
    for use_case, again in (
        (receive_transfer, ReceiveTransfer(id=shipped.id)),
        (cancel_transfer, CancelTransfer(id=shipped.id, reason="r")),
    ):
        with pytest.raises(TransferEnded):
            await run(storage, use_case, again)
    with pytest.raises(TransferNotFound):
        await run(storage, ship_transfer, ShipTransfer(id=TransferId(an_id(9))))
    assert await storage.invariants.violations() == []


async def test_what_is_planned_stays_on_its_shelf_until_it_is_shipped(storage: Storage) -> None:
    await two_places(storage, stock=3)
    planned = await run(storage, start_transfer, moving(5, ship_on=TOMORROW, due=NEXT_WEEK, reference="T-1"))
    assert (planned.state, planned.ship_on, planned.due) == (TransferState.PLANNED, TOMORROW, NEXT_WEEK)
    assert await storage.transfers.transfer(TENANT, planned.id) == planned
    assert (await standing(storage))["W101"] == (3, 0)
    with pytest.raises(InsufficientStock, match="2 of 5") as refused:
        await run(storage, ship_transfer, ShipTransfer(id=planned.id))
    assert refused.value.path == "$.items[0].quantity"
    act = StockAct(act=Act.RECEIVE, sku="SKU-1", location="W101", quantity=Decimal(2))
    await run(storage, change_stock, ChangeStock(acts=(act,)))
    assert (await run(storage, ship_transfer, ShipTransfer(id=planned.id))).state is TransferState.IN_TRANSIT
    assert (await standing(storage))["TRANSIT"] == (0, 5)
    called_off = await run(storage, start_transfer, moving(9, ship_on=TOMORROW))
    await run(storage, cancel_transfer, CancelTransfer(id=called_off.id, reason="no need"))
    assert (await standing(storage))["W101"] == (0, 0)
    assert await storage.invariants.violations() == []


async def test_what_is_owed_never_travels_and_all_lines_go_or_none(storage: Storage) -> None:
    await two_places(storage, stock=5, backorder_limit=9)
    with pytest.raises(InsufficientStock, match="1 of 3") as refused:
        await run(storage, start_transfer, moving(3, 3))
    assert refused.value.path == "$.items[1].quantity"
    assert await standing(storage) == {"W101": (5, 0)}
    assert await storage.transfers.transfers(TENANT, state=None, before=None, limit=9) == []


async def test_expired_holds_do_not_keep_stock_from_travelling(storage: Storage) -> None:
    await two_places(storage, stock=5)
    for _ in range(2):
        hold = ReserveStock(lines=(ReservationLine(sku="SKU-1", quantity=Decimal(2)),), holder=Holder.CART)
        held = await run(storage, reserve_stock, hold)
    with pytest.raises(InsufficientStock, match="2 of 3"):
        await run(storage, start_transfer, moving(3))
    await storage.let_hold_run_out(held.id)
    await run(storage, start_transfer, moving(3))
    balance = (await shelves(storage))["W101"]
    assert (balance.available, balance.reserved) == (0, 2)
    assert await storage.invariants.violations() == []


@pytest.mark.parametrize(
    ("other", "error", "path"),
    [
        ({"source": "NONE"}, UnknownLocation, "$.from"),
        ({"target": "NONE"}, UnknownLocation, "$.to"),
        ({"target": "W101"}, InvalidTransfer, "$.to"),
        ({"lines": ()}, InvalidTransfer, "$.items"),
        ({"lines": asking(1) + asking(1, sku="NONE")}, UnknownSku, "$.items[1].sku"),
    ],
)
async def test_what_makes_no_sense_is_refused_and_opens_no_way(
    storage: Storage, other: dict[str, Any], error: type[Exception], path: str
) -> None:
    await two_places(storage)
    with pytest.raises(error) as refused:
        await run(storage, start_transfer, moving(1, **other))
    assert getattr(refused.value, "path", None) == path
    assert [place.code for place in await storage.inventory.locations(TENANT)] == ["W101", "W102"]


async def test_the_way_is_the_tenants_own_or_is_opened_beside_what_is_in_the_way(storage: Storage) -> None:
    await two_places(storage)
    async with storage.transactions.begin(a_context()) as tx:
        assert await tx.locations.in_transit() is None
        for number, code in ((110, "TRANSIT"), (111, "TRANSIT-2")):
            await tx.locations.add(a_location(number, code))
    shipped = await run(storage, start_transfer, moving(1))
    ways = [one for one in await storage.inventory.locations(TENANT) if one.kind is LocationKind.IN_TRANSIT]
    assert [(way.code, way.id, way.sellable) for way in ways] == [("TRANSIT-3", shipped.transit, False)]
    async with storage.transactions.begin(a_context()) as tx:
        own = replace(a_location(112, "AIR"), kind=LocationKind.IN_TRANSIT, sellable=False)
        for way in (replace(own, id=LocationId(an_id(90)), code="ZEPPELIN"), own):
            await tx.locations.add(way)
        assert await tx.locations.in_transit() == own
    assert (await run(storage, start_transfer, moving(1))).transit == own.id
    done = await run(storage, receive_transfer, ReceiveTransfer(id=shipped.id))
    assert (done.state, done.transit) == (TransferState.RECEIVED, shipped.transit)
    with pytest.raises(InvalidTransfer):
        await run(storage, start_transfer, moving(1, target="AIR"))
    assert await storage.invariants.violations() == []


async def test_two_first_transfers_at_once_open_one_way(storage: Storage) -> None:
    await two_places(storage)

    async def start() -> Any:
        while True:
            try:
                return await run(storage, start_transfer, moving(1))
            except TransactionConflict:
                continue

    started = await asyncio.gather(*(start() for _ in range(4)))
    assert len({one.transit for one in started}) == 1
    assert (await standing(storage))["TRANSIT"] == (0, 4)
    assert await storage.invariants.violations() == []


async def at_once(storage: Storage, *acts: tuple[Any, object]) -> list[bool]:
    """Which of ``acts``, all done at once, came through."""

    async def tried(use_case: Any, command: object) -> bool:
        while True:
            try:
                await run(storage, use_case, command)
            except (MoreThanUnderWay, TransferEnded, InsufficientStock):
                return False
            except TransactionConflict:
                continue
            return True

    return list(await asyncio.gather(*(tried(*act) for act in acts)))


async def test_of_two_who_receive_the_last_unit_one_gets_it(storage: Storage) -> None:
    await two_places(storage)
    shipped = await run(storage, start_transfer, moving(3))
    await run(storage, receive_transfer, ReceiveTransfer(id=shipped.id, lines=asking(2)))
    last = (receive_transfer, ReceiveTransfer(id=shipped.id, lines=asking(1)))
    assert sum(await at_once(storage, last, last, last, last)) == 1
    assert await standing(storage) == {"W101": (7, 0), "W102": (3, 0), "TRANSIT": (0, 0)}
    assert await storage.invariants.violations() == []


async def test_of_a_cancellation_and_an_arrival_at_once_one_has_it(storage: Storage) -> None:
    await two_places(storage)
    shipped = await run(storage, start_transfer, moving(3))
    done = await at_once(
        storage,
        (cancel_transfer, CancelTransfer(id=shipped.id, reason="r")),
        (receive_transfer, ReceiveTransfer(id=shipped.id)),
        (close_transfer, CloseTransfer(id=shipped.id, reason="r")),
    )
    assert sum(done) == 1
    assert (await standing(storage))["TRANSIT"] == (0, 0)
    assert await storage.invariants.violations() == []


async def test_of_many_who_ship_the_last_one_it_travels_once_either_way(storage: Storage) -> None:
    await two_places(storage, stock=1)
    act = StockAct(act=Act.RECEIVE, sku="SKU-1", location="W102", quantity=Decimal(1))
    await run(storage, change_stock, ChangeStock(acts=(act,)))
    there, back = moving(1), moving(1, source="W102", target="W101")
    done = await at_once(storage, *((start_transfer, command) for command in (there, back) * 3))
    assert sum(done) == 2
    assert await standing(storage) == {"W101": (0, 0), "W102": (0, 0), "TRANSIT": (0, 2)}
    assert await storage.invariants.violations() == []


async def test_what_stands_on_the_way_without_a_transfer_is_found(storage: Storage) -> None:
    await two_places(storage)
    assert await storage.invariants.violations() == []
    moved = movement(EntryKind.MOVE, Account.AVAILABLE, Account.IN_TRANSIT, 1)
    async with storage.transactions.begin(a_context()) as tx:
        await tx.ledger.lock([a_key()])
        await tx.ledger.enter([NewEntries(group=GroupId(an_id(8)), movements=(moved,))])
    (found,) = [one for one in await storage.invariants.violations() if "transit" in one.invariant]
    assert found.invariant == "I11 what is in transit = what transfers have under way"
    assert "in transit 1, under way 0" in found.detail


async def test_what_leaves_one_shelf_and_arrives_at_none_is_found(storage: Storage) -> None:
    await two_places(storage)
    moved = movement(EntryKind.TRANSFER_SHIP, Account.AVAILABLE, Account.TRANSFER, 1)
    async with storage.transactions.begin(a_context()) as tx:
        await tx.ledger.lock([a_key()])
        await tx.ledger.enter([NewEntries(group=GroupId(an_id(8)), movements=(moved,))])
    (found,) = await storage.invariants.violations()
    assert found.invariant == "I2 what leaves a shelf by transfer arrives at another"
    assert ": 1 base units between" in found.detail


async def test_nobody_receives_what_is_on_its_way_to_another_tenant(storage: Storage) -> None:
    await two_places(storage)
    await a_tenant(storage, OTHER_TENANT)
    async with storage.transactions.begin(a_context(OTHER_TENANT)) as tx:
        await tx.items.add([an_item(5, sku="SKU-1")])
        for number in (201, 202):
            await tx.locations.add(a_place(number))
    shipped = await run(storage, start_transfer, moving(1))
    async with storage.transactions.begin(a_context(OTHER_TENANT)) as tx:
        assert await tx.locations.in_transit() is None
        with pytest.raises(TransferNotFound):
            await receive_transfer(ReceiveTransfer(id=shipped.id), a_context(OTHER_TENANT), tx, new_id=NEW_ID)
