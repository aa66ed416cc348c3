"""Quantities: whole base units of an item's scale, refused rather than rounded."""

from decimal import Decimal

import pytest

from core.kernel.quantity import UNITS_MAX, InvalidQuantity, to_amount, to_units


@pytest.mark.parametrize(
    ("amount", "scale", "units"),
    [("3", 0, 3), ("3.0", 0, 3), ("1.5", 3, 1500), (2, 6, 2_000_000), (Decimal("-0.25"), 2, -25), ("1e3", 0, 1000)],
)
def test_an_amount_becomes_base_units_of_the_items_scale(amount: str | int | Decimal, scale: int, units: int) -> None:
    assert to_units(amount, scale) == units


@pytest.mark.parametrize(("amount", "scale"), [("0.5", 0), ("1.2345", 3), ("1." + "0" * 40 + "1", 6)])
def test_a_quantity_finer_than_the_scale_is_refused_never_rounded(amount: str, scale: int) -> None:
    with pytest.raises(InvalidQuantity, match=f"more than {scale} decimals"):
        to_units(amount, scale)


@pytest.mark.parametrize("amount", ["NaN", "sNaN", "-Infinity", "1e31", "1e-31", str(UNITS_MAX + 1), "9" * 5000])
def test_a_quantity_out_of_range_is_refused(amount: str) -> None:
    with pytest.raises(InvalidQuantity, match="out of range"):
        to_units(amount, 0)


def test_the_largest_quantity_counts_base_units_not_amounts() -> None:
    assert to_units(UNITS_MAX, 0) == UNITS_MAX
    with pytest.raises(InvalidQuantity):
        to_units(UNITS_MAX, 1)


def test_words_are_not_a_quantity_and_the_field_is_named() -> None:
    with pytest.raises(InvalidQuantity, match="'a few' is not a decimal number") as refused:
        to_units("a few", 0, path="$.quantity")
    assert refused.value.path == "$.quantity"
    assert refused.value.code == "invalid_quantity"


def test_a_person_reads_the_scales_decimals() -> None:
    assert str(to_amount(1500, 3)) == "1.500"
    assert str(to_amount(-3, 0)) == "-3"
