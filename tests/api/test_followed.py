"""What others are waited for, over HTTP: a location's answer, a transfer's arrival, a return's goods and money."""

from typing import Any

import pytest

from core.kernel.context import Context
from core.kernel.event import START
from core.sagas.subscriptions import concerning
from tests.api.test_sagas import _make_due, work
from tests.api.world import Caller, World, decide, stocked

NOBODY = "00000000-0000-7000-8000-000000000000"


@pytest.fixture
def caller(world: World, request: pytest.FixtureRequest) -> Caller:
    """A tenant of the test's own, with ten pieces at one place and as many at another."""
    caller = stocked(world.tenant(request.node.name), "S")
    caller.ok("POST", "/locations", {"code": "LOC-T", "kind": "warehouse", "priority": 200})
    caller.ok("POST", "/stock/receipts", {"sku": "SKU-S", "location": "LOC-T", "quantity": 10})
    return caller


def go_on(world: World, caller: Caller) -> None:
    """What the relay tells sagas of the tenant's events, and what is due because of it."""

    async def tell() -> None:
        adapters = world.http.adapters
        events = [one for one in await adapters.feed().read(START, 100_000) if one.tenant == caller.tenant]
        command = concerning(events)
        if command is not None:
            context = Context(tenants=(caller.tenant,), actor="relay", now=adapters.clock().now(), correlation="c")
            await world.http.door.dispatch().run(command, context)

    world.run(tell())
    work(world)


def time_passes(world: World, caller: Caller) -> None:
    world.run(_make_due(world.http.adapters.database(), caller))
    work(world)


def an_order(world: World, caller: Caller, price: str | None = None) -> str:
    """An order of two, decided."""
    line: dict[str, Any] = {"sku": "SKU-S", "quantity": 2}
    if price:
        line["unit_price"] = {"amount": price, "currency": "GBP"}
    order = caller.ok("POST", "/orders", {"items": [line], "channel": "web"})["order_id"]
    decide(world, caller)
    return str(order)


def fulfilments(caller: Caller, order: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = caller.ok("GET", f"/orders/{order}/fulfilments")
    return found


def test_a_location_that_does_not_answer_is_asked_no_more(world: World, caller: Caller) -> None:
    default = caller.ok("GET", "/configuration/policies/fulfilment")
    assert default == {"answer_within_minutes": None, "ship_within_minutes": 2880}
    caller.ok("PUT", "/configuration/policies/fulfilment", {"answer_within_minutes": 240})
    order = an_order(world, caller)
    go_on(world, caller)
    (asked,) = fulfilments(caller, order)
    assert (asked["state"], asked["location"]) == ("proposed", "LOC-S")
    assert asked["answer_by"] is not None
    (saga,) = caller.ok("GET", "/sagas?name=fulfil-order")["items"]
    assert saga["status"] == "running"
    time_passes(world, caller)
    old, new = fulfilments(caller, order)
    assert (old["state"], old["reason"]) == ("rejected", "it was not answered in time")
    assert (new["state"], new["location"], new["answer_by"]) == ("proposed", "LOC-T", None)
    go_on(world, caller)
    assert fulfilments(caller, order)[1]["answer_by"] is not None
    caller.ok("POST", f"/fulfilments/{new['id']}/accept")
    go_on(world, caller)
    caller.ok("POST", f"/fulfilments/{new['id']}/ship", {})
    go_on(world, caller)
    assert {saga["status"] for saga in caller.ok("GET", "/sagas")["items"]} == {"completed", "compensated"}


@pytest.mark.parametrize("minutes", [0, -5, 525_601])
def test_a_time_of_nothing_or_of_years_is_no_policy(caller: Caller, minutes: int) -> None:
    answer = caller("PUT", "/configuration/policies/fulfilment", {"answer_within_minutes": minutes})
    assert (answer.status_code, answer.json()["errors"][0]["path"]) == (422, "$.answer_within_minutes")


def test_a_transfer_is_followed_to_its_end(world: World, caller: Caller) -> None:
    body = {"from": "LOC-S", "to": "LOC-T", "items": [{"sku": "SKU-S", "quantity": 3}], "reason": "runs low"}
    answer = caller("POST", "/stock/transfers/followed", body, headers={"idempotency-key": "t-1"})
    assert answer.status_code == 202
    begun = answer.json()
    assert caller.ok("POST", "/stock/transfers/followed", body, headers={"idempotency-key": "t-1"}) == begun
    go_on(world, caller)
    transfer = f"/stock/transfers/{begun['transfer_id']}"
    assert caller.ok("GET", transfer)["state"] == "in_transit"
    assert caller.ok("GET", begun["status_url"])["status"] == "running"
    caller.ok("POST", f"{transfer}/receive", {})
    go_on(world, caller)
    story = caller.ok("GET", begun["status_url"])
    assert (story["status"], [step["name"] for step in story["steps"]]) == ("completed", ["start", "arrive"])


def test_a_transfer_of_what_there_is_not_says_why(world: World, caller: Caller) -> None:
    body = {"from": "LOC-S", "to": "LOC-T", "items": [{"sku": "SKU-S", "quantity": 300}], "reason": "r"}
    begun = caller.ok("POST", "/stock/transfers/followed", body)
    go_on(world, caller)
    story = caller.ok("GET", begun["status_url"])
    assert (story["status"], "insufficient_stock" in story["steps"][0]["reason"]) == ("compensated", True)
    assert caller("GET", f"/stock/transfers/{begun['transfer_id']}").status_code == 404
    answer = caller("POST", "/stock/transfers/followed", {**body, "grace_hours": 9000})
    assert (answer.status_code, answer.json()["errors"][0]["path"]) == (400, "$.grace_hours")


def test_a_return_is_settled_while_nobody_watches(world: World, caller: Caller) -> None:
    order = an_order(world, caller, "4.50")
    (one,) = fulfilments(caller, order)
    caller.ok("POST", f"/fulfilments/{one['id']}/accept")
    caller.ok("POST", f"/fulfilments/{one['id']}/ship", {})
    wish = {"lines": [{"line": 1, "quantity": 1, "reason": "too small"}]}
    back = f"/returns/{caller.ok('POST', f'/orders/{order}/returns', wish)['id']}"
    caller.ok("POST", f"{back}/approve")
    begun = caller.ok("POST", f"{back}/settle", {"note": "by card"})
    again = caller("POST", f"{back}/settle", {})
    assert (again.status_code, again.json()["code"]) == (409, "saga_open")
    caller.ok("POST", f"{back}/receive", {"location": "LOC-S"})
    caller.ok("POST", f"{back}/inspect", {"lines": [{"line": 1, "sellable": 1}]})
    go_on(world, caller)
    (shown,) = caller.ok("GET", f"/orders/{order}/returns")
    (refund,) = shown["refunds"]
    assert (refund["state"], refund["amount"]["amount"]) == ("requested", "4.50")
    caller.ok("POST", f"{back}/refunds/{refund['number']}/settle", {"reference": "re_1"})
    go_on(world, caller)
    (shown,) = caller.ok("GET", f"/orders/{order}/returns")
    assert (shown["state"], shown["note"]) == ("resolved", "by card")
    assert caller.ok("GET", begun["status_url"])["status"] == "completed"
    for path, status in ((back, 409), (f"/returns/{NOBODY}", 404), ("/returns/nonsense", 404)):
        assert caller("POST", f"{path}/settle", {}).status_code == status


def test_waits_are_begun_by_whoever_may_do_what_they_do(world: World, caller: Caller) -> None:
    reader = world.caller(caller.tenant, frozenset({"stock:read", "orders:read"}))
    body = {"from": "LOC-S", "to": "LOC-T", "items": [{"sku": "SKU-S", "quantity": 3}], "reason": "r"}
    assert reader("POST", "/stock/transfers/followed", body).status_code == 403
    assert reader("POST", f"/returns/{NOBODY}/settle", {}).status_code == 403
