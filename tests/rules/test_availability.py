"""What can be promised now of an item, and of a kit by what its components make."""

from collections.abc import Sequence

from core.inventory.availability import Availability, Stock, available_of
from core.kernel.goods import Component
from core.kernel.ids import ItemId
from tests.support.given import an_id

KIT, TEA, CUP = (ItemId(an_id(number)) for number in (1, 2, 3))
SET = (Component(item=TEA, sku="TEA", quantity=1), Component(item=CUP, sku="CUP", quantity=2))


def found(components: Sequence[Component] = (), **stocks: Stock) -> Availability:
    by_name = {"tea": TEA, "cup": CUP, "own": KIT}
    return available_of("X", 0, KIT, components, {by_name[name]: stock for name, stock in stocks.items()})


def test_an_item_is_available_where_it_stands_and_what_may_be_owed_is_told_apart() -> None:
    own = Stock(available={"W1": 4, "W2": 1}, backorder_limit=3)
    assert found(own=own) == Availability(sku="X", scale=0, total=5, by_location={"W1": 4, "W2": 1}, allowance=3)


def test_a_location_that_has_nothing_or_owes_is_left_out_and_what_is_owed_uses_up_the_allowance() -> None:
    assert found(own=Stock(available={"W1": 4, "W2": 0, "W3": 1})).by_location == {"W1": 4, "W3": 1}
    owing = found(own=Stock(available={"W1": 4, "W2": -2, "W3": 1}, backorder_limit=3))
    assert (owing.total, owing.by_location, owing.allowance) == (5, {"W1": 4, "W3": 1}, 1)
    assert found(own=Stock(available={"W1": -5}, backorder_limit=3)).allowance == 0
    assert found(own=Stock(available={})) == Availability(sku="X", scale=0, total=0, by_location={}, allowance=0)


def test_a_kit_is_available_in_whole_ones_at_each_location_and_in_all() -> None:
    made = found(SET, tea=Stock(available={"W2": 9, "W1": 3}), cup=Stock(available={"W1": 5, "W2": 1, "W3": 9}))
    assert made == Availability(sku="X", scale=0, total=7, by_location={"W1": 2}, allowance=0)
    assert isinstance(made.total, int)


def test_a_kit_may_be_owed_as_far_as_each_of_its_components_may() -> None:
    tea, cup = Stock(available={"W1": 3}, backorder_limit=9), Stock(available={"W1": 4, "W2": -1}, backorder_limit=6)
    made = found(SET, tea=tea, cup=cup)
    assert (made.total, made.by_location, made.allowance) == (2, {"W1": 2}, 2)
