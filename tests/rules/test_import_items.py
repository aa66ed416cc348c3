"""Items from a list or from orders, counts from a stock file, stock derived from orders."""

from datetime import date
from decimal import Decimal

import pytest

from core.catalogue.item import CreateItem
from core.inventory.acts import Act
from core.kernel.goods import Tracking, Unit
from core.kernel.money import Money
from entrypoints.cli.imports import catalogue, stock
from entrypoints.cli.imports.columns import find_columns
from entrypoints.cli.imports.derive import share_of
from entrypoints.cli.imports.pipeline import Chunk
from entrypoints.cli.imports.rows import one_a_row
from entrypoints.cli.imports.source import Row

LIST = ["sku", "name", "uom", "scale", "price", "currency", "backorder_limit"]
ORDERS = ["InvoiceNo", "StockCode", "Description", "Quantity", "UnitPrice"]


def listed(*rows: list[str]) -> list[Chunk[catalogue.NewItem]]:
    reader = catalogue.ItemReader(find_columns(catalogue.FIELDS, LIST, {}), "GBP")
    return list(catalogue.chunks_of_list((Row(n, row) for n, row in enumerate(rows, 2)), reader, 0))


def mentioned(*rows: list[str]) -> dict[str, CreateItem]:
    reader = catalogue.ItemReader(find_columns(catalogue.FIELDS, ORDERS, {}), "GBP")
    assert reader.from_orders
    chunks = catalogue.chunks_of_orders((Row(n, row) for n, row in enumerate(rows, 2)), reader)
    return {new.item.sku: new.item for chunk in chunks for new in chunk.items}


def test_a_list_says_everything_of_an_item() -> None:
    (chunk,) = listed(["R-1", "Rope", "metre", "2", "1.20", "eur", "2.5"])
    assert chunk.items[0].item == CreateItem(
        sku="R-1",
        name="Rope",
        uom="metre",
        scale=2,
        price=Money(minor=120, currency="EUR"),
        backorder_limit=250,
    )


def test_a_list_may_leave_everything_but_the_sku_out() -> None:
    (chunk,) = listed(["R-1", "", "", "", "", "", ""])
    assert chunk.items[0].item == CreateItem(sku="R-1", name="R-1")


KEPT = ["sku", "scale", "Tracked by", "Pack sizes"]


def kept(*row: str) -> Chunk[catalogue.NewItem]:
    reader = catalogue.ItemReader(find_columns(catalogue.FIELDS, KEPT, {}), "GBP")
    (chunk,) = catalogue.chunks_of_list([Row(2, list(row))], reader, 0)
    return chunk


def test_a_list_may_say_how_an_item_is_kept_and_packed() -> None:
    (new,) = kept("R-1", "1", "Lot", "box=12; roll = 2.5").items
    units = (Unit(name="box", size=120), Unit(name="roll", size=25))
    assert new.item == CreateItem(sku="R-1", name="R-1", scale=1, tracking=Tracking.LOT, units=units)


@pytest.mark.parametrize(("tracking", "units"), [("batch", ""), ("", "box"), ("", "box=many"), ("", "box=0.5")])
def test_what_is_no_way_to_keep_or_pack_an_item_is_rejected(tracking: str, units: str) -> None:
    chunk = kept("R-1", "0", tracking, units)
    assert (len(chunk.items), len(chunk.rejects)) == (0, 1)


def test_a_count_may_name_a_lot_and_its_day() -> None:
    columns = find_columns(stock.FIELDS, ["sku", "location", "qty", "Batch", "Best before"], {})
    reader = stock.ActReader(columns, Act.COUNT, reason="r", location="")
    rows = [
        Row(2, ["A", "W1", "3", "L1", "2026-09-30"]),
        Row(3, ["A", "W1", "3", "", ""]),
        Row(4, ["A", "W1", "3", "L1", "soon"]),
    ]
    (chunk,) = one_a_row(rows, reader.read, 0)
    assert [(one.act.lot, one.act.expires_on) for one in chunk.items] == [("L1", date(2026, 9, 30)), (None, None)]
    assert ["is not a day" in reject.reason for reject in chunk.rejects] == [True]


@pytest.mark.parametrize(
    "row",
    [
        ["", "x", "", "", "", "", ""],
        ["A", "x", "", "9", "", "", ""],
        ["A", "x", "", "0.5", "", "", ""],
        ["A", "x", "", "", "-1", "", ""],
        ["A", "x", "", "", "1", "XXX", ""],
        ["A", "x", "", "", "", "", "0.5"],
    ],
)
def test_a_list_row_that_makes_no_item_is_rejected(row: list[str]) -> None:
    (chunk,) = listed(row)
    assert chunk.items == ()
    assert len(chunk.rejects) == 1


def test_orders_give_each_sku_its_first_name_and_first_price() -> None:
    items = mentioned(
        ["1", "A", "", "1", "0.0"],
        ["1", "A", "LANTERN", "1", "-3"],
        ["2", "A", "lantern?", "1", "2.55"],
        ["2", "A", "x", "1", "9.99"],
        ["2", "B", "", "1", ""],
    )
    assert items["A"] == CreateItem(sku="A", name="LANTERN", price=Money(minor=255, currency="GBP"))
    assert items["B"] == CreateItem(sku="B", name="B")


def test_a_stock_row_is_a_count_at_its_location_or_the_one_given() -> None:
    columns = find_columns(stock.FIELDS, ["sku", "location", "qty"], {})
    reader = stock.ActReader(columns, Act.COUNT, reason="import s.csv", location="MAIN")
    rows = [Row(2, ["A", "", "3"]), Row(3, ["A", "W2", "1.5"]), Row(4, ["A", "W2", "-1"]), Row(5, ["A", "W2", ""])]
    (chunk,) = one_a_row(rows, reader.read, 0)
    first, second = (counted.act for counted in chunk.items)
    assert (first.act, first.location, first.quantity) == (Act.COUNT, "MAIN", Decimal(3))
    assert (first.reason, second.location) == ("import s.csv", "W2")
    assert [reject.reason for reject in chunk.rejects] == ["quantity -1 is negative", "quantity is empty"]


@pytest.mark.parametrize(
    ("quantity", "share", "part"), [("7", "1", "7"), ("7", "0.8", "5"), ("1", "0.5", "0"), ("2.50", "0.5", "1.25")]
)
def test_a_share_is_rounded_down_to_what_can_be_stocked(quantity: str, share: str, part: str) -> None:
    assert share_of(Decimal(quantity), Decimal(share)) == Decimal(part)
