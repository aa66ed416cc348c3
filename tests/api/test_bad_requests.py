"""Nothing a caller sends makes the server fail, and each refusal names what is wrong."""

import pytest

from entrypoints.http.app import API
from tests.api.bad import GOOD, Bad, everywhere, particular, without_bodies
from tests.api.world import Caller, World, stocked, with_lots_and_kits

CASES = [*everywhere(), *particular(), *without_bodies()]


@pytest.fixture(scope="module")
def caller(world: World, shop: Caller) -> Caller:
    """A tenant beside another one, whose things are not its own; with a second place, and a way."""
    shop.ok("POST", "/locations", {"code": "LOC-Z", "kind": "store"})
    shop.ok("POST", "/locations", {"code": "WAY-A", "kind": "in_transit"})
    stocked(world.tenant("other"), "B")
    with_lots_and_kits(shop)
    return shop


def test_there_are_enough_of_them() -> None:
    assert len(CASES) >= 70
    written = {f"{route.method} {route.path}" for route in API if route.body is not None and "{" not in route.path}
    assert written <= set(GOOD)


@pytest.mark.parametrize("bad", CASES, ids=lambda bad: bad.name)
def test_a_bad_request_is_refused_by_name(caller: Caller, bad: Bad) -> None:
    answer = caller(bad.method, bad.path, content=bad.content, headers=bad.headers)
    assert answer.status_code == bad.status, answer.text
    assert_problem(answer, bad.status)
    assert bad.named in answer.text


@pytest.mark.parametrize("route", GOOD)
def test_each_write_needs_its_scope(caller: Caller, world: World, route: str) -> None:
    method, _, path = route.partition(" ")
    reader = world.caller(caller.tenant, frozenset({"orders:read"}))
    answer = reader(method, path, content=GOOD[route], headers={"content-type": "application/json"})
    assert answer.status_code == 403
    assert_problem(answer, 403)
    assert answer.json()["code"] == "scope_missing"
    assert "needs the scope" in answer.text


@pytest.mark.parametrize(
    "header", ["", "Bearer", "Bearer nonsense", "Basic YTpi", "Bearer fx_" + "0" * 32 + "_" + "x" * 43]
)
@pytest.mark.parametrize("path", ["/orders", "/stock/receipts"])
def test_no_door_opens_without_a_key(world: World, caller: Caller, header: str, path: str) -> None:
    answer = caller("POST", path, {}, headers={"authorization": header})
    assert answer.status_code == 401
    assert_problem(answer, 401)
    assert answer.headers["www-authenticate"].startswith("Bearer")


def assert_problem(answer, status: int) -> None:  # type: ignore[no-untyped-def]
    """RFC 9457, and the headers every answer has."""
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert ("allow" in answer.headers) == (status == 405), "a refused method is told which are not"
    problem = answer.json()
    assert {"type", "title", "status", "detail", "code", "correlation_id"} <= set(problem)
    assert problem["status"] == status
    assert problem["correlation_id"] == answer.headers["x-request-id"]
