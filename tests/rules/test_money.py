"""Money: minor units of a currency, decimals at the edge, nothing lost in a split."""

from decimal import Decimal

import pytest

from core.kernel.money import MINOR_MAX, InvalidMoney, Money, exponent_of, split, to_decimal, to_minor


@pytest.mark.parametrize(
    ("amount", "currency", "minor"),
    [("12.50", "GBP", 1250), ("12.5", "GBP", 1250), (7, "JPY", 7), ("1.234", "KWD", 1234), ("-3.10", "EUR", -310)],
)
def test_an_amount_becomes_minor_units_of_its_currency(amount: str | int, currency: str, minor: int) -> None:
    assert to_minor(amount, currency) == minor


def test_a_person_reads_the_currencys_decimals() -> None:
    assert str(to_decimal(Money(minor=1250, currency="GBP"))) == "12.50"
    assert str(to_decimal(Money(minor=1250, currency="JPY"))) == "1250"
    assert str(to_decimal(Money(minor=1250, currency="BHD"))) == "1.250"


@pytest.mark.parametrize("currency", ["", "gbp", "XXX", "POUND"])
def test_only_iso_4217_currencies_exist(currency: str) -> None:
    with pytest.raises(InvalidMoney, match="not an ISO 4217 currency"):
        Money(minor=1, currency=currency)
    with pytest.raises(InvalidMoney):
        exponent_of(currency)


@pytest.mark.parametrize("amount", ["12.505", "0.001", "1." + "0" * 40 + "1"])
def test_more_decimals_than_the_currency_has_are_refused_never_rounded(amount: str) -> None:
    with pytest.raises(InvalidMoney, match="has more"):
        to_minor(amount, "GBP")


@pytest.mark.parametrize("amount", ["NaN", "Infinity", "1e40", "1e-40", str(MINOR_MAX), "1" * 5000])
def test_an_amount_out_of_range_is_refused(amount: str) -> None:
    with pytest.raises(InvalidMoney, match="out of range"):
        to_minor(amount, "GBP")


def test_the_largest_amount_is_still_money() -> None:
    assert to_minor(str(MINOR_MAX), "JPY") == MINOR_MAX
    assert to_minor(Decimal(MINOR_MAX).scaleb(-2), "EUR") == MINOR_MAX


def test_words_are_not_an_amount_and_the_field_is_named() -> None:
    with pytest.raises(InvalidMoney, match="'twelve' is not a decimal number") as refused:
        to_minor("twelve", "GBP", path="$.price.amount")
    assert refused.value.path == "$.price.amount"
    assert refused.value.code == "invalid_money"


def test_a_split_gives_the_odd_penny_to_the_largest_remainder() -> None:
    assert split(100, [1, 1, 1]) == [34, 33, 33]
    assert split(5, [3, 7]) == [2, 3]
    assert split(10, [0, 1, 0]) == [0, 10, 0]
    assert split(11, [2, 1]) == [7, 4]
