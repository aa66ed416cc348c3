"""A transfer moves stock from shelf to shelf by way of neither, and ends once."""

from dataclasses import replace
from decimal import Decimal

import pytest

from core.inventory.balance import Account, BalanceKey, EntryKind
from core.inventory.location import Location, LocationKind
from core.inventory.stock import InsufficientStock, InvalidMovement
from core.inventory.transfer import Transfer, TransferState, begun, decide, evolve, has_ended
from core.inventory.transfer_events import TransferLine, TransferPart, TransferPlanned, TransferReceived
from core.inventory.transferring import (
    CancelTransfer,
    Change,
    CloseTransfer,
    InvalidTransfer,
    MoreThanUnderWay,
    NotInTransfer,
    ReceiveTransfer,
    ShipTransfer,
    StartTransfer,
    TransferEnded,
    TransferOutOfTurn,
    TransferRequest,
)
from core.inventory.transit import (
    added_up,
    asked_lines,
    check_shelf,
    ends_of,
    is_later,
    keys_of,
    movements,
    transit_location,
)
from core.kernel.ids import NO_LOT, ItemId, LocationId, LotId, TransferId
from tests.support.given import NOW, a_location, an_id

ID = TransferId(an_id(1))
A, B = ItemId(an_id(2)), ItemId(an_id(3))
LOT = LotId(an_id(9))
SOURCE, TARGET, WAY = LocationId(an_id(101)), LocationId(an_id(102)), LocationId(an_id(103))
SHIP, RECEIVE = ShipTransfer(id=ID), ReceiveTransfer(id=ID)
CLOSE, CANCEL = CloseTransfer(id=ID, reason="never came"), CancelTransfer(id=ID, reason="turned back")


def a_line(item: ItemId = A, sku: str = "A", quantity: int = 5, scale: int = 0, lot: LotId = NO_LOT) -> TransferLine:
    return TransferLine(item=item, lot=lot, sku=sku, scale=scale, quantity=quantity)


def a_transfer(*lines: TransferLine) -> Transfer:
    return begun(
        TransferPlanned(
            transfer_id=ID,
            source=SOURCE,
            source_code="W101",
            target=TARGET,
            target_code="W102",
            transit=WAY,
            lines=lines or (a_line(), a_line(B, "B", 2)),
            reason="runs low",
            reference="T-1",
            ship_on=None,
            due=None,
        )
    )


def after(*commands: Change, transfer: Transfer | None = None) -> Transfer:
    transfer = transfer or a_transfer()
    for command in commands:
        transfer = evolve(transfer, decide(transfer, command))
    return transfer


def arriving(**quantities: int | str) -> ReceiveTransfer:
    lines = tuple(TransferRequest(sku=sku, quantity=Decimal(quantity)) for sku, quantity in quantities.items())
    return ReceiveTransfer(id=ID, lines=lines)


def counts(transfer: Transfer) -> list[tuple[int, int, int]]:
    return [(line.received, line.lost, line.left) for line in transfer.lines]


def starting(*lines: TransferRequest, source: str = "W101", target: str = "W102") -> StartTransfer:
    return StartTransfer(source=source, target=target, lines=lines, reason="r")


def test_a_transfer_begins_as_it_was_planned() -> None:
    planned = a_transfer()
    assert (planned.state, planned.version, planned.lines) == (TransferState.PLANNED, 1, (a_line(), a_line(B, "B", 2)))
    assert (planned.source, planned.source_code) == (SOURCE, "W101")
    assert (planned.target, planned.target_code) == (TARGET, "W102")
    assert (planned.transit, planned.reason, planned.reference) == (WAY, "runs low", "T-1")


def test_all_that_is_under_way_arrives_at_once() -> None:
    received = after(SHIP, RECEIVE)
    assert (received.state, received.version) == (TransferState.RECEIVED, 3)
    assert counts(received) == [(5, 0, 0), (2, 0, 0)]


def test_it_arrives_as_often_as_something_comes() -> None:
    some = after(SHIP, arriving(A=3))
    assert (some.state, counts(some)) == (TransferState.IN_TRANSIT, [(3, 0, 2), (0, 0, 2)])
    more = after(arriving(B=2), transfer=some)
    assert (more.state, counts(more)) == (TransferState.IN_TRANSIT, [(3, 0, 2), (2, 0, 0)])
    event = decide(more, arriving(A=2))
    assert isinstance(event, TransferReceived)
    assert event.complete
    assert after(RECEIVE, transfer=more).state is TransferState.RECEIVED


def test_two_lines_of_one_arrival_add_up_and_the_one_that_is_too_much_is_named() -> None:
    shipped = after(SHIP)
    twice = ReceiveTransfer(
        id=ID,
        lines=(TransferRequest(sku="A", quantity=Decimal(3)), TransferRequest(sku="A", quantity=Decimal(2))),
    )
    assert counts(after(twice, transfer=shipped)) == [(5, 0, 0), (0, 0, 2)]
    too_much = replace(twice, lines=(*(twice.lines or ()), TransferRequest(sku="A", quantity=Decimal(1))))
    with pytest.raises(MoreThanUnderWay, match="A: 1 base units more") as refused:
        decide(shipped, too_much)
    assert refused.value.path == "$.items[2].quantity"


@pytest.mark.parametrize(
    ("quantities", "error", "path"),
    [
        ({"A": 6}, MoreThanUnderWay, "$.items[0].quantity"),
        ({"A": 1, "C": 1}, NotInTransfer, "$.items[1].sku"),
        ({"A": 1, "B": 0}, InvalidMovement, "$.items[1].quantity"),
        ({"A": -1}, InvalidMovement, "$.items[0].quantity"),
        ({}, InvalidTransfer, "$.items"),
    ],
)
def test_what_cannot_arrive_is_refused_by_line(quantities: dict[str, int], error: type[Exception], path: str) -> None:
    with pytest.raises(error) as refused:
        decide(after(SHIP), arriving(**quantities))
    assert getattr(refused.value, "path", None) == path


def test_what_is_not_carried_is_named_with_its_lot() -> None:
    shipped = after(SHIP)
    for lot, words in ((None, "does not carry 'C'$"), ("L9", "does not carry 'C' of lot 'L9'$")):
        line = TransferRequest(sku="C", quantity=Decimal(1), lot=lot)
        with pytest.raises(NotInTransfer, match=words):
            decide(shipped, ReceiveTransfer(id=ID, lines=(line,)))


def test_lots_of_one_item_arrive_in_the_order_they_left() -> None:
    transfer = after(SHIP, transfer=a_transfer(a_line(quantity=2), a_line(quantity=4, lot=LOT)))
    event = decide(transfer, arriving(A=3))
    assert [(part.lot, part.quantity) for part in event.parts] == [(NO_LOT, 2), (LOT, 1)]
    assert counts(evolve(transfer, event)) == [(2, 0, 0), (1, 0, 3)]


def test_quantities_are_read_with_the_items_decimals() -> None:
    transfer = after(SHIP, transfer=a_transfer(a_line(quantity=1500, scale=3)))
    assert counts(after(arriving(A="0.25"), transfer=transfer)) == [(250, 0, 1250)]


def test_what_never_came_is_lost_when_it_is_closed() -> None:
    closed = after(SHIP, arriving(A=3), CLOSE)
    assert (closed.state, counts(closed)) == (TransferState.CLOSED_SHORT, [(3, 2, 0), (0, 2, 0)])


def test_a_cancellation_gives_back_what_was_not_received_and_of_a_plan_nothing() -> None:
    shipped = after(SHIP, arriving(A=3))
    event = decide(shipped, CANCEL)
    assert [(part.sku, part.quantity) for part in event.parts] == [("A", 2), ("B", 2)]
    assert evolve(shipped, event).state is TransferState.CANCELLED
    assert decide(a_transfer(), CANCEL).parts == ()
    assert after(CANCEL).state is TransferState.CANCELLED


@pytest.mark.parametrize("ends", [(SHIP, RECEIVE), (SHIP, CLOSE), (SHIP, CANCEL), (CANCEL,)])
@pytest.mark.parametrize("again", [SHIP, RECEIVE, CLOSE, CANCEL])
def test_an_end_is_an_end(ends: tuple[Change, ...], again: Change) -> None:
    ended = after(*ends)
    assert has_ended(ended.state)
    with pytest.raises(TransferEnded, match=ended.state):
        decide(ended, again)


@pytest.mark.parametrize(("before", "command"), [((), RECEIVE), ((), CLOSE), ((SHIP,), SHIP)])
def test_what_is_not_shipped_cannot_arrive_and_is_shipped_once(before: tuple[Change, ...], command: Change) -> None:
    with pytest.raises(TransferOutOfTurn):
        decide(after(*before), command)


def test_every_event_moves_its_parts_through_the_clearing_account() -> None:
    transfer = a_transfer(a_line())
    moves = []
    for command in (SHIP, arriving(A=1), CLOSE):
        event = decide(transfer, command)
        moves.append([(m.key.location, m.kind, m.source, m.target, m.quantity) for m in movements(transfer, event)])
        transfer = evolve(transfer, event)
    ship, receive, through, way = (
        EntryKind.TRANSFER_SHIP,
        EntryKind.TRANSFER_RECEIVE,
        Account.TRANSFER,
        Account.IN_TRANSIT,
    )
    assert moves == [
        [(SOURCE, ship, Account.AVAILABLE, through, 5), (WAY, ship, through, way, 5)],
        [(WAY, receive, way, through, 1), (TARGET, receive, through, Account.AVAILABLE, 1)],
        [(WAY, EntryKind.ADJUST, way, Account.ADJUSTMENT, 4)],
    ]


def test_what_is_called_off_goes_back_to_its_source_with_the_reason() -> None:
    shipped = after(SHIP, arriving(A=5))
    back = movements(shipped, decide(shipped, CANCEL))
    assert [(m.key.location, m.key.item, m.quantity, m.reason) for m in back] == [
        (WAY, B, 2, "turned back"),
        (SOURCE, B, 2, "turned back"),
    ]
    assert {m.reason for m in movements(a_transfer(), decide(a_transfer(), SHIP))} == {"runs low"}
    lost = movements(shipped, decide(shipped, CLOSE))
    assert [(m.quantity, m.reason) for m in lost] == [(2, "never came")]
    arrived = movements(shipped, decide(shipped, RECEIVE))
    assert [(m.quantity, m.reason) for m in arrived] == [(2, "runs low"), (2, "runs low")]


def test_a_transfer_keeps_the_lot() -> None:
    transfer = a_transfer(a_line(lot=LOT))
    assert {m.key.lot for m in movements(transfer, decide(transfer, SHIP))} == {LOT}
    assert keys_of(transfer) == {BalanceKey(item=A, location=place, lot=LOT) for place in (SOURCE, WAY, TARGET)}


def test_only_what_is_available_leaves_and_the_line_that_is_short_is_named() -> None:
    key = BalanceKey(item=A, location=SOURCE)
    check_shelf(SOURCE, [a_line(quantity=3), a_line(quantity=2)], {key: 5})
    with pytest.raises(InsufficientStock, match="A: 1 of 3 base units") as refused:
        check_shelf(SOURCE, [a_line(quantity=3), a_line(quantity=3)], {key: 5})
    assert refused.value.path == "$.items[1].quantity"
    with pytest.raises(InsufficientStock, match="A: 2 of 2"):
        check_shelf(SOURCE, [a_line(quantity=2)], {key: -4})


def test_lines_of_one_item_are_one_line() -> None:
    lines = added_up([a_line(quantity=3), a_line(B, "B", 1), a_line(quantity=2)])
    assert [(line.sku, line.quantity) for line in lines] == [("A", 5), ("B", 1)]


def test_it_goes_from_one_shelf_to_another() -> None:
    way = replace(a_location(103), kind=LocationKind.IN_TRANSIT)
    places: dict[str, Location] = {"W101": a_location(101), "W102": a_location(102), "W103": way}
    assert [place.code for place in ends_of(starting(), places)] == ["W101", "W102"]
    for source, target, path in (
        ("W101", "W101", "$.to"),
        ("W103", "W102", "$.from"),
        ("W101", "W103", "$.to"),
    ):
        with pytest.raises(InvalidTransfer) as refused:
            ends_of(starting(source=source, target=target), places)
        assert refused.value.path == path


def test_a_transfer_of_nothing_is_refused() -> None:
    with pytest.raises(InvalidTransfer) as refused:
        asked_lines(starting(), {}, {})
    assert refused.value.path == "$.items"


def test_it_is_only_planned_when_its_day_is_to_come() -> None:
    assert not is_later(starting(), NOW)
    assert not is_later(replace(starting(), ship_on=NOW), NOW)
    assert is_later(replace(starting(), ship_on=NOW.replace(hour=13)), NOW)


def test_the_way_has_a_location_of_its_own_that_sells_nothing() -> None:
    assert [transit_location(number).code for number in (1, 2, 3)] == ["TRANSIT", "TRANSIT-2", "TRANSIT-3"]
    assert transit_location(1).kind is LocationKind.IN_TRANSIT
    assert not transit_location(1).sellable


def test_parts_are_of_lines() -> None:
    part = TransferPart(item=A, lot=NO_LOT, sku="A", scale=0, quantity=5)
    assert decide(a_transfer(a_line()), SHIP).parts == (part,)
