"""The same request with the same key is done once and answered the same."""

import pytest

from tests.api.world import Caller, World, stocked


@pytest.fixture(scope="module")
def caller(world: World) -> Caller:
    """A tenant of this module."""
    return stocked(world.tenant("again"), "A")


def test_a_receipt_sent_twice_is_entered_once(caller: Caller) -> None:
    receipt = {"sku": "SKU-A", "location": "LOC-A", "quantity": 5}
    first = caller("POST", "/stock/receipts", receipt, headers={"idempotency-key": "k-1"})
    again = caller("POST", "/api/stock/receipts", receipt, headers={"idempotency-key": "k-1"})
    assert (first.status_code, first.content) == (again.status_code, again.content)
    assert caller.ok("GET", "/stock")["items"][0]["available"] == 15


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/stock/receipts", {"sku": "SKU-A", "location": "LOC-A", "quantity": 6}),
        ("/locations", {"code": "L", "kind": "store"}),
    ],
)
def test_a_key_used_for_something_else_is_refused(caller: Caller, path: str, body: dict[str, object]) -> None:
    caller("POST", "/stock/receipts", {"sku": "SKU-A", "location": "LOC-A", "quantity": 5},
           headers={"idempotency-key": "k-2"})  # fmt: skip
    answer = caller("POST", path, body, headers={"idempotency-key": "k-2"})
    assert (answer.status_code, answer.json()["code"]) == (422, "idempotency_key_reused")


def test_a_refusal_is_not_an_answer_to_keep(caller: Caller) -> None:
    item = {"sku": "LATER", "location": "LOC-A", "quantity": 1}
    assert caller("POST", "/stock/receipts", item, headers={"idempotency-key": "k-3"}).status_code == 422
    caller.ok("POST", "/catalogue/items", {"sku": "LATER", "name": "Later"})
    assert caller("POST", "/stock/receipts", item, headers={"idempotency-key": "k-3"}).status_code == 201


def test_an_order_sent_twice_is_one_order(caller: Caller) -> None:
    order = {"items": [{"sku": "SKU-A", "quantity": 1}]}
    first = caller("POST", "/orders", order, headers={"idempotency-key": "o-1"})
    again = caller("POST", "/orders", order, headers={"idempotency-key": "o-1"})
    assert first.content == again.content
    other = caller("POST", "/orders", {"items": [{"sku": "SKU-A", "quantity": 2}]}, headers={"idempotency-key": "o-1"})
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")
    assert caller.ok("POST", "/orders", order)["job_id"] != first.json()["job_id"]


def test_a_channels_order_id_is_one_order(caller: Caller) -> None:
    order = {"items": [{"sku": "SKU-A", "quantity": 1}], "channel": "web", "external_id": "77"}
    assert caller.ok("POST", "/orders", order)["job_id"] == caller.ok("POST", "/orders", order)["job_id"]
    other = caller("POST", "/orders", {**order, "items": [{"sku": "SKU-A", "quantity": 3}]})
    assert (other.status_code, other.json()["code"]) == (409, "external_id_reused")


def test_a_batch_sent_twice_is_one_batch(caller: Caller) -> None:
    batch = [{"items": [{"sku": "SKU-A", "quantity": number}]} for number in (1, 2, 3)]
    first = caller("POST", "/orders/batch", batch, headers={"idempotency-key": "b-1"})
    again = caller("POST", "/orders/batch", batch, headers={"idempotency-key": "b-1"})
    assert first.status_code == again.status_code == 202
    assert first.content == again.content
    other = caller("POST", "/orders/batch", batch[:2], headers={"idempotency-key": "b-1"})
    assert other.status_code == 422


def test_one_bad_order_id_of_a_batch_fails_alone(caller: Caller) -> None:
    order = {"items": [{"sku": "SKU-A", "quantity": 1}], "channel": "web", "external_id": "88"}
    caller.ok("POST", "/orders", order)
    batch = [{**order, "items": [{"sku": "SKU-A", "quantity": 9}]}, {"items": [{"sku": "SKU-A", "quantity": 1}]}]
    failed, taken = caller.ok("POST", "/orders/batch", batch)["items"]
    assert (failed["status"], failed["error"]["code"]) == ("failed", "external_id_reused")
    assert taken["status"] == "pending"


def test_a_new_key_is_shown_once_whatever_is_repeated(caller: Caller) -> None:
    asked = {"name": "n", "scopes": ["orders:read"]}
    first = caller.ok("POST", "/api-keys", asked, headers={"idempotency-key": "s-1"})
    again = caller.ok("POST", "/api-keys", asked, headers={"idempotency-key": "s-1"})
    assert first["token"] != again["token"]
