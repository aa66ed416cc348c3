"""Money and quantities: nothing lost in a split, nothing changed by being written and read."""

from decimal import Decimal

from hypothesis import assume, given
from hypothesis import strategies as st

from core.acceptance.lines import amount
from core.kernel.money import MINOR_MAX, InvalidMoney, Money, exponent_of, split, to_decimal, to_minor
from core.kernel.quantity import SCALE_MAX, UNITS_MAX, InvalidQuantity, to_amount, to_units

SCALES = st.integers(0, SCALE_MAX)
UNITS = st.integers(-UNITS_MAX, UNITS_MAX)
CURRENCIES = st.sampled_from(["GBP", "EUR", "JPY", "KWD"])
DECIMALS = st.decimals(allow_nan=True, allow_infinity=True)


@given(total=st.integers(0, MINOR_MAX), weights=st.lists(st.integers(0, 1000), min_size=1, max_size=12))
def test_a_split_keeps_the_total_and_is_off_by_less_than_one(total: int, weights: list[int]) -> None:
    assume(any(weights))
    shares = split(total, weights)
    whole = sum(weights)
    assert sum(shares) == total
    assert len(shares) == len(weights)
    for share, weight in zip(shares, weights, strict=True):
        assert abs(share * whole - total * weight) < whole


@given(units=UNITS, scale=SCALES)
def test_base_units_survive_being_read_by_a_person(units: int, scale: int) -> None:
    assert to_units(to_amount(units, scale), scale) == units
    assert to_units(str(to_amount(units, scale)), scale) == units


@given(minor=st.integers(-MINOR_MAX, MINOR_MAX), currency=CURRENCIES)
def test_minor_units_survive_being_read_by_a_person(minor: int, currency: str) -> None:
    money = Money(minor=minor, currency=currency)
    assert to_minor(to_decimal(money), currency) == minor
    assert -(to_decimal(money).as_tuple().exponent) == exponent_of(currency)  # type: ignore[operator]


@given(number=DECIMALS, scale=SCALES)
def test_a_quantity_is_exact_or_refused(number: Decimal, scale: int) -> None:
    try:
        units = to_units(number, scale)
    except InvalidQuantity:
        return
    assert to_amount(units, scale) == number
    assert abs(units) <= UNITS_MAX


@given(number=DECIMALS, currency=CURRENCIES)
def test_an_amount_is_exact_or_refused(number: Decimal, currency: str) -> None:
    try:
        minor = to_minor(number, currency)
    except InvalidMoney:
        return
    assert to_decimal(Money(minor=minor, currency=currency)) == number
    assert abs(minor) <= MINOR_MAX


@given(price=st.integers(0, 10**9), units=st.integers(0, 10**12), scale=SCALES)
def test_a_line_is_priced_to_the_nearest_penny(price: int, units: int, scale: int) -> None:
    exact = Decimal(price * units).scaleb(-scale)
    assert abs(Decimal(amount(price, units, scale)) - exact) <= Decimal("0.5")
