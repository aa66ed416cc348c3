"""Where an order stands is derived from its facts."""

from dataclasses import replace

from core.kernel.ids import ItemId, LocationId
from core.orders.order import AllocatedPart, Order, OrderLine, Phase
from tests.support.given import NOW, an_id, order_facts


def a_line(ordered: int = 5, *, shipped: int = 0, cancelled: int = 0, backordered: int = 0) -> OrderLine:
    part = AllocatedPart(location=LocationId(an_id(101)), quantity=ordered, backordered=backordered)
    return OrderLine(
        number=1,
        item=ItemId(an_id(1)),
        sku="SKU-1",
        scale=0,
        ordered=ordered,
        price=None,
        parts=(part,),
        shipped=shipped,
        cancelled=cancelled,
    )


def phase(*lines: OrderLine) -> Phase:
    return Order(facts=order_facts(*lines), accepted_at=NOW).phase


def test_a_promised_order_is_allocated() -> None:
    assert phase(a_line(), a_line()) is Phase.ALLOCATED


def test_an_order_with_goods_still_to_come_awaits_stock() -> None:
    assert phase(a_line(), a_line(backordered=1)) is Phase.AWAITING_STOCK


def test_the_first_parcel_makes_it_partially_fulfilled_even_with_goods_to_come() -> None:
    assert phase(a_line(shipped=5), a_line(backordered=1)) is Phase.PARTIALLY_FULFILLED
    assert phase(a_line(shipped=1)) is Phase.PARTIALLY_FULFILLED


def test_everything_shipped_that_was_not_cancelled_is_fulfilled() -> None:
    assert phase(a_line(shipped=5), a_line(shipped=3, cancelled=2)) is Phase.FULFILLED
    assert phase(a_line(shipped=5), a_line(cancelled=5)) is Phase.FULFILLED
    assert phase(a_line(shipped=3, cancelled=1)) is Phase.PARTIALLY_FULFILLED


def test_a_decision_against_the_order_stands_before_its_progress() -> None:
    order = Order(facts=order_facts(a_line(shipped=5)))
    assert replace(order, held_at=NOW).phase is Phase.ON_HOLD
    assert replace(order, held_at=NOW, cancelled_at=NOW).phase is Phase.CANCELLED
    assert replace(order, rejected_at=NOW).phase is Phase.REJECTED


def test_a_line_adds_up_its_parts() -> None:
    line = replace(a_line(), parts=(*a_line(backordered=2).parts, *a_line(3).parts))
    assert (line.allocated, line.backordered) == (8, 2)
