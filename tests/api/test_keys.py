"""Revoking a key: it opens nothing from that moment on, and nobody else's can be revoked."""

import pytest

from tests.api.world import Caller, World


@pytest.fixture(scope="module")
def owner(world: World) -> Caller:
    """A tenant of this module."""
    return world.tenant("locksmith")


def issued(owner: Caller) -> tuple[str, Caller]:
    """A new key's id, and its holder."""
    made = owner.ok("POST", "/api-keys", {"name": "till", "scopes": ["catalogue:read"]})
    return made["id"], Caller(owner.world, owner.tenant, made["token"])


def test_a_revoked_key_opens_nothing_from_that_moment_on(owner: Caller) -> None:
    key, holder = issued(owner)
    assert holder("GET", "/catalogue/items").status_code == 200, "and it is remembered for the next request"
    assert owner.ok("DELETE", f"/api-keys/{key}") == {"id": key, "status": "revoked"}
    answer = holder("GET", "/catalogue/items")
    assert (answer.status_code, answer.json()["code"]) == (401, "unauthenticated")
    assert answer.headers["www-authenticate"].startswith("Bearer")
    assert owner("GET", "/catalogue/items").status_code == 200
    mine = [event for event in owner.ok("GET", "/events?limit=500")["items"] if event["subject"] == key]
    assert [(event["type"], event["streamversion"]) for event in mine] == [
        ("api_key.issued.v1", 1),
        ("api_key.revoked.v1", 2),
    ]
    assert mine[1]["data"] == {"key_id": key}


def test_a_key_is_revoked_once_and_a_repetition_gets_the_same_answer(owner: Caller) -> None:
    key, _ = issued(owner)
    first = owner("DELETE", f"/api-keys/{key}", headers={"idempotency-key": "d-1"})
    again = owner("DELETE", f"/api-keys/{key}", headers={"idempotency-key": "d-1"})
    assert (first.status_code, first.content) == (again.status_code, again.content) == (200, again.content)
    answer = owner("DELETE", f"/api-keys/{key}")
    assert (answer.status_code, answer.json()["code"]) == (404, "api_key_not_found")


def test_a_key_may_revoke_itself(world: World, owner: Caller) -> None:
    made = owner.ok("POST", "/api-keys", {"name": "self", "scopes": ["configuration:write"]})
    holder = Caller(world, owner.tenant, made["token"])
    assert holder("DELETE", f"/api-keys/{made['id']}").status_code == 200
    assert holder("DELETE", f"/api-keys/{made['id']}").status_code == 401


@pytest.mark.parametrize("name", ["not-an-id", "00000000-0000-7000-8000-000000000000"])
def test_there_is_no_such_key(owner: Caller, name: str) -> None:
    answer = owner("DELETE", f"/api-keys/{name}")
    assert (answer.status_code, answer.json()["code"]) == (404, "api_key_not_found")


def test_another_tenants_key_is_nobodys(world: World, owner: Caller) -> None:
    key, holder = issued(owner)
    assert world.tenant("thief")("DELETE", f"/api-keys/{key}").status_code == 404
    assert holder("GET", "/catalogue/items").status_code == 200


def test_it_needs_the_scope(owner: Caller) -> None:
    key, holder = issued(owner)
    answer = holder("DELETE", f"/api-keys/{key}")
    assert (answer.status_code, answer.json()["code"]) == (403, "scope_missing")
