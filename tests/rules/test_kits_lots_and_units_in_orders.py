"""Order lines of kits, of what is kept by lot, and in units: what is promised, what it costs, what is said of it."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest

from adapters.toolkit.codec import decode, encode
from core.acceptance.decision import decide_batch
from core.acceptance.events import OrderAccepted
from core.acceptance.facts import Facts, LotOnShelf, Outcome, Working
from core.catalogue.item import Item
from core.intake.submission import OrderRequest, RequestedLine, as_before_units
from core.inventory.lot import Lot, LotStatus
from core.kernel.goods import Component, Tracking, Unit
from core.kernel.ids import LotId
from core.kernel.money import Money, extended
from core.orders.order import OrderLine
from tests.support.given import (
    NOW,
    a_balance,
    a_line,
    a_location,
    accepted,
    an_id,
    an_item,
    facts,
    reason_codes,
    rejected,
    requested,
)

EAST, WEST = a_location(101, "EAST", priority=1), a_location(102, "WEST", priority=2)
CUP = an_item(1, sku="CUP", units=(Unit(name="box", size=6),), price=Money(minor=300, currency="GBP"))
TEA = replace(an_item(2, sku="TEA"), tracking=Tracking.LOT)
ROPE = replace(an_item(3, sku="ROPE", scale=3, units=(Unit(name="roll", size=50_000),)), uom="m")
SET = replace(
    an_item(4, sku="SET", price=Money(minor=2000, currency="GBP")),
    components=(
        Component(item=CUP.id, sku="CUP", quantity=2),
        Component(item=TEA.id, sku="TEA", quantity=1),
    ),
)
DAY = NOW.date()


def a_lot(number: int, days: int | None, status: LotStatus = LotStatus.AVAILABLE) -> Lot:
    day = None if days is None else DAY + timedelta(days=days)
    return Lot(id=LotId(an_id(900 + number)), item=TEA.id, code=f"L{number}", expires_on=day, status=status)


def world(*lots: tuple[Lot, int], cups: int = 10, today: date = DAY, owed: int = 0) -> Facts:
    """Cups and tea in the east, the same cups again in the west."""
    items: tuple[Item, ...] = (replace(CUP, backorder_limit=owed), TEA, ROPE, SET)
    balances = (
        a_balance(1, 101, available=cups),
        a_balance(1, 102, available=cups),
        a_balance(3, 101, available=10**6),
    )
    known = facts(items=items, locations=(EAST, WEST), balances=balances)
    stands = [LotOnShelf(lot=lot, location=EAST.id, available=units) for lot, units in lots]
    return replace(known, lots={TEA.id: stands}, today=today)


def line(sku: str, quantity: str | int, unit: str | None = None, price: int | None = None) -> RequestedLine:
    money = None if price is None else Money(minor=price, currency="GBP")
    return RequestedLine(sku=sku, quantity=Decimal(quantity), unit=unit, unit_price=money)


def decide(known: Facts, *lines: RequestedLine) -> Outcome:
    (outcome,) = decide_batch([requested(*lines, reviewed=True)], Working(known), NOW)
    return outcome


def lines_of(outcome: Outcome) -> tuple[OrderLine, ...]:
    return accepted(outcome).facts.lines


def test_lots_are_taken_first_expired_first() -> None:
    outcome = decide(world((a_lot(1, None), 5), (a_lot(2, 9), 5), (a_lot(3, 2), 3)), a_line("TEA", 10))
    (tea,) = lines_of(outcome)
    assert [(part.lot, part.quantity) for part in tea.parts] == [(an_id(903), 3), (an_id(902), 5), (an_id(901), 2)]
    assert [movement.key.lot for movement in outcome.movements] == [an_id(903), an_id(902), an_id(901)]


@pytest.mark.parametrize(
    "lot", [a_lot(1, -1), *(a_lot(1, 9, status) for status in LotStatus if status is not LotStatus.AVAILABLE)]
)
def test_expired_lot_reserved_it_is_not_nor_a_blocked_one(lot: Lot) -> None:
    outcome = decide(world((lot, 50), (a_lot(2, 9), 1)), a_line("TEA", 2))
    assert rejected(outcome).reasons[0].detail == "TEA: 1 of 2 base units are not available"
    (explained,) = rejected(outcome).explanation.allocation
    assert [tried.available for tried in explained.allocation.tried] == [1]


def test_a_lot_is_promised_on_its_day_and_not_after() -> None:
    lot = a_lot(1, 0)
    assert reason_codes(decide(world((lot, 1)), a_line("TEA", 1))) == []
    assert reason_codes(decide(world((lot, 1), today=DAY + timedelta(days=1)), a_line("TEA", 1))) == [
        "insufficient_stock"
    ]


def test_two_lines_of_one_item_in_one_batch_see_what_the_other_took_lot_by_lot() -> None:
    known = world((a_lot(1, 1), 3), (a_lot(2, 2), 3))
    one, two = lines_of(decide(known, a_line("TEA", 2), a_line("TEA", 3)))
    assert [(part.lot, part.quantity) for part in one.parts] == [(an_id(901), 2)]
    assert [(part.lot, part.quantity) for part in two.parts] == [(an_id(901), 1), (an_id(902), 2)]
    orders = [requested(a_line("TEA", 4), number=number, reviewed=True) for number in (201, 202)]
    first, second = decide_batch(orders, Working(known), NOW)
    assert (reason_codes(first), reason_codes(second)) == ([], ["insufficient_stock"])


def test_a_kit_is_promised_by_its_components_and_costs_what_the_kit_costs() -> None:
    outcome = decide(world((a_lot(1, 1), 2), (a_lot(2, 2), 9)), a_line("SET", 3))
    (kit,) = lines_of(outcome)
    assert (kit.item, kit.ordered, kit.allocated, kit.backordered) == (SET.id, 3, 3, 0)
    assert [(part.item, part.quantity, part.lot) for part in kit.parts] == [
        (CUP.id, 6, None),
        (TEA.id, 2, an_id(901)),
        (TEA.id, 1, an_id(902)),
    ]
    assert accepted(outcome).facts.total == 6000
    assert [one.component for one in accepted(outcome).explanation.allocation] == ["CUP", "TEA"]


def test_a_kit_that_lacks_one_component_takes_none_of_the_others() -> None:
    outcome = decide(world((a_lot(1, 1), 2)), a_line("SET", 3), a_line("CUP", 1))
    assert [(reason.detail, reason.path) for reason in rejected(outcome).reasons] == [
        ("SET: 1 of 3 base units of TEA are not available", "$.items[0].quantity")
    ]
    assert outcome.movements == ()


def test_lines_that_want_the_same_component_see_what_those_before_took() -> None:
    known = world((a_lot(1, 1), 9), cups=4)
    assert reason_codes(decide(known, a_line("CUP", 4), a_line("SET", 2))) == []
    assert reason_codes(decide(known, a_line("CUP", 4), a_line("SET", 2), a_line("CUP", 1))) == ["insufficient_stock"]
    assert reason_codes(decide(known, a_line("SET", 3), a_line("SET", 2))) == ["insufficient_stock"]


def test_a_kit_is_owed_where_its_component_may_be() -> None:
    (kit,) = lines_of(decide(world((a_lot(1, 1), 9), cups=1, owed=3), a_line("SET", 2)))
    assert (kit.allocated, kit.backordered) == (2, 1)


def test_more_kits_than_any_quantity_of_a_component_are_refused() -> None:
    assert reason_codes(decide(world(), a_line("SET", 10**15))) == ["invalid_quantity"]


def test_a_line_in_a_unit_is_promised_in_base_units() -> None:
    (cups,) = lines_of(decide(world(), line("CUP", "1.5", "box")))
    assert (cups.ordered, cups.unit, cups.per, cups.price) == (9, "box", None, 300)
    (rope,) = lines_of(decide(world(), line("ROPE", "0.5", "roll")))
    assert (rope.ordered, rope.unit) == (25_000, "roll")


def test_the_catalogues_price_is_for_one_of_its_own_unit_and_a_lines_for_one_of_the_lines() -> None:
    assert accepted(decide(world(), line("CUP", 2, "box"))).facts.total == 12 * 300
    outcome = decide(world(), line("CUP", 2, "box", price=1700))
    assert (accepted(outcome).facts.total, lines_of(outcome)[0].per) == (3400, 6)
    uneven = decide(world(), line("CUP", "0.5", "box", price=333))
    assert accepted(uneven).facts.total == 166
    own = decide(world(), line("CUP", 2, "each", price=200))
    assert (accepted(own).facts.total, lines_of(own)[0].unit, lines_of(own)[0].per) == (400, None, None)


@pytest.mark.parametrize(
    ("wanted", "code", "path"),
    [
        (line("CUP", 1, "barrel"), "unknown_unit", "$.items[0].unit"),
        (line("CUP", "0.1", "box"), "invalid_quantity", "$.items[0].quantity"),
        (line("CUP", 0, "box"), "invalid_quantity", "$.items[0].quantity"),
        (line("CUP", 1, "barrel", price=5), "unknown_unit", "$.items[0].unit"),
    ],
)
def test_a_unit_that_does_not_fit_rejects_the_order_by_name(wanted: RequestedLine, code: str, path: str) -> None:
    assert [(reason.code, reason.path) for reason in rejected(decide(world(), wanted)).reasons] == [(code, path)]


def test_a_price_for_a_unit_is_rounded_half_to_even() -> None:
    assert [extended(1, units, 2) for units in (1, 2, 3, 5)] == [0, 1, 2, 2]
    assert extended(7, 3, 10) == 2


def test_a_request_without_units_is_the_very_bytes_it_was_before_there_were_any() -> None:
    request = OrderRequest(items=(line("CUP", 1),), text='a note: ,"unit":null and "unit":null')
    body = encode(request)
    assert b'"unit":null' in body
    kept = as_before_units(body)
    assert decode(OrderRequest, kept) == request
    assert b'"items":[{"quantity":"1","sku":"CUP","product_id":null,"unit_price":null}]' in kept
    said = encode(OrderRequest(items=(line("CUP", 1, "box"),)))
    assert as_before_units(said) == said


def test_what_a_kits_line_says_survives_being_written_down() -> None:
    event = accepted(decide(world((a_lot(1, 1), 9)), a_line("SET", 2), line("CUP", 1, "box")))
    assert decode(OrderAccepted, encode(event)) == event
