"""Columns are found by what people call them; cells are read with certainty or refused in words."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from core.kernel.money import InvalidMoney, Money
from entrypoints.cli.imports import cells
from entrypoints.cli.imports.columns import Field, MissingColumn, UnknownField, find_columns, read_overrides
from entrypoints.cli.imports.countries import country_code
from entrypoints.cli.imports.grouping import FIELDS

REQUIRED = Field(name="sku", aliases=("StockCode",), required=True)


@pytest.mark.parametrize(
    "header",
    [
        ["InvoiceNo", "StockCode", "Quantity"],
        ["order_id", "sku", "qty"],
        ["Order Number", "ITEM CODE", "Quantity"],
        ["Name", "Lineitem sku", "Lineitem quantity"],
    ],
)
def test_orders_are_found_under_the_names_shops_use(header: list[str]) -> None:
    columns = find_columns(FIELDS, header, {})
    row = ["536365", "85123A", "6"]
    assert [columns.text(row, field) for field in ("order_id", "sku", "quantity")] == row


def test_a_missing_column_names_the_field_and_the_columns_there_are() -> None:
    with pytest.raises(MissingColumn, match=r"'sku' among Article No, Units.*--map sku=COLUMN"):
        find_columns([REQUIRED], ["Article No", "Units"], {})


def test_an_override_wins_over_an_alias() -> None:
    columns = find_columns([REQUIRED], ["StockCode", "Other"], {"sku": "other"})
    assert columns.text(["a", " b "], "sku") == "b"


def test_an_override_must_name_a_column() -> None:
    with pytest.raises(MissingColumn, match="no column 'Nope' for 'sku' among StockCode"):
        find_columns([REQUIRED], ["StockCode"], {"sku": "Nope"})


@pytest.mark.parametrize("pair", ["colour=Colour", "sku", "=x"])
def test_an_override_must_name_a_field(pair: str) -> None:
    with pytest.raises(UnknownField, match="a field of sku"):
        read_overrides([pair], [REQUIRED])


def test_a_field_without_a_column_is_empty() -> None:
    columns = find_columns([REQUIRED, Field(name="name", aliases=())], ["sku"], {})
    assert columns.text(["x"], "name") == ""
    assert "name" not in columns


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("6", "6"),
        ("-12", "-12"),
        ("2.55", "2.55"),
        ("£2.55", "2.55"),
        ("1,234.50", "1234.50"),
        ("1.234,50", "1234.50"),
        ("2,5", "2.5"),
    ],
)
def test_numbers_are_read_as_written_on_either_side_of_the_channel(text: str, read: str) -> None:
    assert cells.number(text, "quantity") == Decimal(read)


@pytest.mark.parametrize("text", ["", "six", "1,234", "NaN", "Infinity", "1e9", "1_000", "0x10", "9" * 16, "1.2.3"])
def test_what_is_no_number_for_certain_is_refused(text: str) -> None:
    with pytest.raises(cells.BadCell, match="quantity"):
        cells.number(text, "quantity")


def test_prices_may_be_zero_or_missing_but_not_negative_and_not_finer_than_the_currency() -> None:
    assert cells.price("0.0", "GBP") == Money(minor=0, currency="GBP")
    assert cells.price("", "GBP") is None
    with pytest.raises(cells.BadCell, match="negative"):
        cells.price("-11062.06", "GBP")
    with pytest.raises(InvalidMoney, match="2 decimals"):
        cells.price("0.001", "GBP")


@pytest.mark.parametrize(
    ("text", "date_format"),
    [
        ("2010-12-01 08:26:00", None),
        ("2010-12-01T08:26:00Z", None),
        ("2010-12-01 09:26:00+01:00", None),
        ("1/12/2010 8:26", "%d/%m/%Y %H:%M"),
    ],
)
def test_dates_are_read_in_utc(text: str, date_format: str | None) -> None:
    assert cells.moment(text, date_format) == datetime(2010, 12, 1, 8, 26, tzinfo=UTC)


def test_a_date_that_could_mean_two_days_asks_for_its_format() -> None:
    with pytest.raises(cells.BadCell, match="--date-format"):
        cells.moment("1/12/2010 8:26", None)


@pytest.mark.parametrize(
    ("name", "code"),
    [("United Kingdom", "GB"), ("EIRE", "IE"), ("RSA", "ZA"), ("de", "DE"), ("Unspecified", None), ("", None)],
)
def test_countries_become_codes_where_they_are_one_country(name: str, code: str | None) -> None:
    assert country_code(name) == code
