"""Many rows in one call: each is answered for itself, and a refused one changes nothing and stops nobody."""

from typing import Any

import pytest

from tests.api.world import Caller, World, stocked, with_lots_and_kits


@pytest.fixture
def caller(world: World) -> Caller:
    """Ten pieces of SKU-A at LOC-A, three each of two lots of SKU-L, the serial S1."""
    return with_lots_and_kits(stocked(world.tenant("batches"), "A"))


def row(quantity: object, **fields: object) -> dict[str, Any]:
    return {"sku": "SKU-A", "location": "LOC-A", "quantity": quantity, "reason": "r", **fields}


def on_hand(caller: Caller, sku: str = "SKU-A") -> list[int]:
    return [line["on_hand"] for line in caller.ok("GET", f"/stock?sku={sku}")["items"]]


def statuses(answer: dict[str, Any]) -> list[str]:
    return [one["status"] for one in answer["items"]]


def test_each_receipt_sees_those_before_it_and_a_refused_one_says_where(caller: Caller) -> None:
    rows = [row(5), row(1, sku="NONE"), row(2, unit="dozen"), row("0.5"), row(1)]
    answer = caller.ok("POST", "/stock/receipts/batch", rows)
    assert statuses(answer) == ["done", "failed", "done", "failed", "done"]
    first, unknown, dozens, half, last = answer["items"]
    assert [first["on_hand"], dozens["on_hand"], last["on_hand"]] == [15, 39, 40]
    assert (dozens["quantity"], dozens["sku"], dozens["location"]) == (24, "SKU-A", "LOC-A")
    assert (unknown["error"]["code"], unknown["error"]["path"]) == ("unknown_item", "$[1].sku")
    assert half["error"]["path"] == "$[3].quantity"
    assert on_hand(caller) == [40]
    entries = caller.ok("GET", "/stock/SKU-A/entries")["items"]
    assert [entry["group_id"] for entry in entries[:3]] == [last["group_id"], dozens["group_id"], first["group_id"]]


def test_a_count_is_absolute_so_that_counting_again_changes_nothing(caller: Caller) -> None:
    rows = [row(7), row(7), row(4)]
    assert statuses(caller.ok("POST", "/stock/counts/batch", rows)) == ["done", "unchanged", "done"]
    again = caller.ok("POST", "/stock/counts/batch", [row(4)])["items"][0]
    assert again == {
        "status": "unchanged", "sku": "SKU-A", "location": "LOC-A", "quantity": 4, "on_hand": 4, "available": 4,
    }  # fmt: skip
    assert on_hand(caller) == [4]


def test_an_adjustment_that_takes_too_much_is_refused_alone(caller: Caller) -> None:
    rows = [row(-6), row(-6), row(-4)]
    answer = caller.ok("POST", "/stock/adjustments/batch", rows)
    assert statuses(answer) == ["done", "failed", "done"]
    assert answer["items"][1]["error"]["code"] == "insufficient_stock"
    assert on_hand(caller) == [0]


def test_lots_and_serials_begin_within_a_batch_and_a_serial_is_in_stock_once(caller: Caller) -> None:
    caller.ok("POST", "/locations", {"code": "LOC-Z", "kind": "store"})
    rows = [
        row(2, sku="SKU-L", lot="NEW"),
        row(3, sku="SKU-L", lot="NEW", location="LOC-Z"),
        row(1, sku="SKU-S", lot="S9"),
        row(1, sku="SKU-S", lot="S9", location="LOC-Z"),
        row(1, sku="SKU-S", lot="S1", location="LOC-Z"),
    ]
    answer = caller.ok("POST", "/stock/receipts/batch", rows)
    assert statuses(answer) == ["done", "done", "done", "failed", "failed"]
    assert {one["error"]["code"] for one in answer["items"][3:]} == {"serial_in_stock"}
    moved = [row(0, sku="SKU-S", lot="S1"), row(1, sku="SKU-S", lot="S1", location="LOC-Z")]
    assert statuses(caller.ok("POST", "/stock/counts/batch", moved)) == ["done", "done"]


def test_a_thousand_rows_are_one_call(caller: Caller) -> None:
    answer = caller.ok("POST", "/stock/receipts/batch", [row(1)] * 1000)
    assert statuses(answer) == ["done"] * 1000
    assert on_hand(caller) == [1010]


def test_prices_are_changed_by_sku(caller: Caller) -> None:
    pounds = {"amount": "2.50", "currency": "GBP"}
    rows = [
        {"sku": "SKU-A", "price": pounds},
        {"sku": "NONE", "price": pounds},
        {"sku": "SKU-L", "price": {"amount": "1.005", "currency": "GBP"}},
        {"sku": "SKU-A", "price": pounds},
        {"sku": "SKU-L", "price": {"amount": "-1", "currency": "GBP"}},
        {"sku": "SKU-A", "price": {"amount": "3", "currency": "EUR"}},
        {"sku": "SKU-K", "price": pounds},
    ]
    answer = caller.ok("POST", "/catalogue/prices", rows)["items"]
    assert [one["status"] for one in answer] == ["done", "failed", "failed", "unchanged", "failed", "done", "done"]
    assert [one["error"]["path"] for one in answer if one["status"] == "failed"] == [
        "$[1].sku", "$[2].price.amount", "$[4].price",
    ]  # fmt: skip
    (item,) = caller.ok("GET", "/catalogue/items?sku=SKU-A")["items"]
    assert item["price"] == answer[5]["price"] == {"amount": "3.00", "currency": "EUR"}
    assert item["version"] == answer[5]["version"] == 4, "created, given a unit, and priced twice"
    assert (item["units"], item["name"]) == ([{"name": "dozen", "size": 12}], "Thing A")


@pytest.mark.parametrize(
    ("path", "rows"),
    [
        ("/stock/receipts/batch", [row(1), row(1, sku="LATER")]),
        ("/stock/adjustments/batch", [row(1), row(1, sku="LATER")]),
        ("/catalogue/prices", [{"sku": "SKU-A", "price": {"amount": 9, "currency": "GBP"}}]),
    ],
)
def test_a_call_sent_twice_with_its_key_is_done_once(caller: Caller, path: str, rows: list[dict[str, Any]]) -> None:
    first = caller("POST", path, rows, headers={"idempotency-key": "k"})
    before = on_hand(caller)
    caller.ok("POST", "/catalogue/items", {"sku": "LATER", "name": "Later"})
    again = caller("POST", path, rows, headers={"idempotency-key": "k"})
    assert (first.status_code, first.content) == (again.status_code, again.content)
    assert on_hand(caller) == before
    other = caller("POST", path, rows[:1] * 3, headers={"idempotency-key": "k"})
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")
