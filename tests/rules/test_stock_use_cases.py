"""What the ledger's use cases leave behind, told whole: what they answer and record, and what they leave alone."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from adapters.memory.tables import RESERVATIONS
from adapters.memory.views.inventory import MemoryInventoryView
from core.acceptance.policies import SetPolicy
from core.acceptance.use_cases.set_policy import set_policy
from core.catalogue.item import CreateItem, CreateItems, Item, WantedComponent
from core.catalogue.use_cases.create_items import create_items
from core.inventory.acts import Act, AllocateStock, ChangeStock, StockAct, StockChanged
from core.inventory.balance import EntryKind
from core.inventory.expecting import AnnounceReceipt, ReceiveExpected
from core.inventory.holding import ExpireReservations, Holder, ReservationLine, ReserveStock
from core.inventory.location import CreateLocation, Location, LocationCreated, LocationKind
from core.inventory.lot import Lot, LotCreated, LotReclassified, LotStatus, ReclassifyLot
from core.inventory.ranking import AllocationPolicy
from core.inventory.reservation import Reservation, ReservationExpired, ReservationState
from core.inventory.stock import InsufficientStock
from core.inventory.transfer_events import TransferLine, TransferPlanned, TransferShipped
from core.inventory.transferring import ShipTransfer, StartTransfer, TransferRequest
from core.inventory.use_cases.allocate_stock import allocate_stock
from core.inventory.use_cases.announce_receipt import announce_receipt
from core.inventory.use_cases.change_expected import receive_expected
from core.inventory.use_cases.change_reservation import expire_reservations
from core.inventory.use_cases.change_stock import change_stock
from core.inventory.use_cases.change_transfer import ship_transfer
from core.inventory.use_cases.create_location import create_location
from core.inventory.use_cases.entering import AT_ONCE, end_expired
from core.inventory.use_cases.reclassify_lot import reclassify_lot
from core.inventory.use_cases.reserve_stock import reserve_stock
from core.inventory.use_cases.start_transfer import start_transfer
from core.kernel.errors import DomainError
from core.kernel.goods import Component, Tracking
from core.kernel.ids import NO_LOT, ItemId, LotId
from tests.support.given import NOW, TENANT, a_context, an_id
from tests.support.twin import Twin

SOON = date(2026, 4, 1)


class Shop:
    """Cups, mugs, tea by lot (in grams of a kilogram), a set of one cup and half a kilogram; shelves W1 and W2."""

    def __init__(self) -> None:
        self.twin = Twin()
        new = (
            CreateItem(sku="CUP", name="cup"),
            CreateItem(sku="MUG", name="mug"),
            CreateItem(sku="TEA", name="tea", scale=3, tracking=Tracking.LOT),
        )
        self.items: dict[str, Item] = {item.sku: item for item in self.do(create_items, CreateItems(items=new))}
        parts = (WantedComponent(sku="CUP", quantity=Decimal(1)), WantedComponent(sku="TEA", quantity=Decimal("0.5")))
        self.do(create_items, CreateItems(items=(CreateItem(sku="SET", name="set", components=parts),)))
        self.places: dict[str, Location] = {
            code: self.do(create_location, CreateLocation(code=code, kind=LocationKind.WAREHOUSE))
            for code in ("W1", "W2")
        }

    def do(self, use_case: Callable[..., Any], command: object) -> Any:
        return self.twin.run(use_case, command, new_id=self.twin.new_id)

    def receive(
        self, sku: str, quantity: str, lot: str | None = None, expires_on: date | None = None, *, at: str = "W1"
    ) -> StockChanged:
        act = StockAct(
            act=Act.RECEIVE, sku=sku, location=at, quantity=Decimal(quantity), lot=lot, expires_on=expires_on
        )
        (done,) = self.do(change_stock, ChangeStock(acts=(act,)))
        assert not isinstance(done, DomainError), done
        return done  # type: ignore[no-any-return]

    def hold(self, sku: str, quantity: str = "1") -> Reservation:
        line = ReservationLine(sku=sku, quantity=Decimal(quantity))
        held: Reservation = self.do(reserve_stock, ReserveStock(lines=(line,), holder=Holder.CART))
        return held

    def let_run_out(self, *holds: Reservation) -> None:
        """Let their time be over."""
        rows, ids = self.twin.database.store.table(RESERVATIONS), {hold.id for hold in holds}
        for key in [key for key, one in rows.items() if one.id in ids]:
            rows[key] = replace(rows[key], expires_at=NOW)

    def state(self, hold: Reservation) -> ReservationState:
        rows = self.twin.database.store.table(RESERVATIONS)
        return next(one.state for one in rows.values() if one.id == hold.id)

    def told(self, kind: type) -> list[tuple[str, int, Any]]:
        """(stream, version, body) of each event of this kind."""
        return [(one.stream, one.version, one.body) for one in self.twin.events() if isinstance(one.body, kind)]


def carrying(quantity: str = "1", sku: str = "CUP", lot: str | None = None) -> StartTransfer:
    line = TransferRequest(sku=sku, quantity=Decimal(quantity), lot=lot)
    return StartTransfer(source="W1", target="W2", lines=(line,), reason="runs low", reference="T-1")


def test_what_was_done_is_answered_with_the_act_and_its_units() -> None:
    act = StockAct(act=Act.RECEIVE, sku="TEA", location="W1", quantity=Decimal("1.5"), lot="L1", expires_on=SOON)
    (done,) = Shop().do(change_stock, ChangeStock(acts=(act,)))
    assert (done.act, done.units, done.scale) == (act, 1500, 3)


def test_an_allocated_kit_says_what_one_takes_where_from_and_of_which_lots() -> None:
    shop = Shop()
    shop.receive("CUP", "5")
    lot = shop.receive("TEA", "2", "L1", SOON).balance.key.lot
    other = shop.receive("TEA", "2", "L2").balance.key.lot
    told = shop.do(allocate_stock, AllocateStock(name="SET", quantity=Decimal(3), channel="web"))
    cup, tea = shop.items["CUP"].id, shop.items["TEA"].id
    assert (told.sku, told.scale, told.demand, told.promised, told.short) == ("SET", 0, 3, 3, 0)
    assert told.components == (
        Component(item=cup, sku="CUP", quantity=1),
        Component(item=tea, sku="TEA", quantity=500, scale=3),
    )
    assert [(one.item, one.sku, one.scale, one.allocation.quantity, one.lots) for one in told.allocations] == [
        (cup, "CUP", 0, 3, {}),
        (tea, "TEA", 3, 1500, {lot: "L1", other: "L2"}),
    ]
    assert [(part.lot, part.quantity) for part in told.allocations[1].allocation.parts] == [(lot, 1500)]


def shipping_a_plan(shop: Shop) -> None:
    planned = shop.do(start_transfer, replace(carrying("3"), ship_on=NOW + timedelta(days=1)))
    shop.do(ship_transfer, ShipTransfer(id=planned.id))


@pytest.mark.parametrize(
    "taking",
    [
        lambda shop: shop.do(allocate_stock, AllocateStock(name="CUP", quantity=Decimal(3), channel="web")),
        lambda shop: shop.hold("CUP", "3"),
        lambda shop: shop.do(start_transfer, carrying("3")),
        shipping_a_plan,
    ],
    ids=["allocate", "reserve", "start a transfer", "ship a planned one"],
)
def test_whoever_takes_ends_the_holds_that_are_over_on_what_is_taken_and_no_other(
    taking: Callable[[Shop], object],
) -> None:
    shop = Shop()
    for sku in ("CUP", "MUG"):
        shop.receive(sku, "3")
    over, lasting, elsewhere = shop.hold("CUP"), shop.hold("MUG"), shop.hold("MUG")
    shop.let_run_out(over, elsewhere)
    taking(shop)
    assert [shop.state(hold) for hold in (over, lasting, elsewhere)] == [
        ReservationState.EXPIRED,
        ReservationState.HELD,
        ReservationState.HELD,
    ]
    assert shop.twin.violations() == []


def test_a_sweep_ends_as_many_holds_as_it_is_told() -> None:
    shop = Shop()
    shop.receive("CUP", "3")
    holds = [shop.hold("CUP") for _ in range(3)]
    shop.let_run_out(*holds)
    assert [shop.do(expire_reservations, ExpireReservations(limit=2)) for _ in range(3)] == [2, 1, 0]
    assert shop.told(ReservationExpired) == [(one.id, 2, ReservationExpired(reservation_id=one.id)) for one in holds]


def test_whoever_ends_holds_that_are_over_is_told_how_many() -> None:
    shop = Shop()
    shop.receive("CUP", "101")
    cup = [shop.items["CUP"].id]

    def ended() -> int:
        return shop.twin.within(lambda tx: end_expired(cup, a_context(), tx, new_id=shop.twin.new_id))

    assert ended() == 0
    shop.let_run_out(*[shop.hold("CUP") for _ in range(AT_ONCE + 1)])
    assert ended() == AT_ONCE + 1
    assert ended() == 0


def test_what_a_hold_moves_is_entered_because_of_it_from_its_beginning_to_its_end() -> None:
    shop = Shop()
    shop.receive("CUP", "1")
    hold = shop.hold("CUP")
    shop.let_run_out(hold)
    shop.do(expire_reservations, ExpireReservations(limit=1))
    entries = shop.twin.see(MemoryInventoryView(shop.twin.database).entries(TENANT, "CUP", before=None, limit=9))
    assert [(row.movement.kind, row.cause) for row in entries or ()] == [
        (EntryKind.RELEASE, f"reservation:{hold.id}"),
        (EntryKind.RESERVE, f"reservation:{hold.id}"),
        (EntryKind.RECEIVE, None),
    ]


def test_what_may_be_owed_to_an_order_is_never_held() -> None:
    shop = Shop()
    shop.do(create_items, CreateItems(items=(CreateItem(sku="POT", name="pot", backorder_limit=9),)))
    shop.receive("POT", "2")
    with pytest.raises(InsufficientStock, match=r"^POT: 1 of 3 base units are not available$"):
        shop.hold("POT", "3")
    assert shop.hold("POT", "2").parts[0].quantity == 2


def test_a_kit_that_cannot_be_held_names_the_component_that_is_short() -> None:
    shop = Shop()
    shop.receive("CUP", "5")
    shop.receive("TEA", "1", "L1")
    with pytest.raises(InsufficientStock, match=r"^SET: 500 of 1500 base units of TEA are not available$"):
        shop.hold("SET", "3")


def test_where_few_parcels_are_wanted_what_is_kept_for_others_and_past_its_day_covers_nothing() -> None:
    shop = Shop()
    rules = ("fewest_splits", "priority")
    shop.twin.run(set_policy, SetPolicy(policy=AllocationPolicy(rules=rules, kept={"till": {"W1": 4}})))
    for place in ("W1", "W2"):
        shop.receive("CUP", "5", at=place)
    shop.receive("TEA", "5", "OLD", date(2026, 2, 1))
    shop.receive("TEA", "5", "NEW", SOON, at="W2")
    for sku in ("CUP", "TEA"):
        told = shop.do(allocate_stock, AllocateStock(name=sku, quantity=Decimal(3), channel="web"))
        parts = told.allocations[0].allocation.parts
        assert [part.location for part in parts] == [shop.places["W2"].id]


def test_a_lot_that_arrives_is_told_in_a_stream_of_its_own() -> None:
    shop = Shop()
    lot = shop.receive("TEA", "1", "L1", SOON).balance.key.lot
    shop.receive("TEA", "1", "L1")
    begun = LotCreated(lot_id=lot, item_id=shop.items["TEA"].id, code="L1", expires_on=SOON)
    assert shop.told(LotCreated) == [(lot, 1, begun)]


def test_a_lot_that_stands_nowhere_is_blocked_like_any_other() -> None:
    shop = Shop()
    lot = Lot(id=LotId(an_id(71)), item=shop.items["TEA"].id, code="L1")
    shop.twin.within(lambda tx: tx.lots.opened([lot]))
    blocked = shop.twin.run(reclassify_lot, ReclassifyLot(sku="TEA", code="L1", status=LotStatus.HOLD, reason="recall"))
    assert blocked == replace(lot, status=LotStatus.HOLD, version=2)
    assert [(stream, version) for stream, version, _ in shop.told(LotReclassified)] == [(lot.id, 2)]


def test_what_was_expected_arrives_as_the_lot_it_is_said_to_be() -> None:
    shop = Shop()
    command = AnnounceReceipt(sku="TEA", location="W1", quantity=Decimal(2), reference="ASN-1")
    expected = shop.do(announce_receipt, command)
    shop.do(receive_expected, ReceiveExpected(id=expected.id, lot="L1", expires_on=SOON))
    ((_, _, begun),) = shop.told(LotCreated)
    assert (begun.code, begun.expires_on) == ("L1", SOON)


def test_a_transfer_is_planned_whole_and_its_way_is_opened_once() -> None:
    shop = Shop()
    shop.receive("CUP", "5")
    command = replace(carrying("2"), due=NOW + timedelta(days=3))
    transfer = shop.do(start_transfer, command)
    ((way, version, opened),) = shop.told(LocationCreated)[2:]
    assert (opened.location_id, version, opened.code, opened.sellable) == (way, 1, "TRANSIT", False)
    planned = TransferPlanned(
        transfer_id=transfer.id,
        source=shop.places["W1"].id,
        source_code="W1",
        target=shop.places["W2"].id,
        target_code="W2",
        transit=way,  # type: ignore[arg-type]
        lines=(TransferLine(item=shop.items["CUP"].id, lot=NO_LOT, sku="CUP", scale=0, quantity=2),),
        reason="runs low",
        reference="T-1",
        ship_on=None,
        due=NOW + timedelta(days=3),
    )
    assert shop.told(TransferPlanned) == [(transfer.id, 1, planned)]
    assert [(stream, version) for stream, version, _ in shop.told(TransferShipped)] == [(transfer.id, 2)]
    assert (transfer.reference, transfer.due, transfer.version) == ("T-1", NOW + timedelta(days=3), 2)
    shop.do(start_transfer, command)
    assert len(shop.told(LocationCreated)) == 3


def test_a_lot_travels_under_its_code() -> None:
    shop = Shop()
    lot = shop.receive("TEA", "2", "L1").balance.key.lot
    transfer = shop.do(start_transfer, carrying("1.5", "TEA", "L1"))
    assert transfer.lines == (
        TransferLine(item=ItemId(shop.items["TEA"].id), lot=lot, sku="TEA", scale=3, quantity=1500, lot_code="L1"),
    )
