"""What is refused says which part of the command is wrong, so that whoever asked can point at it."""

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal

import pytest

from core.catalogue.item import CreateItem, CreateItems, WantedComponent
from core.catalogue.use_cases.create_items import create_items
from core.inventory.acts import Act, AllocateStock, ChangeStock, KitHoldsNoStock, StockAct, UnknownLocation, UnknownSku
from core.inventory.allotment import (
    AllotmentTaken,
    AllottedPart,
    AllotToChannel,
    InvalidAllotment,
    allot,
    begun,
    repeated,
)
from core.inventory.expected import units_of
from core.inventory.expecting import AnnounceReceipt, InvalidExpectation
from core.inventory.holding import Holder, ReservationLine, ReserveStock
from core.inventory.location import CreateLocation, LocationKind
from core.inventory.lot import InvalidLot, Lot, LotStatus, ReclassifyLot, SerialInStock, UnknownLot, reclassify
from core.inventory.ranking import AllocationPolicy, UnknownRule, check_policy
from core.inventory.reservation import InvalidReservation, ReservationTaken
from core.inventory.reservation import begun as held
from core.inventory.reservation import repeated as held_again
from core.inventory.reservation import reserve as hold
from core.inventory.stock import InsufficientStock, InvalidMovement
from core.inventory.transferring import InvalidTransfer, StartTransfer, TransferRequest
from core.inventory.use_cases.allocate_stock import allocate_stock
from core.inventory.use_cases.announce_receipt import announce_receipt
from core.inventory.use_cases.change_stock import change_stock
from core.inventory.use_cases.create_location import create_location
from core.inventory.use_cases.reserve_stock import reserve_stock
from core.inventory.use_cases.start_transfer import start_transfer
from core.kernel.errors import DomainError
from core.kernel.goods import Tracking, UnknownUnit
from core.kernel.ids import AllotmentId, ItemId, LotId, ReservationId
from core.kernel.quantity import InvalidQuantity
from tests.support.given import NOW, a_key, an_id
from tests.support.twin import Twin

ALLOTMENT = AllotToChannel(
    id=AllotmentId(an_id(1)), channel="web", parts=(AllottedPart(key=a_key(), quantity=1),), cause="c"
)
HOLD = ReserveStock(lines=(), holder=Holder.CART, reference="cart-1", seconds=60)
LOT = Lot(id=LotId(an_id(3)), item=ItemId(an_id(4)), code="L")


@pytest.mark.parametrize(
    ("refuses", "error", "path"),
    [
        (lambda: allot(replace(ALLOTMENT, id=AllotmentId("x"))), InvalidAllotment, "$.id"),
        (lambda: allot(replace(ALLOTMENT, channel="")), InvalidAllotment, "$.parts"),
        (lambda: allot(replace(ALLOTMENT, parts=())), InvalidAllotment, "$.parts"),
        (
            lambda: allot(replace(ALLOTMENT, parts=(AllottedPart(key=a_key(), quantity=0),))),
            InvalidAllotment,
            "$.parts",
        ),
        (lambda: repeated(begun(allot(ALLOTMENT)), replace(ALLOTMENT, cause="d")), AllotmentTaken, "$.id"),
        (lambda: units_of(Decimal(0), 0), InvalidMovement, "$.quantity"),
        (lambda: units_of(Decimal("0.5"), 0), InvalidQuantity, "$.quantity"),
        (
            lambda: reclassify(LOT, ReclassifyLot(sku="A", code="L", status=LotStatus.HOLD, reason="")),
            InvalidLot,
            "$.reason",
        ),
        (lambda: check_policy(AllocationPolicy(rules=())), UnknownRule, "$.rules"),
        (lambda: check_policy(AllocationPolicy(rules=("priority", "luck"))), UnknownRule, "$.rules[1]"),
        (
            lambda: held_again(held(hold(HOLD, ReservationId(an_id(2)), (), NOW)), replace(HOLD, seconds=61), {}),
            ReservationTaken,
            "$.id",
        ),
    ],
)
def test_a_rule_names_what_it_refuses(refuses: Callable[[], object], error: type[DomainError], path: str) -> None:
    with pytest.raises(error) as refused:
        refuses()
    assert refused.value.path == path


def a_warehouse() -> Twin:
    """Cups, tea by lot, watches by serial, a set of cups; a shelf W1, and the way."""
    twin = Twin()
    parts = (WantedComponent(sku="CUP", quantity=Decimal(2)),)
    new = (
        CreateItem(sku="CUP", name="cup"),
        CreateItem(sku="TEA", name="tea", tracking=Tracking.LOT),
        CreateItem(sku="WATCH", name="watch", tracking=Tracking.SERIAL),
    )
    twin.run(create_items, CreateItems(items=new), new_id=twin.new_id)
    twin.run(
        create_items, CreateItems(items=(CreateItem(sku="SET", name="set", components=parts),)), new_id=twin.new_id
    )
    for code, kind in (
        ("W1", LocationKind.WAREHOUSE),
        ("W2", LocationKind.WAREHOUSE),
        ("WAY", LocationKind.IN_TRANSIT),
    ):
        twin.run(create_location, CreateLocation(code=code, kind=kind), new_id=twin.new_id)
    return twin


def arriving(sku: str = "CUP", quantity: str = "1", location: str = "W1", lot: str | None = None) -> StockAct:
    return StockAct(act=Act.RECEIVE, sku=sku, location=location, quantity=Decimal(quantity), lot=lot)


@pytest.mark.parametrize(
    ("act", "error", "path"),
    [
        (arriving("NONE"), UnknownSku, "$.sku"),
        (arriving("SET"), KitHoldsNoStock, "$.sku"),
        (arriving(location="NONE"), UnknownLocation, "$.location"),
        (arriving("TEA"), InvalidLot, "$.lot"),
        (replace(arriving("TEA", lot="NONE"), act=Act.ADJUST, reason="r"), UnknownLot, "$.lot"),
        (arriving("WATCH", "2", lot="S1"), SerialInStock, "$.lot"),
        (arriving(quantity="0"), InvalidMovement, "$.quantity"),
        (arriving(quantity="0.5"), InvalidQuantity, "$.quantity"),
        (replace(arriving(), unit="barrel"), UnknownUnit, "$.unit"),
        (replace(arriving(), act=Act.COUNT), InvalidMovement, "$.reason"),
        (replace(arriving(), act=Act.MOVE, reason="r"), InvalidMovement, "$.from_bucket"),
        (replace(arriving(), expires_on=NOW.date()), InvalidLot, "$.expires_on"),
    ],
)
def test_an_act_on_stock_names_what_is_refused(act: StockAct, error: type[DomainError], path: str) -> None:
    twin = a_warehouse()
    (refused,) = twin.run(change_stock, ChangeStock(acts=(act,)), new_id=twin.new_id)
    assert (type(refused), refused.path) == (error, path)


def allocating(name: str = "CUP", quantity: str = "1") -> AllocateStock:
    return AllocateStock(name=name, quantity=Decimal(quantity), channel="web")


def announcing(sku: str = "CUP", location: str = "W1", quantity: str = "1") -> AnnounceReceipt:
    return AnnounceReceipt(sku=sku, location=location, quantity=Decimal(quantity))


def holding(*lines: tuple[str, str], unit: str | None = None, chosen: str | None = None) -> ReserveStock:
    return ReserveStock(
        lines=tuple(ReservationLine(sku=sku, quantity=Decimal(quantity), unit=unit) for sku, quantity in lines),
        holder=Holder.CART,
        id=ReservationId(chosen) if chosen else None,
    )


def carrying(*lines: tuple[str, str], source: str = "W1", target: str = "W2", lot: str | None = None) -> StartTransfer:
    asked = tuple(TransferRequest(sku=sku, quantity=Decimal(quantity), lot=lot) for sku, quantity in lines)
    return StartTransfer(source=source, target=target, lines=asked, reason="r")


@pytest.mark.parametrize(
    ("use_case", "command", "error", "path"),
    [
        (allocate_stock, allocating("NONE"), UnknownSku, "$.sku"),
        (allocate_stock, allocating(quantity="0"), InvalidMovement, "$.quantity"),
        (allocate_stock, allocating(quantity="0.5"), InvalidQuantity, "$.quantity"),
        (announce_receipt, announcing("NONE"), UnknownSku, "$.sku"),
        (announce_receipt, announcing("SET"), KitHoldsNoStock, "$.sku"),
        (announce_receipt, announcing(location="NONE"), UnknownLocation, "$.location"),
        (announce_receipt, announcing(location="WAY"), InvalidExpectation, "$.location"),
        (announce_receipt, announcing(quantity="0"), InvalidMovement, "$.quantity"),
        (reserve_stock, holding(), InvalidReservation, "$.items"),
        (reserve_stock, holding(("CUP", "1"), chosen="x"), InvalidReservation, "$.id"),
        (reserve_stock, holding(("CUP", "1"), ("NONE", "1")), UnknownSku, "$.items[1].sku"),
        (reserve_stock, holding(("CUP", "1"), unit="barrel"), UnknownUnit, "$.items[0].unit"),
        (reserve_stock, holding(("CUP", "1"), ("CUP", "0")), InvalidMovement, "$.items[1].quantity"),
        (reserve_stock, holding(("CUP", "0.5")), InvalidQuantity, "$.items[0].quantity"),
        (reserve_stock, holding(("CUP", "1")), InsufficientStock, "$.items[0].quantity"),
        (start_transfer, carrying(), InvalidTransfer, "$.items"),
        (start_transfer, carrying(("CUP", "1"), source="NONE"), UnknownLocation, "$.from"),
        (start_transfer, carrying(("CUP", "1"), target="NONE"), UnknownLocation, "$.to"),
        (start_transfer, carrying(("CUP", "1"), ("NONE", "1")), UnknownSku, "$.items[1].sku"),
        (start_transfer, carrying(("NONE", "1"), lot="L"), UnknownSku, "$.items[0].sku"),
        (start_transfer, carrying(("SET", "1")), KitHoldsNoStock, "$.items[0].sku"),
        (start_transfer, carrying(("TEA", "1")), InvalidLot, "$.items[0].lot"),
        (start_transfer, carrying(("CUP", "1"), lot="L"), InvalidLot, "$.items[0].lot"),
        (start_transfer, carrying(("TEA", "1"), lot="L"), UnknownLot, "$.items[0].lot"),
        (start_transfer, carrying(("CUP", "0")), InvalidMovement, "$.items[0].quantity"),
        (start_transfer, carrying(("CUP", "0.5")), InvalidQuantity, "$.items[0].quantity"),
        (start_transfer, carrying(("CUP", "1")), InsufficientStock, "$.items[0].quantity"),
    ],
)
def test_a_use_case_names_what_it_refuses_and_leaves_nothing_behind(
    use_case: Callable[..., object], command: object, error: type[DomainError], path: str
) -> None:
    twin = a_warehouse()
    before = len(twin.events())
    with pytest.raises(error) as refused:
        twin.run(use_case, command, new_id=twin.new_id)  # type: ignore[arg-type]
    assert refused.value.path == path
    assert len(twin.events()) == before
