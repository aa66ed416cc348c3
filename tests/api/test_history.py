"""Stock at a moment, and why it is so, as a caller sees it."""

from datetime import datetime
from typing import Any

import pytest

from tests.api.world import Caller, World, decide, stocked

SHELF = {"sku": "SKU-A", "location": "LOC-A"}


@pytest.fixture(scope="module")
def caller(world: World, shop: Caller) -> Caller:
    """A shelf with a past: ten received, three ordered, one more counted."""
    order = {"items": [{"sku": "SKU-A", "quantity": 3}], "channel": "shop", "external_id": "1001", "customer": "acme"}
    shop.ok("POST", "/orders", order)
    decide(world, shop)
    shop.ok("POST", "/reservations", {"items": [{"sku": "SKU-A", "quantity": 2}], "reference": "box 9"})
    shop.ok("POST", "/locations", {"code": "LOC-B", "kind": "store"})
    shop.ok("POST", "/stock/receipts", {**SHELF, "location": "LOC-B", "quantity": 5, "reason": "opening stock"})
    return shop


def test_the_past_is_there_for_every_moment(caller: Caller) -> None:
    story = caller.ok("GET", "/stock/SKU-A/explain")
    moments = [step["recorded_at"] for step in story["steps"]]
    totals = []
    for moment in reversed(moments):
        answer = caller.ok("GET", f"/stock/SKU-A?at={moment}")
        assert answer["sku"] == "SKU-A"
        totals.append(sum(row["available"] for row in answer["items"]))
        listed = caller.ok("GET", f"/stock?at={moment}&sku=SKU-A")["items"]
        assert listed == answer["items"]
    assert totals == [10, 7, 5, 10]
    assert caller.ok("GET", "/stock/SKU-A?at=0001-01-01T00:00:00%2B14:00")["items"] == []
    now = caller.ok("GET", "/stock/SKU-A")
    assert now["items"] == caller.ok("GET", "/stock?sku=SKU-A")["items"]
    assert datetime.fromisoformat(now["at"]).tzinfo is not None


def test_a_page_of_the_past_goes_on_where_it_ended(caller: Caller) -> None:
    moment = caller.ok("GET", "/stock/SKU-A/explain?limit=1")["steps"][0]["recorded_at"]
    first = caller.ok("GET", f"/stock?at={moment}&limit=1")
    second = caller.ok("GET", f"/stock?at={moment}&limit=1&cursor={first['next_cursor']}")
    assert [row["location"] for row in (*first["items"], *second["items"])] == ["LOC-A", "LOC-B"]
    assert second["next_cursor"] is None
    elsewhen = caller("GET", f"/stock?at=2026-01-01T00:00:00Z&cursor={first['next_cursor']}")
    assert elsewhen.status_code == 400, "a place in one moment's list is none in another's"
    only = caller.ok("GET", f"/stock?at={moment}&location=LOC-B")["items"]
    assert [(row["location"], row["available"]) for row in only] == [("LOC-B", 5)]


def test_a_number_is_explained_in_words(caller: Caller) -> None:
    story = caller.ok("GET", "/stock/SKU-A/explain?location=LOC-A")
    assert (story["available"], story["on_hand"], story["ends"]) == (5, 10, "beginning")
    assert [step["says"] for step in story["steps"]][:2] == [
        "2 held for manual box 9",
        "3 promised to order 1001 (shop)",
    ]
    assert story["steps"][2]["says"].startswith("10 received from a supplier by key:")
    assert [(step["available"], step["on_hand"]) for step in story["steps"]] == [(5, 10), (7, 10), (10, 10)]
    hold, order, receipt = (step["cause"] for step in story["steps"])
    assert receipt is None
    assert (hold["kind"], hold["holder"], hold["reference"]) == ("reservation", "manual", "box 9")
    assert caller.ok("GET", f"/reservations/{hold['id']}")["reference"] == "box 9"
    (placed,) = caller.ok("GET", "/orders")["items"]
    known = {name: order[name] for name in ("kind", "id", "channel", "external_id", "customer")}
    assert known == {
        "kind": "order",
        "id": placed["id"],
        "channel": "shop",
        "external_id": "1001",
        "customer": "acme",
    }
    assert order["received_at"] == placed["received_at"]
    whole = caller.ok("GET", "/stock/SKU-A/explain")
    assert (whole["available"], whole["location"], len(whole["items"])) == (10, None, 2)
    assert whole["steps"][0]["says"].startswith("5 received from a supplier: opening stock, by key:")


def test_a_story_is_as_long_as_it_is_wanted(caller: Caller) -> None:
    story: Any = caller.ok("GET", "/stock/SKU-A/explain?limit=2")
    assert (len(story["steps"]), story["ends"]) == (2, "limit")
    before = caller.ok("GET", f"/stock/SKU-A/explain?at={story['steps'][1]['recorded_at']}&location=LOC-A")
    assert (len(before["steps"]), before["available"]) == (3, 5)


def test_a_story_ends_where_somebody_counted(world: World) -> None:
    caller = stocked(world.tenant("counted"))
    caller.ok("POST", "/stock/counts", {**SHELF, "quantity": 8, "reason": "cycle count"})
    caller.ok("POST", "/stock/adjustments", {**SHELF, "quantity": -1, "reason": "broken"})
    story = caller.ok("GET", "/stock/SKU-A/explain")
    assert [(step["anchored"], step["available"]) for step in story["steps"]] == [(False, 7), (True, 8)]
    assert story["ends"] == "count"
    assert story["steps"][1]["says"].startswith("counted 8 by key:")
    assert story["steps"][1]["says"].endswith(": cycle count")
