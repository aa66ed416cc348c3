"""Holds over HTTP: begun, looked at, extended, ended once, repeated safely."""

from tests.api.world import Caller, World, stocked


def available(caller: Caller) -> tuple[object, object, object]:
    (row,) = caller.ok("GET", "/stock")["items"]
    return row["available"], row["reserved"], row["committed"]


def test_a_hold_from_beginning_to_end(world: World) -> None:
    caller = stocked(world.tenant("holds"), "H")
    before = available(caller)
    assert before == (10, 0, 0)
    body = {
        "items": [{"sku": "SKU-H", "quantity": 2}],
        "holder": "cart",
        "reference": "cart-1",
        "expires_in_seconds": 120,
    }
    held = caller.ok("POST", "/reservations", body, headers={"idempotency-key": "hold-1"})
    assert (held["state"], held["holder"], held["reference"]) == ("held", "cart", "cart-1")
    assert held["items"] == [{"sku": "SKU-H", "location": "LOC-H", "lot": None, "quantity": 2}]
    assert caller.ok("POST", "/reservations", body, headers={"idempotency-key": "hold-1"}) == held
    assert caller.ok("GET", f"/reservations/{held['id']}") == held
    assert available(caller) == (8, 2, 0)

    longer = caller.ok("POST", f"/reservations/{held['id']}/extend", {"expires_in_seconds": 600})
    assert longer["expires_at"] > held["expires_at"]
    released = caller.ok("POST", f"/reservations/{held['id']}/release", {"reason": "cart emptied"})
    assert released["state"] == "released"
    assert available(caller) == before
    for verb, again in (
        ("release", {"reason": "r"}),
        ("commit", {"reference": "order:1"}),
        ("extend", {}),
    ):
        answer = caller("POST", f"/reservations/{held['id']}/{verb}", again)
        assert (answer.status_code, answer.json()["code"]) == (409, "reservation_ended")
    assert available(caller) == before

    kept = caller.ok("POST", "/reservations", body)
    committed = caller.ok("POST", f"/reservations/{kept['id']}/commit", {"reference": "order:1"})
    assert committed["state"] == "committed"
    assert available(caller) == (8, 0, 2)
    entries = caller.ok("GET", "/stock/SKU-H/entries")["items"]
    assert [entry["kind"] for entry in entries[:4]] == ["commit", "reserve", "release", "reserve"]
    assert caller.ok("POST", f"/reservations/{kept['id']}/consume")["state"] == "consumed"
    assert available(caller) == (8, 0, 0)
    assert caller("POST", f"/reservations/{kept['id']}/consume").json()["code"] == "reservation_ended"
