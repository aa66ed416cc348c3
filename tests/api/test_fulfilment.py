"""An order's later life over HTTP: the work list, parcels, holds, cancellations."""

from typing import Any

import pytest

from tests.api.world import Caller, World, carry, decide, stocked


@pytest.fixture
def caller(world: World) -> Caller:
    return stocked(world.tenant("fulfilment"), "F")


def ordered(world: World, caller: Caller, quantity: int = 4) -> str:
    """The id of an accepted order."""
    taken = caller.ok("POST", "/orders", {"items": [{"sku": "SKU-F", "quantity": quantity}]})
    decide(world, caller)
    order: str = taken["order_id"]
    return order


def shelf(caller: Caller) -> tuple[Any, ...]:
    (row,) = caller.ok("GET", "/stock?location=LOC-F")["items"]
    return tuple(row[bucket] for bucket in ("on_hand", "available", "committed", "picked"))


def refused(caller: Caller, path: str, body: Any = None) -> tuple[int, str]:
    answer = caller("POST", path, body)
    return answer.status_code, answer.json()["code"]


def test_a_warehouse_works_its_list_off(world: World, caller: Caller) -> None:
    order = ordered(world, caller)
    (work,) = caller.ok("GET", "/fulfilments?location=LOC-F&state=proposed")["items"]
    assert (work["order_id"], work["location"], work["state"]) == (order, "LOC-F", "proposed")
    assert work["lines"] == [{"line": 1, "sku": "SKU-F", "lot": None, "quantity": 4, "picked": 0, "shipped": 0}]
    one = f"/fulfilments/{work['id']}"
    assert refused(caller, f"{one}/ship", {}) == (409, "fulfilment_state")
    assert caller.ok("POST", f"{one}/accept")["state"] == "accepted"
    assert caller.ok("POST", f"{one}/pick", {"lines": [{"line": 1, "quantity": 3}]})["lines"][0]["picked"] == 3
    assert shelf(caller) == (10, 6, 1, 3)
    assert caller.ok("POST", f"{one}/pack")["state"] == "packed"
    body = {"lines": [{"line": 1, "quantity": 3}], "carrier": "Royal Mail", "tracking": "AB1"}
    parcel = caller.ok("POST", f"{one}/ship", body, headers={"idempotency-key": "parcel-1"})
    assert caller.ok("POST", f"{one}/ship", body, headers={"idempotency-key": "parcel-1"}) == parcel
    assert (parcel["state"], parcel["shipments"][0]["tracking"]) == ("picking", "AB1")
    assert caller.ok("GET", f"/orders/{order}")["phase"] == "partially_fulfilled"
    assert caller.ok("POST", f"{one}/ship", {})["state"] == "shipped"
    assert shelf(caller) == (6, 6, 0, 0)
    assert caller.ok("POST", f"{one}/deliver", {})["state"] == "delivered"
    story = caller.ok("GET", f"/orders/{order}")
    assert (story["phase"], story["lines"][0]["delivered"]) == ("delivered", 4)
    assert [moment["type"] for moment in story["timeline"]][-2:] == ["fulfilment.shipped.v1", "fulfilment.delivered.v1"]
    assert story["fulfilments"] == caller.ok("GET", f"/orders/{order}/fulfilments")
    assert caller.ok("GET", "/fulfilments")["items"] == []
    assert [row["id"] for row in caller.ok("GET", "/orders?phase=delivered")["items"]] == [order]
    assert refused(caller, f"/orders/{order}/cancel", {"reason": "too late"}) == (409, "order_not_open")


def test_a_held_order_stays_where_it_is(world: World, caller: Caller) -> None:
    order = ordered(world, caller)
    held = caller.ok("POST", f"/orders/{order}/hold", {"reason": "address_invalid", "note": "no such street"})
    assert (held["phase"], held["holds"][0]["reason"]) == ("on_hold", "address_invalid")
    (work,) = caller.ok("GET", "/fulfilments")["items"]
    assert refused(caller, f"/fulfilments/{work['id']}/accept") == (409, "order_on_hold")
    assert refused(caller, f"/orders/{order}/release", {"reason": "r", "hold": "credit"}) == (409, "hold_not_found")
    assert caller.ok("POST", f"/orders/{order}/release", {"reason": "found it"})["phase"] == "allocated"
    assert caller.ok("POST", f"/fulfilments/{work['id']}/accept")["state"] == "accepted"


def test_lines_change_and_stock_follows(world: World, caller: Caller) -> None:
    order = ordered(world, caller)
    less = caller.ok("POST", f"/orders/{order}/lines/1/cancel", {"reason": "one less", "quantity": 1})
    assert (less["lines"][0]["cancelled"], shelf(caller)) == (1, (10, 7, 3, 0))
    more = caller.ok("POST", f"/orders/{order}/lines/1/amend", {"reason": "more", "quantity": 10})
    assert (more["lines"][0]["allocated"], shelf(caller)) == (10, (10, 0, 10, 0))
    too_much = caller("POST", f"/orders/{order}/lines/1/amend", {"reason": "more", "quantity": 11})
    assert (too_much.status_code, too_much.json()["code"]) == (409, "insufficient_stock")
    for path, status in (("lines/2/cancel", 404), ("lines/x/cancel", 404), ("lines/1/cancel", 422)):
        assert caller("POST", f"/orders/{order}/{path}", {"reason": "r", "quantity": 99}).status_code == status
    gone = caller.ok("POST", f"/orders/{order}/cancel", {"reason": "none"})
    assert (gone["phase"], gone["fulfilments"][0]["state"], shelf(caller)) == ("cancelled", "cancelled", (10, 10, 0, 0))


def test_what_one_location_refuses_another_sends(world: World, caller: Caller) -> None:
    caller.ok("POST", "/locations", {"code": "LOC-G", "kind": "store"})
    caller.ok("POST", "/stock/receipts", {"sku": "SKU-F", "location": "LOC-G", "quantity": 5})
    order = ordered(world, caller)
    (work,) = caller.ok("GET", "/fulfilments")["items"]
    assert caller.ok("POST", f"/fulfilments/{work['id']}/reject", {"reason": "empty"})["state"] == "rejected"
    (other,) = caller.ok("GET", "/fulfilments?location=LOC-G")["items"]
    assert other["order_id"] == order
    moved = caller.ok("POST", f"/fulfilments/{other['id']}/move", {"location": "LOC-F", "reason": "found them"})
    assert moved["state"] == "rejected"
    assert [row["location"] for row in caller.ok("GET", "/fulfilments")["items"]] == ["LOC-F"]
    assert caller("GET", "/fulfilments?location=NOWHERE").json()["code"] == "unknown_location"


def test_an_order_under_review_is_cancelled_for_good(world: World, caller: Caller) -> None:
    taken = caller.ok("POST", "/orders", {"text": "four of the blue ones please"})
    decide(world, caller)
    order = taken["order_id"]
    assert caller.ok("GET", f"/orders/{order}")["phase"] == "on_hold"
    assert refused(caller, f"/orders/{order}/hold", {"note": "n"}) == (409, "order_not_open")
    assert caller.ok("POST", f"/orders/{order}/cancel", {"reason": "spam"})["phase"] == "cancelled"
    assert caller.ok("GET", f"/orders/{order}")["phase"] == "cancelled"
    assert caller.ok("GET", taken["status_url"])["status"] == "rejected"


def test_stock_that_comes_is_the_oldest_orders_and_its_story_says_so(world: World, caller: Caller) -> None:
    (item,) = caller.ok("GET", "/catalogue/items")["items"]
    caller.ok("PATCH", f"/catalogue/items/{item['id']}", {"backorder_limit": 20})
    first, second = ordered(world, caller, 12), ordered(world, caller, 3)
    receipt = {"sku": "SKU-F", "location": "LOC-F", "quantity": 4}
    assert [caller.ok("GET", f"/orders/{one}")["phase"] for one in (first, second)] == ["awaiting_stock"] * 2
    caller.ok("POST", "/stock/receipts", receipt)
    assert caller.ok("GET", "/stock?location=LOC-F")["items"][0]["backordered"] == 1
    carry(world)
    story = caller.ok("GET", f"/orders/{first}")
    assert (story["phase"], story["lines"][0]["backordered"]) == ("allocated", 0)
    assert story["timeline"][-1]["type"] == "order.lines_covered.v1"
    waiting = caller.ok("GET", f"/orders/{second}")
    assert (waiting["phase"], waiting["lines"][0]["backordered"]) == ("awaiting_stock", 1)
    assert [row["id"] for row in caller.ok("GET", "/orders?phase=awaiting_stock")["items"]] == [second]


def test_a_return_from_the_customers_door_to_the_shelf(world: World, caller: Caller) -> None:
    caller.ok(
        "PATCH",
        f"/catalogue/items/{caller.ok('GET', '/catalogue/items')['items'][0]['id']}",
        {"price": {"amount": "2.50", "currency": "GBP"}},
    )
    order = ordered(world, caller)
    (work,) = caller.ok("GET", "/fulfilments")["items"]
    caller.ok("POST", f"/fulfilments/{work['id']}/accept")
    caller.ok("POST", f"/fulfilments/{work['id']}/ship", {})
    wanted = {"lines": [{"line": 1, "quantity": 2, "reason": "too small"}]}
    back = caller.ok("POST", f"/orders/{order}/returns", wanted, headers={"idempotency-key": "rma-1"})
    assert caller.ok("POST", f"/orders/{order}/returns", wanted, headers={"idempotency-key": "rma-1"}) == back
    one = f"/returns/{back['id']}"
    assert refused(caller, f"{one}/receive", {"location": "LOC-F"}) == (409, "return_state")
    assert caller.ok("POST", f"{one}/approve")["state"] == "approved"
    assert caller.ok("POST", f"{one}/send")["state"] == "in_transit"
    assert caller.ok("POST", f"{one}/receive", {"location": "LOC-F"})["lines"][0]["received"] == 2
    assert shelf(caller) == (8, 6, 0, 0)
    found = {"lines": [{"line": 1, "sellable": 1, "scrapped": 1}]}
    assert caller.ok("POST", f"{one}/inspect", found)["state"] == "inspected"
    assert shelf(caller) == (7, 7, 0, 0)
    asked = caller.ok("POST", f"{one}/refunds", {})["refunds"][0]
    assert (asked["amount"], asked["state"]) == ({"amount": "5.00", "currency": "GBP"}, "requested")
    assert refused(caller, f"{one}/refunds", {}) == (422, "invalid_change")
    assert refused(caller, f"{one}/refunds/2/settle", {}) == (404, "refund_not_found")
    assert refused(caller, f"{one}/refunds/x/settle", {}) == (404, "refund_not_found")
    assert caller.ok("POST", f"{one}/refunds/1/settle", {"reference": "re_1"})["refunds"][0]["state"] == "settled"
    resolved = caller.ok("POST", f"{one}/resolve", {})
    assert resolved["state"] == "resolved"
    assert caller.ok("GET", f"/orders/{order}/returns") == [resolved]
    assert caller.ok("GET", "/returns?state=resolved")["items"] == [resolved]
    assert caller.ok("GET", f"/orders/{order}")["returns"] == [resolved]


def test_goods_for_goods(world: World, caller: Caller) -> None:
    items = caller.ok("GET", "/catalogue/items")["items"]
    caller.ok("PATCH", f"/catalogue/items/{items[0]['id']}", {"price": {"amount": "2.50", "currency": "GBP"}})
    order = ordered(world, caller)
    (work,) = caller.ok("GET", "/fulfilments")["items"]
    caller.ok("POST", f"/fulfilments/{work['id']}/accept")
    caller.ok("POST", f"/fulfilments/{work['id']}/ship", {})
    wanted = {
        "kind": "exchange",
        "lines": [{"line": 1, "quantity": 2, "reason": "too small"}],
        "replacements": [{"sku": "SKU-F", "quantity": 1}],
    }
    assert refused(caller, f"/orders/{order}/returns", {**wanted, "replacements": []}) == (422, "invalid_change")
    unknown = {**wanted, "replacements": [{"sku": "NONE", "quantity": 1}]}
    assert refused(caller, f"/orders/{order}/returns", unknown) == (422, "unknown_item")
    back = caller.ok("POST", f"/orders/{order}/returns", wanted)
    price = {"amount": "2.50", "currency": "GBP"}
    assert back["replacements"] == [{"sku": "SKU-F", "quantity": 1, "unit_price": price}]
    one = f"/returns/{back['id']}"
    approved = caller.ok("POST", f"{one}/approve", headers={"idempotency-key": "x-1"})
    assert caller.ok("POST", f"{one}/approve", headers={"idempotency-key": "x-1"}) == approved
    (new,) = approved["replaced_by"]
    assert refused(caller, f"{one}/refunds", {}) == (409, "replacement_open")
    decide(world, caller)
    sent = caller.ok("GET", f"/orders/{new}")
    assert (sent["phase"], sent["exchange_of"], sent["total"]) == ("allocated", order, price)
    assert refused(caller, f"{one}/cancel", {"reason": "keeps it"}) == (409, "replacement_open")
    assert caller.ok("POST", f"{one}/refunds", {})["refunds"][0]["amount"] == price
    story = caller.ok("GET", f"/orders/{order}")
    assert (story["exchange_of"], story["returns"][0]["replaced_by"]) == (None, [new])
    assert [moment["type"] for moment in story["timeline"]][-3:] == [
        "return.moved.v1",
        "return.replaced.v1",
        "refund.requested.v1",
    ]


def test_an_order_is_closed_and_opened_again(world: World, caller: Caller) -> None:
    order = ordered(world, caller)
    (work,) = caller.ok("GET", "/fulfilments")["items"]
    why = {"reason": "all there"}
    assert refused(caller, f"/orders/{order}/close", why) == (409, "order_not_done")
    for act, body in (("accept", None), ("ship", {}), ("deliver", {})):
        caller.ok("POST", f"/fulfilments/{work['id']}/{act}", body)
    closed = caller.ok("POST", f"/orders/{order}/close", why)
    assert (closed["phase"], closed["closed_at"] is not None) == ("closed", True)
    assert [row["id"] for row in caller.ok("GET", "/orders?phase=closed")["items"]] == [order]
    back = {"lines": [{"line": 1, "quantity": 1, "reason": "broken"}]}
    assert refused(caller, f"/orders/{order}/returns", back) == (409, "order_closed")
    assert caller.ok("POST", f"/orders/{order}/reopen", {"reason": "broken"})["phase"] == "delivered"
    assert refused(caller, f"/orders/{order}/reopen", {"reason": "broken"}) == (409, "order_not_open")
    assert caller.ok("POST", f"/orders/{order}/returns", back)["state"] == "requested"


def test_a_preorder_is_sent_from_its_day_on(world: World, caller: Caller) -> None:
    (item,) = caller.ok("GET", "/catalogue/items")["items"]
    day = "2999-05-01"
    changed = caller.ok("PATCH", f"/catalogue/items/{item['id']}", {"backorder_limit": 20, "available_on": day})
    assert changed["available_on"] == day
    assert caller.ok("GET", "/stock/SKU-F/promise")["expected_on"] == day
    due = {"sku": "SKU-F", "location": "LOC-F", "quantity": 5, "due": "2998-01-31T00:00:00Z"}
    caller.ok("POST", "/stock/expected", due)
    assert caller.ok("GET", "/stock/SKU-F/promise")["expected_on"] == "2998-01-31"
    order = ordered(world, caller, 14)
    story = caller.ok("GET", f"/orders/{order}")
    assert (story["phase"], story["lines"][0]["expected_on"]) == ("awaiting_stock", day)
    assert caller.ok("GET", "/orders")["items"][0]["lines"][0]["expected_on"] == day
    (work,) = caller.ok("GET", "/fulfilments")["items"]
    caller.ok("POST", f"/fulfilments/{work['id']}/accept")
    body = {"lines": [{"line": 1, "quantity": 3}]}
    answer = caller("POST", f"/fulfilments/{work['id']}/ship", body)
    assert (answer.status_code, answer.json()["code"], day in answer.json()["detail"]) == (409, "not_released", True)
    caller.ok("PATCH", f"/catalogue/items/{item['id']}", {"available_on": "2020-01-01"})
    assert caller.ok("GET", f"/orders/{order}")["lines"][0]["expected_on"] is None
    assert caller.ok("POST", f"/fulfilments/{work['id']}/ship", body)["state"] == "picking"
