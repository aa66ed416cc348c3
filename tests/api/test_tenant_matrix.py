"""Two tenants, every route of the document: whatever B asks with A's ids and names, nothing of A appears."""

import json
from typing import Any

import pytest

from entrypoints.http.app import API, openapi_of
from tests.api.bad import GOOD
from tests.api.world import Caller, World, decide, stocked

MARK = "MARKOFA"
OPERATIONS = [
    (method.upper(), path)
    for path, methods in openapi_of("0")["paths"].items()
    if path.startswith("/api/v1/")
    for method in methods
]


@pytest.fixture(scope="module")
def owner(world: World) -> Caller:
    """Tenant A, with something in every slice."""
    caller = stocked(world.tenant(f"tenant {MARK}"), MARK)
    caller.ok("PUT", f"/credit/accounts/{MARK}", {"limit": {"amount": 7, "currency": "GBP"}})
    caller.ok("PUT", "/configuration/policies/lanes", {"channels": {MARK: "high"}, "customers": {}})
    order = {"items": [{"sku": f"SKU-{MARK}", "quantity": 1}], "customer": MARK, "channel": MARK, "external_id": MARK}
    caller.ok("POST", "/orders", order, headers={"idempotency-key": MARK})
    decide(world, caller)
    return caller


@pytest.fixture(scope="module")
def ids(owner: Caller) -> dict[str, list[str]]:
    """A's ids, by the path that takes them."""
    (item,) = owner.ok("GET", "/catalogue/items")["items"]
    (order,) = owner.ok("GET", "/orders")["items"]
    return {
        "items": [item["id"]],
        "orders": [order["id"], order["job_id"]],
        "any": [item["id"], order["id"], order["job_id"], f"SKU-{MARK}", MARK],
    }


@pytest.fixture(scope="module")
def stranger(world: World) -> Caller:
    """Tenant B, who has a stock of its own."""
    return stocked(world.tenant("tenant of b"), "B")


@pytest.fixture(scope="module")
def strangers(world: World, stranger: Caller) -> dict[bool, Caller]:
    """B, and for what writes one more: what is written under A's names would be read back as its own."""
    return {True: stranger, False: stocked(world.tenant("tenant of c"), "C")}


@pytest.mark.parametrize(("method", "path"), OPERATIONS, ids=lambda part: part)
def test_nothing_of_another_tenant_appears(
    owner: Caller, strangers: dict[bool, Caller], ids: dict[str, list[str]], method: str, path: str
) -> None:
    stranger = strangers[method == "GET"]
    if path.endswith("/stream"):
        stranger.world.stopping.set()
    secrets = [MARK, owner.tenant, *ids["any"]]
    try:
        for given in ids["any"] if "{" in path else [""]:
            target = path.replace("{id}", given).replace("{sku}", given).replace("{customer}", given)
            target = target.replace("{flag}", given).replace("{line}", "1").replace("{number}", "1")
            target = target.replace("{lot}", given)
            answer = stranger(method, target, **_body(method, path))
            assert answer.status_code < 500, answer.text
            assert "{" not in path or not _tells(answer.text.replace(given, ""), secrets), answer.text
            assert "{" in path or not _tells(answer.text, secrets), answer.text
            if "{" in path and not (method == "PUT" and "/credit/" in path):
                assert answer.status_code == 404, answer.text
    finally:
        stranger.world.stopping.clear()


@pytest.mark.parametrize(
    ("query", "listing"),
    [
        ("channel", "/orders"),
        ("external_id", "/orders"),
        ("sku", "/stock"),
        ("location", "/stock"),
        ("sku", "/inventory"),
        ("sku", "/catalogue/items"),
    ],
)
def test_asking_for_anothers_by_name_finds_nothing(stranger: Caller, owner: Caller, query: str, listing: str) -> None:
    for name in (MARK, f"SKU-{MARK}", f"LOC-{MARK}"):
        assert stranger.ok("GET", f"{listing}?{query}={name}")["items"] == []


def test_a_cursor_of_another_tenant_opens_nothing(stranger: Caller, owner: Caller) -> None:
    cursor = owner.ok("GET", "/events?limit=1")["next_cursor"]
    assert owner("GET", f"/events?after={cursor}").status_code == 200
    assert stranger("GET", f"/events?after={cursor}").status_code == 400


def test_keys_and_external_ids_of_another_tenant_are_free(stranger: Caller, owner: Caller) -> None:
    order = {"items": [{"sku": "SKU-B", "quantity": 1}], "channel": MARK, "external_id": MARK}
    answer = stranger.ok("POST", "/orders", order, headers={"idempotency-key": MARK})
    assert stranger.ok("GET", answer["status_url"])["job_id"] == answer["job_id"]


def test_the_document_has_every_route() -> None:
    assert len(OPERATIONS) == len(API)


def _body(method: str, path: str) -> dict[str, Any]:
    if method == "GET":
        return {}
    route = f"{method} {path.removeprefix('/api/v1')}"
    good = GOOD.get(route) or next(
        (body for known, body in GOOD.items() if "{" in path and _same_route(known, route)), b"{}"
    )
    text = json.dumps(json.loads(good)).replace("SKU-A", f"SKU-{MARK}").replace("LOC-A", f"LOC-{MARK}")
    if "batch" not in path and "/orders" not in path and "/stock" not in path and "allocate" not in path:
        text = good.decode()
    return {"content": text, "headers": {"content-type": "application/json"}}


def _same_route(known: str, route: str) -> bool:
    alike = known.startswith(route.partition("{")[0]) and known.endswith(route.rpartition("}")[2])
    return alike and known.count("/") == route.count("/")


def _tells(text: str, secrets: list[str]) -> bool:
    """Whether something of A is in ``text``; what B itself sent, and is told it does not exist, is not a secret."""
    echoed = (f"'SKU-{MARK}'", f"'LOC-{MARK}'", f"'{MARK}'")
    for said in echoed:
        text = text.replace(said, "")
    return any(secret in text for secret in secrets)
