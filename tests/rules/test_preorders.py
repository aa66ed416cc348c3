"""Before its day an item is sold and not sent; after it, it is an item like any other."""

from datetime import date, timedelta

import pytest

from core.inventory.promise import Flow, Shelf
from core.inventory.promise import expected_on as next_goods
from core.kernel.goods import Component
from core.kernel.ids import ItemId, LocationId
from core.orders.changes import FulfilmentShipped
from core.orders.changing import AcceptFulfilment, ShipFulfilment
from core.orders.order import AllocatedPart, OrderLine
from core.orders.releasing import Days, NotReleased, check_released, expected_on
from tests.support.given import NOW, an_id
from tests.support.orders import a_dossier, a_part, after, an_order_line, events, first, some

TODAY, DAY = NOW.date(), timedelta(days=1)
ITEM, OTHER = ItemId(an_id(1)), ItemId(an_id(2))


@pytest.mark.parametrize(
    ("backordered", "days", "told"),
    [
        (2, {ITEM: TODAY + DAY}, TODAY + DAY),
        (2, {ITEM: TODAY}, None),
        (2, {}, None),
        (2, {OTHER: TODAY + DAY}, None),
        (0, {ITEM: TODAY + DAY}, None),
    ],
)
def test_a_line_that_waits_is_expected_on_the_day(backordered: int, days: Days, told: date | None) -> None:
    assert expected_on(an_order_line(a_part(3, backordered=backordered)), days, TODAY) == told


def test_a_kit_is_expected_with_the_last_of_what_it_waits_for() -> None:
    made_of = tuple(Component(item=ItemId(an_id(n)), sku=f"SKU-{n}", scale=0, quantity=1) for n in (1, 2, 3))
    parts = tuple(
        AllocatedPart(location=LocationId(an_id(101)), quantity=1, backordered=owed, item=ItemId(an_id(n)))
        for n, owed in ((1, 1), (2, 1), (3, 0))
    )
    kit = OrderLine(
        number=1, item=ItemId(an_id(9)), sku="KIT", scale=0, ordered=1, price=None, parts=parts, components=made_of
    )
    days = {ItemId(an_id(n)): TODAY + n * DAY for n in (1, 2, 3)}
    assert expected_on(kit, days, TODAY) == TODAY + 2 * DAY


def shipped() -> FulfilmentShipped:
    """Two of the first line are to leave, the second line stays."""
    dossier = a_dossier(an_order_line(a_part(5)), an_order_line(a_part(5), number=2))
    accepted = after(dossier, AcceptFulfilment(fulfilment=first(dossier)))
    (event,) = events(accepted, ShipFulfilment(fulfilment=first(dossier), lines=some(2)))
    assert isinstance(event, FulfilmentShipped)
    return event


@pytest.mark.parametrize(
    "days", [{}, {ITEM: TODAY}, {ITEM: TODAY - DAY}, {OTHER: TODAY + DAY}], ids=["none", "today", "past", "other's"]
)
def test_what_has_no_day_to_wait_for_is_sent(days: Days) -> None:
    check_released(a_dossier(an_order_line(a_part(5))).order, shipped(), days, TODAY)


def test_what_has_is_not_and_the_refusal_names_item_and_day() -> None:
    with pytest.raises(NotReleased, match="'SKU-1' is not sent before 2026-03-02"):
        check_released(a_dossier(an_order_line(a_part(5))).order, shipped(), {ITEM: TODAY + DAY}, TODAY)


def coming(days: int, change: int = 5) -> Shelf:
    return Shelf(available=0, flows=(Flow(at=NOW + days * DAY, change=change, cause="c"),))


@pytest.mark.parametrize(
    ("shelves", "day", "told"),
    [
        ([], None, None),
        ([], TODAY + 9 * DAY, TODAY + 9 * DAY),
        ([], TODAY, None),
        ([coming(3)], None, TODAY + 3 * DAY),
        ([coming(3)], TODAY + 9 * DAY, TODAY + 3 * DAY),
        ([coming(12)], TODAY + 9 * DAY, TODAY + 9 * DAY),
        ([coming(7), coming(3)], None, TODAY + 3 * DAY),
        ([coming(-1)], None, None),
        ([coming(3, 1)], None, TODAY + 3 * DAY),
        ([coming(3, -5)], None, None),
    ],
)
def test_the_next_goods_are_what_comes_or_the_day(shelves: list[Shelf], day: date | None, told: date | None) -> None:
    assert next_goods(shelves, day, NOW) == told
