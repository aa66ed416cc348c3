"""Each slice once, the way it is meant to go."""

import httpx
import pytest

from tests.api.world import Caller, World, decide, stocked


def test_an_item_is_created_found_and_changed(shop: Caller) -> None:
    made = shop.ok(
        "POST",
        "/catalogue/items",
        {"sku": "CLOTH", "name": "Cloth", "uom": "m", "scale": 2, "price": {"amount": "12.50", "currency": "GBP"},
         "backorder_limit": "1.25"},
    )  # fmt: skip
    assert made["price"] == {"amount": "12.50", "currency": "GBP"}
    assert made["backorder_limit"] == 1.25
    path = f"/catalogue/items/{made['id']}"
    assert shop.ok("PATCH", path, {"name": "Fine cloth", "backorder_limit": 2})["version"] == 2
    assert shop.ok("GET", path)["name"] == "Fine cloth"
    assert [item["sku"] for item in shop.ok("GET", "/catalogue/items?sku=CLOTH")["items"]] == ["CLOTH"]
    assert shop("POST", "/catalogue/items", {"sku": "CLOTH", "name": "Again"}).status_code == 409


def test_lists_page_by_cursor(world: World) -> None:
    caller = world.tenant("pages")
    skus = [f"P-{number}" for number in range(5)]
    for sku in skus:
        caller.ok("POST", "/catalogue/items", {"sku": sku, "name": sku})
    seen: list[str] = []
    cursor = ""
    while True:
        page = caller.ok("GET", f"/catalogue/items?limit=2{cursor}")
        seen += [item["sku"] for item in page["items"]]
        if page["next_cursor"] is None:
            break
        cursor = f"&cursor={page['next_cursor']}"
    assert seen == skus


def test_stock_is_received_adjusted_counted_and_moved(world: World) -> None:
    caller = stocked(world.tenant("stock"), "S")
    shelf = {"sku": "SKU-S", "location": "LOC-S", "reason": "because"}
    assert caller.ok("POST", "/stock/adjustments", {**shelf, "quantity": -3})["balance"]["available"] == 7
    moved = caller.ok(
        "POST", "/stock/moves", {**shelf, "quantity": "2", "from_bucket": "available", "to_bucket": "damaged"}
    )
    assert (moved["kind"], moved["from_bucket"], moved["to_bucket"]) == ("damage", "available", "damaged")
    assert caller.ok("POST", "/stock/counts", {**shelf, "quantity": 7})["entries"] == []
    (row,) = caller.ok("GET", "/stock?sku=SKU-S&location=LOC-S")["items"]
    assert (row["on_hand"], row["available"], row["damaged"], row["incoming"]) == (7, 5, 2, 0)
    entries = caller.ok("GET", "/stock/SKU-S/entries")["items"]
    assert [entry["kind"] for entry in entries] == ["damage", "adjust", "receive"]
    (product,) = caller.ok("GET", "/inventory")["items"]
    assert (product["product_name"], product["current_stock"]) == ("Thing S", 7)


def test_allocation_explains_itself_and_answers_409_when_short(world: World) -> None:
    caller = stocked(world.tenant("allocation"), "L")
    tried = caller.ok("POST", "/inventory/allocate", {"sku": "SKU-L", "quantity": 4, "channel": "x", "dry_run": True})
    assert tried["allocations"] == [{"sku": "SKU-L", "location": "LOC-L", "lot": None, "quantity": 4, "backordered": 0}]
    assert tried["group_id"] is None
    done = caller.ok("POST", "/inventory/allocate", {"sku": "SKU-L", "quantity": 4, "channel": "x"})
    assert done["group_id"]
    short = caller("POST", "/inventory/allocate", {"sku": "SKU-L", "quantity": 7, "channel": "x"})
    assert short.status_code == 409
    assert short.json()["explanation"]["short"] == 1
    assert short.json()["code"] == "insufficient_stock"


@pytest.mark.parametrize("way", ["front", "router"])
def test_an_order_goes_from_202_to_its_story(world: World, way: str) -> None:
    caller = stocked(world.tenant(f"orders {way}"), "O")
    app = world.http.app() if way == "front" else world.http.app().litestar
    body = {
        "items": [{"sku": "SKU-O", "quantity": 2, "unit_price": {"amount": "12.50", "currency": "GBP"}}],
        "customer": {"email": "ann@example.com", "name": "Ann"},
        "channel": "web",
        "external_id": "1001",
        "currency": "GBP",
        "priority": "high",
        "ship_to": {"name": "Ann", "country": "GB"},
    }
    answer = caller("POST", "/orders", body, app=app)
    assert answer.status_code == 202, answer.text
    receipt = answer.json()
    assert receipt["status_url"] == f"/api/v1/orders/{receipt['job_id']}/status"
    pending = caller.ok("GET", receipt["status_url"])
    assert pending == {**pending, "status": "pending", "progress": 0}
    assert set(pending) == {"job_id", "order_id", "status", "progress"}
    decide(world, caller)
    status = caller.ok("GET", receipt["status_url"])
    assert (status["status"], status["progress"], set(status)) == ("completed", 100, {*pending, "data"})
    order = caller.ok("GET", f"/orders/{receipt['order_id']}")
    assert order["phase"] == "allocated"
    assert order["total"] == {"amount": "25.00", "currency": "GBP"}
    assert order["lines"][0]["allocations"] == [
        {"sku": "SKU-O", "location": "LOC-O", "lot": None, "quantity": 2, "backordered": 0}
    ]
    assert order["explanation"]["routing"]["rule"] == "default"
    assert [moment["type"] for moment in order["timeline"]] == ["order.accepted.v1"]
    query = "phase=allocated&channel=web&external_id=1001&created_from=1960-01-01T00:00:00Z"
    assert [found["id"] for found in caller.ok("GET", f"/orders?{query}")["items"]] == [order["id"]]
    assert world.telemetry.counts["orders_enqueued_total", (("priority", "high"),)] >= 1


@pytest.mark.parametrize("way", ["front", "router"])
def test_a_batch_answers_each_in_order_and_a_rejected_order_says_why(world: World, way: str) -> None:
    caller = stocked(world.tenant(f"batch {way}"), "B")
    app = world.http.app() if way == "front" else world.http.app().litestar
    orders = [{"items": [{"sku": sku, "quantity": 1}]} for sku in ("SKU-B", "NONE", "SKU-B")]
    answer = caller("POST", "/orders/batch", orders, app=app)
    assert answer.status_code == 202, answer.text
    receipts = answer.json()["items"]
    decide(world, caller)
    statuses = [caller.ok("GET", receipt["status_url"]) for receipt in receipts]
    assert [status["status"] for status in statuses] == ["completed", "rejected", "completed"]
    assert statuses[1]["error"]["reasons"][0]["path"].startswith("$.items[0]")


def test_an_order_in_words_is_taken_in(shop: Caller) -> None:
    assert shop.ok("POST", "/orders", {"text": "two of the blue ones: \u00e9\u4e2d, please"})["status"] == "pending"


def test_credit_accounts(shop: Caller) -> None:
    limit = {"limit": {"amount": 500, "currency": "EUR"}}
    assert shop.ok("PUT", "/credit/accounts/acme", limit)["available"]["amount"] == "500.00"
    assert shop.ok("GET", "/credit/accounts/acme")["exposure"]["amount"] == "0.00"
    assert [account["customer"] for account in shop.ok("GET", "/credit/accounts")["items"]] == ["acme"]


def test_flags_and_policies(shop: Caller) -> None:
    assert shop.ok("PUT", "/configuration/flags/RISK_ASSESSMENT", {"enabled": False})["enabled"] is False
    assert shop.ok("GET", "/configuration/flags")["items"] == [{"flag": "RISK_ASSESSMENT", "enabled": False}]
    shop.ok("PUT", "/configuration/flags/RISK_ASSESSMENT", {"enabled": True})
    for name, policy in {
        "risk": {"weights": {"burst": 100}, "review_above": 500},
        "allocation": {"rules": ["most_stock"]},
        "routing": {"by_country": {"GB": "own-uk"}, "default_vendor": "own"},
        "lanes": {"channels": {"web": "high"}, "customers": {}},
    }.items():
        put = shop.ok("PUT", f"/configuration/policies/{name}", policy)
        assert put == {**put, **policy}
        assert shop.ok("GET", f"/configuration/policies/{name}") == put


@pytest.mark.parametrize(
    ("wrong", "status", "path"),
    [
        ({"rules": ["nearest"]}, 422, "$.rules[0]"),
        ({"rules": ["cost"], "costs": {"W1": {"GB": -1}}}, 422, "$.costs.W1.GB"),
        ({"rules": ["cost"], "kept": {"web": {"W1": -1}}}, 422, "$.kept.web.W1"),
        ({"rules": ["cost"], "kept": {"web": {"W1": "20%"}}}, 400, "$.kept[...][...]"),
        ({"rules": ["cost"], "costs": {"W1": {"England": 1}}}, 400, "$.costs[...]"),
        ({"rules": ["cost"], "cheapest": True}, 400, "cheapest"),
    ],
)
def test_an_allocation_policy_that_makes_no_sense_says_where(
    shop: Caller, wrong: dict[str, object], status: int, path: str
) -> None:
    answer = shop("PUT", "/configuration/policies/allocation", wrong)
    assert answer.status_code == status
    assert path in answer.text


def test_an_order_says_which_locations_were_passed_over(world: World) -> None:
    caller = stocked(world.tenant("passed over"), "Q")
    for code, priority, quantity in (("FIRST", 1, 2), ("SHUT", 2, 9)):
        caller.ok("POST", "/locations", {"code": code, "kind": "warehouse", "priority": priority})
        caller.ok("POST", "/stock/receipts", {"sku": "SKU-Q", "location": code, "quantity": quantity})
    policy = {"rules": ["whole_line", "priority"], "excluded": {"web": ["SHUT"]}, "kept": {"shop": {"LOC-Q": 4}}}
    caller.ok("PUT", "/configuration/policies/allocation", policy)
    body = {"sku": "SKU-Q", "quantity": 5, "channel": "web", "dry_run": True}
    tried = caller.ok("POST", "/inventory/allocate", body)
    assert [(one["location"], one["why"], one["kept"]) for one in tried["tried"]] == [
        ("LOC-Q", None, 4),
        ("FIRST", "not_needed", 0),
        ("SHUT", "excluded", 0),
    ]
    assert tried["passed_over"] == [{"sku": "SKU-Q", "location": "FIRST", "missing": 3}]
    order = {"items": [{"sku": "SKU-Q", "quantity": 5}], "channel": "web"}
    receipt = caller("POST", "/orders", order).json()
    decide(world, caller)
    story = caller.ok("GET", f"/orders/{receipt['order_id']}")
    assert story["passed_over"] == [
        {
            "line": 1,
            "component": None,
            "location": "FIRST",
            "missing": 3,
            "detail": "would have been FIRST with 3 base units more",
        }
    ]
    assert [one["why"] for one in story["explanation"]["allocation"][0]["allocation"]["tried"]] == [
        None,
        "not_needed",
        "excluded",
    ]


def test_events_go_on_where_they_ended(world: World) -> None:
    caller = stocked(world.tenant("events"), "E")
    first = caller.ok("GET", "/events?limit=2")
    rest = caller.ok("GET", f"/events?after={first['next_cursor']}")
    events = first["items"] + rest["items"]
    kinds = {event["type"] for event in events}
    assert {"item.created.v1", "location.created.v1", "stock.moved.v1"} <= kinds
    assert all(event["specversion"] == "1.0" for event in events)
    assert len({event["id"] for event in events}) == len(events)
    assert caller.ok("GET", f"/events?after={rest['next_cursor']}") == {
        "items": [],
        "next_cursor": rest["next_cursor"],
    }


def test_the_stream_resumes_and_ends_with_the_process(world: World) -> None:
    caller = stocked(world.tenant("stream"), "T")
    first = caller.ok("GET", "/events?limit=3")["next_cursor"]
    world.loop.call_later(0.5, world.stopping.set)
    try:
        answer = caller("GET", "/events/stream", headers={"last-event-id": first})
    finally:
        world.stopping.clear()
    assert answer.headers["content-type"] == "text/event-stream"
    assert "event: stock.moved.v1" in answer.text
    assert "tenant.created.v1" not in answer.text


def test_keys_open_only_what_their_scopes_say(shop: Caller, world: World) -> None:
    issued = shop.ok("POST", "/api-keys", {"name": "reader", "scopes": ["catalogue:read"]})
    reader = Caller(world, shop.tenant, issued["token"])
    assert reader("GET", "/catalogue/items").status_code == 200
    assert reader("POST", "/catalogue/items", {"sku": "N", "name": "N"}).status_code == 403


def test_dead_letters_are_listed_and_none_is_missing(shop: Caller) -> None:
    assert shop.ok("GET", "/dead-letters") == {"items": [], "next_cursor": None}


def test_health_documents_and_aliases(shop: Caller, world: World) -> None:
    async def get(path: str) -> int:
        transport = httpx.ASGITransport(app=world.http.app())
        async with httpx.AsyncClient(transport=transport, base_url="http://x") as client:
            answer = await client.get(path)
            assert answer.headers["x-request-id"]
            assert answer.headers["x-content-type-options"] == "nosniff"
            return answer.status_code

    paths = ("/health", "/health/live", "/health/ready", "/metrics", "/openapi.json", "/docs", "/docs.js")
    assert {path: world.run(get(path)) for path in paths} == dict.fromkeys(paths, 200)
    assert shop.ok("GET", "/api/catalogue/items")["items"]
    assert shop("GET", "/stock", headers={"x-request-id": "mine-1"}).headers["x-request-id"] == "mine-1"
