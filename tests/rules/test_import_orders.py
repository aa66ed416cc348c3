"""Rows become orders; cancellations and returns are kept as what they are; bad rows do not sink the others."""

from collections.abc import Sequence

import pytest

from entrypoints.cli.imports.columns import find_columns
from entrypoints.cli.imports.drafts import Draft, drafts_of, submission_of
from entrypoints.cli.imports.grouping import FIELDS, LINES_MAX, Group, RowReader, group_orders
from entrypoints.cli.imports.orders import ORDERS_TOGETHER, chunks_of
from entrypoints.cli.imports.source import Row
from tests.support.given import a_context, numbered_ids

HEADER = ["InvoiceNo", "StockCode", "Quantity", "InvoiceDate", "UnitPrice", "CustomerID", "Country"]
Cells = Sequence[str]


def a_row(
    order: str, sku: str = "A", quantity: str = "1", price: str = "2.50", *, customer: str = "", country: str = ""
) -> Cells:
    return (order, sku, quantity, "2010-12-01 08:26:00", price, customer, country)


def groups(*rows: Cells, skipped: int = 0) -> list[Group]:
    reader = RowReader(find_columns(FIELDS, HEADER, {}), currency="GBP")
    numbered = (Row(number, list(row)) for number, row in enumerate(rows, start=2 + skipped))
    return list(group_orders(numbered, reader, skipped=skipped))


def drafts(*rows: Cells) -> list[Draft]:
    return [draft for group in groups(*rows) for draft in drafts_of(group, "C")]


def test_consecutive_rows_of_one_id_are_one_order() -> None:
    made = drafts(a_row("1", "A"), a_row("1", "B"), a_row("2", "C"))
    assert [(draft.external_id, len(draft.request.items)) for draft in made] == [("1", 2), ("2", 1)]
    assert [draft.becomes for draft in made] == ["orders", "orders"]


def test_an_id_that_comes_back_is_another_group_for_the_intake_to_judge() -> None:
    assert [group.order_id for group in groups(a_row("1"), a_row("2"), a_row("1"))] == ["1", "2", "1"]


def test_the_order_takes_what_any_of_its_rows_says_of_it() -> None:
    (draft,) = drafts(a_row("1"), a_row("1", customer="17850", country="EIRE"))
    assert draft.request.customer == "17850"
    assert draft.request.ship_to is not None
    assert draft.request.ship_to.country == "IE"
    assert draft.request.currency == "GBP"


def test_a_cancellation_is_kept_with_its_reason_and_positive_quantities() -> None:
    (draft,) = drafts(a_row("C536379", "D", "-3"), a_row("C536379", "E", "-1"))
    assert draft.becomes == "cancellations"
    assert draft.request.refusal == "cancellation C536379 of an earlier order: 3 x D, 1 x E"
    assert [str(line.quantity) for line in draft.request.items] == ["3", "1"]


def test_negative_quantities_are_a_return_to_come() -> None:
    (draft,) = drafts(a_row("536589", "21777", "-10"))
    assert (draft.external_id, draft.becomes) == ("536589", "returns")
    assert draft.request.refusal == "return to come: negative quantity of 10 x 21777"


def test_a_mixed_order_is_taken_and_its_returns_are_kept_beside_it() -> None:
    sold, returned = drafts(a_row("7", "A", "2"), a_row("7", "B", "-1"))
    assert (sold.external_id, sold.request.refusal) == ("7", None)
    assert [line.sku for line in sold.request.items] == ["A"]
    assert returned.external_id == "7#returns"
    assert returned.request.refusal is not None


def test_an_order_id_that_only_begins_like_a_cancellation_is_an_order() -> None:
    (draft,) = drafts(a_row("CORP-1"))
    assert draft.becomes == "orders"


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (a_row("1", ""), "sku is empty"),
        (a_row("1", "A", "0"), "quantity is zero"),
        (a_row("1", "A", "many"), "quantity 'many' is not a number"),
        (a_row("1", "A", "1", "-0.01"), "unit_price -0.01 is negative"),
        (a_row("1", "A", "1", "0.001"), "GBP has 2 decimals; 0.001 has more"),
        (("1", "A", "1", "soon", "1", "", ""), "placed_at 'soon' is not a date"),
        (a_row("1", "A" * 201), "sku is longer than 200 characters"),
        (a_row("1", customer="x" * 201), "customer is longer than 200 characters"),
    ],
)
def test_a_bad_row_is_rejected_and_says_that_the_others_were_taken(bad: Cells, reason: str) -> None:
    (group,) = groups(a_row("1", "GOOD"), bad)
    (reject,) = group.rejects
    assert [line.sku for line in group.lines] == ["GOOD"]
    assert reject.row.line == 3
    assert reject.reason.startswith(reason)
    assert reject.reason.endswith("; the other rows of order 1 were taken")


def test_an_order_of_bad_rows_alone_is_rejected_whole() -> None:
    (group,) = groups(a_row("A563186", "B", "1", "-11062.06"))
    assert drafts_of(group, "C") == []
    assert [reject.reason for reject in group.rejects] == ["unit_price -11062.06 is negative"]


def test_a_row_without_an_order_id_splits_nothing() -> None:
    (group,) = groups(a_row("1", "A"), a_row(""), a_row("1", "B"))
    assert [line.sku for line in group.lines] == ["A", "B"]
    assert len(group.rejects) == 1


def test_zero_price_is_a_gift_and_no_price_is_the_catalogues() -> None:
    (draft,) = drafts(a_row("1", "A", "1", "0.0"), a_row("1", "B", "1", ""))
    gift, unpriced = draft.request.items
    assert gift.unit_price is not None
    assert gift.unit_price.minor == 0
    assert unpriced.unit_price is None


def test_more_rows_than_an_order_takes_are_rejected_with_the_reason() -> None:
    first, second, other = groups(*(a_row("1") for _ in range(LINES_MAX + 2)), a_row("2"))
    assert len(first.lines) == LINES_MAX
    assert second.lines == ()
    assert [reject.reason for reject in second.rejects] == ["order 1 has more than 5000 rows"] * 2
    assert (other.order_id, len(other.lines)) == ("2", 1)


def test_groups_and_chunks_know_how_many_rows_of_the_file_they_finish() -> None:
    assert [group.rows for group in groups(a_row("1"), a_row("1"), a_row("2"), skipped=10)] == [12, 13]
    many = groups(*(a_row(str(number)) for number in range(ORDERS_TOGETHER + 1)))
    assert [(len(chunk.items), chunk.rows) for chunk in chunks_of(many, "C")] == [(256, 256), (1, 257)]


def test_the_same_rows_make_the_same_body_in_every_run() -> None:
    rows = (a_row("1", "A", "2", "3.10", customer="c"), a_row("1", "B"))
    first, again = (submission_of(drafts(*rows)[0], a_context(), numbered_ids(start)) for start in (1, 50))
    assert first.id != again.id
    assert (first.body_hash, first.body) == (again.body_hash, again.body)
    assert (first.channel, first.external_id) == ("import", "1")
