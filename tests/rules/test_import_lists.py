"""Rows of lists as receipts, counts and prices; a policy from a file."""

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from core.acceptance.policies import UnknownLane
from core.inventory.acts import Act
from core.inventory.ranking import AllocationPolicy, UnknownRule
from core.kernel.errors import DomainError
from core.kernel.money import Money
from core.risk.assessment import RiskOutOfRange, RiskPolicy, UnknownRiskRule
from core.routing.selection import InvalidRoute, RoutingPolicy
from entrypoints.cli.imports import prices
from entrypoints.cli.imports.columns import MissingColumn, find_columns
from entrypoints.cli.imports.deliveries import delivery_of
from entrypoints.cli.imports.pipeline import Applied, Chunk
from entrypoints.cli.imports.policies import SIZE_MAX, BadPolicy, read_policy
from entrypoints.cli.imports.rows import TOGETHER, applied, one_a_row
from entrypoints.cli.imports.runs import ActOptions
from entrypoints.cli.imports.source import Row
from entrypoints.cli.imports.stock import ActReader, StockRow

GOODS = ["Item code", "Warehouse", "Qty", "UOM", "Batch", "Use by", "Note"]


def goods(*rows: list[str], act: Act = Act.RECEIVE) -> Chunk[StockRow]:
    columns = find_columns(ActOptions().fields, GOODS, {})
    reader = ActReader(columns, act, reason="import f.csv", location="MAIN")
    (chunk,) = one_a_row((Row(n, row) for n, row in enumerate(rows, 2)), reader.read, 0)
    return chunk


def priced(*rows: list[str]) -> Chunk[prices.PriceRow]:
    columns = find_columns(prices.FIELDS, ["sku", "Unit price", "currency"], {})
    (chunk,) = one_a_row((Row(n, row) for n, row in enumerate(rows, 2)), prices.PriceReader(columns, "GBP").read, 0)
    return chunk


@pytest.mark.parametrize("act", [Act.RECEIVE, Act.COUNT])
def test_a_row_says_everything_of_an_act(act: Act) -> None:
    (read,) = goods(["A", "W1", "1,234.5", "box", "L1", "2030-01-31", "late"], act=act).items
    said = read.act
    assert (said.act, said.sku, said.location, said.quantity) == (act, "A", "W1", Decimal("1234.5"))
    assert (said.unit, said.lot, said.expires_on, said.reason) == ("box", "L1", date(2030, 1, 31), "late")


def test_a_row_may_leave_all_but_sku_and_quantity_out() -> None:
    (read,) = goods(["A", "", "2", "", "", "", ""]).items
    assert (read.act.location, read.act.unit, read.act.lot, read.act.reason) == ("MAIN", None, None, "import f.csv")


@pytest.mark.parametrize(
    "row",
    [
        ["", "W1", "1", "", "", "", ""],
        ["A", "W" * 201, "1", "", "", "", ""],
        ["A", "W1", "", "", "", "", ""],
        ["A", "W1", "-1", "", "", "", ""],
        ["A", "W1", "1,234", "", "", "", ""],
        ["A", "W1", "1", "", "L1", "31.01.2030", ""],
    ],
)
def test_a_row_that_cannot_be_read_with_certainty_is_rejected(row: list[str]) -> None:
    chunk = goods(row, ["A", "W1", "1", "", "", "", ""])
    assert ([one.row.line for one in chunk.rejects], len(chunk.items)) == ([2], 1)


def test_a_price_is_in_the_rows_currency_or_the_one_given() -> None:
    chunk = priced(["A", "£2.50", ""], ["A", "1.234,50", "eur"], ["B", "300", "JPY"], ["C", "0", ""])
    assert [one.new.price for one in chunk.items] == [
        Money(minor=250, currency="GBP"),
        Money(minor=123450, currency="EUR"),
        Money(minor=300, currency="JPY"),
        Money(minor=0, currency="GBP"),
    ]


def test_what_is_no_price_is_rejected() -> None:
    rows = [["A", "", ""], ["", "1", ""], ["A", "-1", ""], ["A", "1.005", ""], ["A", "1", "XXX"], ["A", "free", ""]]
    chunk = priced(*rows)
    assert (len(chunk.items), [one.row.line for one in chunk.rejects]) == (0, [2, 3, 4, 5, 6, 7])


def test_a_file_of_prices_has_prices() -> None:
    with pytest.raises(MissingColumn, match="price"):
        find_columns(prices.FIELDS, ["sku", "cost"], {})


def test_chunks_are_of_one_size_and_know_how_far_they_go() -> None:
    rows = [Row(n, [str(n)], "bad" if n % 100 == 0 else None) for n in range(TOGETHER * 2 + 1)]
    chunks = list(one_a_row(rows, lambda row: row, 40))  # type: ignore[type-var]
    assert [chunk.rows for chunk in chunks] == [TOGETHER + 40, 2 * TOGETHER + 40, 2 * TOGETHER + 41]
    assert [len(chunk.items) + len(chunk.rejects) for chunk in chunks] == [TOGETHER, TOGETHER, 1]
    assert [one.reason for one in chunks[-1].rejects] == ["bad"]


def test_a_row_ends_accepted_a_duplicate_or_rejected() -> None:
    rows = goods(*[["A", "W1", "1", "", "", "", ""]] * 3).items
    ends = applied(rows, [True, DomainError("no"), False], bool)
    assert (ends.accepted, ends.duplicates) == (1, 1)
    assert [(one.row.line, one.reason) for one in ends.rejects] == [(3, "no")]
    assert applied([], [], bool) == Applied()


def test_a_delivery_is_what_its_file_says_whatever_the_file_is_called(tmp_path: Path) -> None:
    one, same, other = tmp_path / "a.csv", tmp_path / "b.csv", tmp_path / "c.csv"
    for file, text in ((one, "sku\nA\n"), (same, "sku\nA\n"), (other, "sku\nB\n")):
        file.write_text(text)
    assert delivery_of(one, "") == delivery_of(same, "")
    assert len({delivery_of(one, ""), delivery_of(other, ""), delivery_of(one, "tuesday")}) == 3


def test_a_policy_is_read_as_it_is_said() -> None:
    assert read_policy("allocation", b'{"rules":["priority"]}') == AllocationPolicy(rules=("priority",))
    assert read_policy("risk", b'{"weights":{"burst":5},"review_above":1}') == RiskPolicy(
        weights={"burst": 5}, review_above=1
    )
    assert read_policy("routing", b'{"by_country":{"GB":"v"}}') == RoutingPolicy(by_country={"GB": "v"})


@pytest.mark.parametrize(
    ("name", "written", "refusal", "names"),
    [
        ("taxes", b"{}", BadPolicy, "there is no policy 'taxes'"),
        ("risk", b"{", BadPolicy, "truncated"),
        ("risk", b"\xff", BadPolicy, ""),
        ("risk", b"[]", BadPolicy, "Expected"),
        ("risk", b"{}", BadPolicy, "weights"),
        ("risk", b'{"weights":{"burst":"5"}}', BadPolicy, "$.weights"),
        ("risk", b'{"weights":{},"color":1}', BadPolicy, "$.color"),
        ("risk", b'{"weights":{}}' + b" " * SIZE_MAX, BadPolicy, "bytes at most"),
        ("risk", b'{"weights":{"none":5}}', UnknownRiskRule, "none"),
        ("risk", b'{"weights":{},"review_above":1001}', RiskOutOfRange, "review_above"),
        ("risk", b'{"weights":{},"many_units":-1}', RiskOutOfRange, "many_units"),
        ("allocation", b'{"rules":[]}', UnknownRule, "at least one"),
        ("allocation", b'{"rules":["nearest"]}', UnknownRule, "nearest"),
        ("routing", b'{"by_country":{"gb":"v"}}', InvalidRoute, "gb"),
        ("routing", b'{"by_country":{"GB":""}}', InvalidRoute, "vendor"),
        ("routing", b'{"by_country":{"GB":"\\u0000"}}', BadPolicy, "NUL"),
        ("lanes", b'{"channels":{"web":"fast"},"customers":{}}', UnknownLane, "fast"),
    ],
)
def test_what_is_no_policy_is_refused_by_name(
    name: str, written: bytes, refusal: type[DomainError], names: str
) -> None:
    with pytest.raises(refusal) as refused:
        read_policy(name, written)
    assert names in refused.value.detail
