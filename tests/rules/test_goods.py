"""Units beside an item's own, and kits by what they are made of."""

from decimal import Decimal

import pytest

from core.kernel.goods import Component, Measure, Unit, UnknownUnit, kits
from core.kernel.ids import ItemId
from core.kernel.quantity import UNITS_MAX, InvalidQuantity
from tests.support.given import an_id

ROPE = Measure(scale=3, uom="m", units=(Unit(name="roll", size=50_000), Unit(name="third", size=333)))
TEA, CUP = ItemId(an_id(1)), ItemId(an_id(2))
SET = (Component(item=TEA, sku="TEA", quantity=1), Component(item=CUP, sku="CUP", quantity=2))


@pytest.mark.parametrize(
    ("quantity", "unit", "units"),
    [
        ("2", "roll", 100_000),
        ("0.5", "roll", 25_000),
        ("2.5", "m", 2_500),
        ("2.5", None, 2_500),
        ("-1", "roll", -50_000),
    ],
)
def test_a_quantity_is_counted_in_base_units(quantity: str, unit: str | None, units: int) -> None:
    assert ROPE.base_units(Decimal(quantity), unit) == units


@pytest.mark.parametrize(
    ("quantity", "unit", "path"),
    [
        ("0.00001", "roll", "$.items[1].quantity"),
        ("0.5", "third", "$.items[1].quantity"),
        ("NaN", "roll", "$.items[1].quantity"),
        ("1e999999999", "roll", "$.items[1].quantity"),
        (str(UNITS_MAX), "roll", "$.items[1].quantity"),
        ("0.0001", "m", "$.items[1].quantity"),
    ],
)
def test_what_is_no_whole_number_of_base_units_is_refused_by_name(quantity: str, unit: str, path: str) -> None:
    with pytest.raises(InvalidQuantity) as refused:
        ROPE.base_units(Decimal(quantity), unit, path="$.items[1]")
    assert refused.value.path == path


def test_a_unit_the_item_does_not_have_is_refused_with_those_it_has() -> None:
    with pytest.raises(UnknownUnit, match="m, roll, third") as refused:
        ROPE.base_units(Decimal(1), "box", path="$.items[0]")
    assert refused.value.path == "$.items[0].unit"


def test_the_scarcest_component_says_how_many_kits_there_are() -> None:
    assert kits([(TEA, 3), (CUP, 7)], SET) == 3
    assert kits([(TEA, 9), (CUP, 3), (CUP, 4)], SET) == 3
    assert kits([(TEA, 9), (CUP, 1)], SET) == 0
    assert kits([(TEA, 9)], SET) == 0
