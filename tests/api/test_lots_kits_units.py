"""Lots, kits and units over HTTP: received, promised, blocked, shown."""

from typing import Any

from tests.api.world import Caller, World, decide, stocked, with_lots_and_kits


def a_shop(world: World, name: str) -> Caller:
    return with_lots_and_kits(stocked(world.tenant(name)))


def ordered(world: World, caller: Caller, *items: dict[str, Any], **order: Any) -> dict[str, Any]:
    """The order as it was decided."""
    receipt = caller.ok("POST", "/orders", {"items": list(items), **order})
    decide(world, caller)
    found: dict[str, Any] = caller.ok("GET", f"/orders/{receipt['order_id']}")
    return found


def test_the_lot_that_expires_first_is_promised_and_a_blocked_one_never(world: World) -> None:
    caller = a_shop(world, "lots")
    order = ordered(world, caller, {"sku": "SKU-L", "quantity": 4})
    parts = [(part["lot"], part["quantity"]) for part in order["lines"][0]["allocations"]]
    assert parts == [("L2", 3), ("L1", 1)]
    blocked = caller.ok("POST", "/stock/lots/SKU-L/L1/reclassify", {"status": "quarantine", "reason": "seal broken"})
    assert blocked == {
        "sku": "SKU-L", "lot": "L1", "expires_on": "2999-06-30", "status": "quarantine", "promisable": False,
        "version": 2,
    }  # fmt: skip
    assert ordered(world, caller, {"sku": "SKU-L", "quantity": 1})["phase"] == "rejected"
    refused = caller("POST", "/reservations", {"items": [{"sku": "SKU-L", "quantity": 1}]})
    assert (refused.status_code, refused.json()["code"]) == (409, "insufficient_stock")
    assert caller("POST", "/inventory/allocate", {"sku": "SKU-L", "quantity": 1, "channel": "x"}).status_code == 409
    caller.ok("POST", "/stock/lots/SKU-L/L1/reclassify", {"status": "available", "reason": "resealed"})
    held = caller.ok("POST", "/reservations", {"items": [{"sku": "SKU-L", "quantity": 2}]})
    assert [(part["lot"], part["quantity"]) for part in held["items"]] == [("L1", 2)]


def test_a_lot_past_its_day_is_not_promised_though_nobody_blocked_it(world: World) -> None:
    caller = a_shop(world, "expired")
    old = {"sku": "SKU-L", "location": "LOC-A", "quantity": 50, "lot": "OLD", "expires_on": "2001-01-01"}
    assert caller.ok("POST", "/stock/receipts", old)["balance"]["available"] == 50
    assert ordered(world, caller, {"sku": "SKU-L", "quantity": 7})["phase"] == "rejected"
    assert caller("POST", "/reservations", {"items": [{"sku": "SKU-L", "quantity": 7}]}).status_code == 409
    (lot,) = caller.ok("GET", "/stock/lots?sku=SKU-L&expires_before=2001-01-02")["items"]
    assert (lot["lot"], lot["promisable"], lot["on_hand"], lot["status"]) == ("OLD", False, 50, "available")


def test_lots_and_balances_are_listed_page_by_page(world: World) -> None:
    caller = a_shop(world, "pages of lots")

    def pages(path: str) -> list[Any]:
        seen, cursor = [], ""
        while True:
            page = caller.ok("GET", f"{path}limit=1{cursor}")
            seen += page["items"]
            if page["next_cursor"] is None:
                return seen
            cursor = f"&cursor={page['next_cursor']}"

    assert [lot["lot"] for lot in pages("/stock/lots?sku=SKU-L&")] == ["L2", "L1"]
    assert [lot["lot"] for lot in pages("/stock/lots?")] == ["L2", "L1", "S1"]
    shelves = [("SKU-A", None), ("SKU-L", "L1"), ("SKU-L", "L2"), ("SKU-S", "S1")]
    assert [(row["sku"], row["lot"]) for row in pages("/stock?")] == shelves
    assert [(row["sku"], row["lot"]) for row in pages("/inventory?")] == shelves
    entries = caller.ok("GET", "/stock/SKU-L/entries")["items"]
    assert [entry["lot"] for entry in entries] == ["L2", "L1"]


def test_a_kit_is_ordered_whole_and_shown_by_what_it_is_made_of(world: World) -> None:
    caller = a_shop(world, "kits")
    price = {"amount": "30.00", "currency": "GBP"}
    order = ordered(world, caller, {"sku": "SKU-K", "quantity": 2, "unit_price": price})
    (line,) = order["lines"]
    assert (line["ordered"], line["allocated"], order["total"]["amount"]) == (2, 2, "60.00")
    parts = [(part["sku"], part["lot"], part["quantity"]) for part in line["allocations"]]
    assert parts == [("SKU-A", None, 4), ("SKU-L", "L2", 2)]
    assert [one["component"] for one in order["explanation"]["allocation"]] == ["SKU-A", "SKU-L"]
    short = ordered(world, caller, {"sku": "SKU-K", "quantity": 4})
    assert [reason["detail"] for reason in short["reasons"]] == ["SKU-K: 2 of 8 base units of SKU-A are not available"]
    held = caller.ok("POST", "/reservations", {"items": [{"sku": "SKU-K", "quantity": 1}]})
    assert [(part["sku"], part["lot"], part["quantity"]) for part in held["items"]] == [
        ("SKU-A", None, 2),
        ("SKU-L", "L2", 1),
    ]
    tried = caller.ok("POST", "/inventory/allocate", {"sku": "SKU-K", "quantity": 2, "channel": "x", "dry_run": True})
    assert [(part["sku"], part["quantity"]) for part in tried["allocations"]] == [("SKU-A", 4), ("SKU-L", 2)]
    over = caller("POST", "/inventory/allocate", {"sku": "SKU-K", "quantity": 3, "channel": "x"})
    assert (over.status_code, over.json()["explanation"]["quantity"], over.json()["explanation"]["short"]) == (
        409,
        2,
        1,
    )
    done = caller.ok("POST", "/inventory/allocate", {"sku": "SKU-K", "quantity": 2, "channel": "x"})
    assert done["group_id"]
    caller("POST", "/stock/receipts", {"sku": "SKU-K", "location": "LOC-A", "quantity": 1})


def test_what_can_be_promised_of_many_items_at_once(world: World) -> None:
    caller = a_shop(world, "availability")
    caller.ok("POST", "/locations", {"code": "FAR", "kind": "warehouse"})
    caller.ok("POST", "/stock/receipts", {"sku": "SKU-A", "location": "FAR", "quantity": 7})
    caller.ok("POST", "/stock/lots/SKU-L/L1/reclassify", {"status": "hold", "reason": "recall"})
    found = caller.ok("POST", "/inventory/availability", {"skus": ["SKU-K", "SKU-A", "SKU-L", "SKU-S", "NONE"]})
    assert found["items"] == [
        {"sku": "SKU-A", "total": 17, "allowance": 0, "locations": {"FAR": 7, "LOC-A": 10}},
        {"sku": "SKU-K", "total": 3, "allowance": 0, "locations": {"LOC-A": 3}},
        {"sku": "SKU-L", "total": 3, "allowance": 0, "locations": {"LOC-A": 3}},
        {"sku": "SKU-S", "total": 1, "allowance": 0, "locations": {"LOC-A": 1}},
    ]


def test_a_line_in_a_unit_is_counted_in_the_items_own(world: World) -> None:
    caller = a_shop(world, "units")
    shelf = {"sku": "SKU-A", "location": "LOC-A", "unit": "dozen", "reason": "r"}
    received = caller.ok("POST", "/stock/receipts", {**shelf, "quantity": 2})
    assert (received["quantity"], received["unit"], received["balance"]["available"]) == (24, "dozen", 34)
    assert caller.ok("POST", "/stock/adjustments", {**shelf, "quantity": "-0.5"})["balance"]["available"] == 28
    assert caller.ok("POST", "/stock/counts", {**shelf, "quantity": 3})["balance"]["on_hand"] == 36
    price = {"amount": "10.00", "currency": "GBP"}
    order = ordered(world, caller, {"sku": "SKU-A", "quantity": "1.5", "unit": "dozen", "unit_price": price})
    (line,) = order["lines"]
    assert (line["ordered"], line["unit"], line["price_per"], order["total"]["amount"]) == (18, "dozen", 12, "15.00")
    held = caller.ok("POST", "/reservations", {"items": [{"sku": "SKU-A", "quantity": 1, "unit": "dozen"}]})
    assert held["items"][0]["quantity"] == 12
    refused = ordered(world, caller, {"sku": "SKU-A", "quantity": 1, "unit": "barrel"})
    assert (refused["reasons"][0]["code"], refused["reasons"][0]["path"]) == ("unknown_unit", "$.items[0].unit")


def test_an_item_says_how_it_is_kept_and_counted(world: World) -> None:
    caller = a_shop(world, "items")
    (kit,) = caller.ok("GET", "/catalogue/items?sku=SKU-K")["items"]
    assert kit["components"] == [{"sku": "SKU-A", "quantity": 2}, {"sku": "SKU-L", "quantity": 1}]
    (item,) = caller.ok("GET", "/catalogue/items?sku=SKU-A")["items"]
    assert (item["tracking"], item["units"]) == ("none", [{"name": "dozen", "size": 12}])
    assert caller.ok("PATCH", f"/catalogue/items/{item['id']}", {"units": []})["units"] == []
    (by_lot,) = caller.ok("GET", "/catalogue/items?sku=SKU-L")["items"]
    owed = caller("PATCH", f"/catalogue/items/{by_lot['id']}", {"backorder_limit": 1})
    assert (owed.status_code, owed.json()["errors"][0]["path"]) == (422, "$.backorder_limit")
