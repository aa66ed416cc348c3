"""Money and quantities: nothing lost in a split, nothing changed by being written and read."""

from decimal import Decimal
from fractions import Fraction

from hypothesis import assume, given
from hypothesis import strategies as st

from core.kernel.goods import Measure, Unit
from core.kernel.money import MINOR_MAX, InvalidMoney, Money, exponent_of, extended, split, to_decimal, to_minor
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


@given(count=st.integers(-1000, 1000), size=st.integers(1, 10**9), scale=SCALES)
def test_whole_units_survive_being_counted_in_base_units(count: int, size: int, scale: int) -> None:
    measure = Measure(scale=scale, uom="each", units=(Unit(name="box", size=size),))
    units = measure.base_units(Decimal(count), "box")
    assert units == count * size
    # Said in the unit of measure it is the same quantity, and a share of a box that comes out whole is taken as it is.
    assert (
        measure.base_units(to_amount(units, scale), "each")
        == measure.base_units(to_amount(units, scale), None)
        == units
    )


@given(quantity=DECIMALS, size=st.integers(1, 10**6))
def test_a_quantity_in_a_unit_is_exact_or_refused(quantity: Decimal, size: int) -> None:
    measure = Measure(scale=0, units=(Unit(name="box", size=size),))
    try:
        units = measure.base_units(quantity, "box")
    except InvalidQuantity:
        return
    assert Fraction(units, size) == Fraction(quantity)


@given(price=st.integers(0, 10**9), units=st.integers(0, 10**9), size=st.integers(1, 10**6))
def test_a_price_for_a_unit_is_off_by_half_a_minor_unit_at_most(price: int, units: int, size: int) -> None:
    assert 2 * abs(extended(price, units, size) * size - price * units) <= size
    assert extended(price, units * size, size) == price * units


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
    assert abs(Decimal(extended(price, units, 10**scale)) - exact) <= Decimal("0.5")
