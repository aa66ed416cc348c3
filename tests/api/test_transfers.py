"""Stock on its way, over HTTP: transfers, expected receipts, what is to come, and what can be promised on it."""

from typing import Any

from tests.api.world import Caller, World, stocked

TOMORROW, NEXT_WEEK = "2999-01-01T08:00:00Z", "2999-01-08T08:00:00Z"


def a_chain(world: World, mark: str) -> Caller:
    """Ten pieces at LOC-…, and a store without any."""
    caller = stocked(world.tenant(mark), mark)
    caller.ok("POST", "/locations", {"code": "STORE", "kind": "store"})
    return caller


def moving(mark: str, *quantities: int, **other: Any) -> dict[str, Any]:
    items = [{"sku": f"SKU-{mark}", "quantity": quantity} for quantity in quantities]
    return {"from": f"LOC-{mark}", "to": "STORE", "items": items, "reason": "runs low", **other}


def standing(caller: Caller) -> dict[str, tuple[int, int, int]]:
    """(available, in transit, incoming) by place."""
    rows = caller.ok("GET", "/stock")["items"]
    return {row["location"]: (row["available"], row["in_transit"], row["incoming"]) for row in rows}


def test_a_transfer_from_beginning_to_end(world: World) -> None:
    caller = a_chain(world, "T")
    body = moving("T", 2, 4, reference="T-1", due=NEXT_WEEK)
    shipped = caller.ok("POST", "/stock/transfers", body, headers={"idempotency-key": "move-1"})
    assert (shipped["state"], shipped["from"], shipped["to"]) == ("in_transit", "LOC-T", "STORE")
    assert (shipped["reason"], shipped["reference"], shipped["due"]) == ("runs low", "T-1", NEXT_WEEK)
    assert shipped["items"] == [{"sku": "SKU-T", "lot": None, "quantity": 6, "received": 0, "lost": 0, "under_way": 6}]
    assert caller.ok("POST", "/stock/transfers", body, headers={"idempotency-key": "move-1"}) == shipped
    assert standing(caller) == {"LOC-T": (4, 0, 0), "STORE": (0, 0, 6), "TRANSIT": (0, 6, 0)}
    path = f"/stock/transfers/{shipped['id']}"
    assert caller.ok("GET", path) == shipped

    some = caller.ok("POST", f"{path}/receive", {"items": [{"sku": "SKU-T", "quantity": 4}]})
    assert some["items"] == [{"sku": "SKU-T", "lot": None, "quantity": 6, "received": 4, "lost": 0, "under_way": 2}]
    answer = caller("POST", f"{path}/receive", {"items": [{"sku": "SKU-T", "quantity": 3}]})
    assert (answer.status_code, answer.json()["code"]) == (409, "more_than_under_way")
    closed = caller.ok("POST", f"{path}/close", {"reason": "fell off"})
    assert (closed["state"], closed["items"][0]["lost"], closed["items"][0]["under_way"]) == ("closed_short", 2, 0)
    assert standing(caller) == {"LOC-T": (4, 0, 0), "STORE": (4, 0, 0), "TRANSIT": (0, 0, 0)}
    for verb, again in (("ship", None), ("receive", {}), ("close", {"reason": "r"}), ("cancel", {"reason": "r"})):
        answer = caller("POST", f"{path}/{verb}", again)
        assert (answer.status_code, answer.json()["code"]) == (409, "transfer_ended")
    entries = caller.ok("GET", "/stock/SKU-T/entries")["items"]
    assert [entry["kind"] for entry in entries[:5]] == [
        "adjust",
        "transfer_receive",
        "transfer_receive",
        "transfer_ship",
        "transfer_ship",
    ]
    assert {entry["cause"] for entry in entries[:5]} == {f"transfer:{shipped['id']}"}


def test_a_planned_transfer_is_shipped_by_hand_or_called_off(world: World) -> None:
    caller = a_chain(world, "P")
    planned = caller.ok("POST", "/stock/transfers", moving("P", 3, ship_on=TOMORROW))
    assert (planned["state"], planned["ship_on"], planned["items"][0]["under_way"]) == ("planned", TOMORROW, 0)
    assert standing(caller) == {"LOC-P": (10, 0, 0), "STORE": (0, 0, 3), "TRANSIT": (0, 0, 0)}
    answer = caller("POST", f"/stock/transfers/{planned['id']}/receive", {})
    assert (answer.status_code, answer.json()["code"]) == (409, "transfer_out_of_turn")
    assert caller.ok("POST", f"/stock/transfers/{planned['id']}/ship")["state"] == "in_transit"
    assert (
        caller.ok("POST", f"/stock/transfers/{planned['id']}/cancel", {"reason": "road closed"})["state"] == "cancelled"
    )
    assert standing(caller) == {"LOC-P": (10, 0, 0), "STORE": (0, 0, 0), "TRANSIT": (0, 0, 0)}


def test_transfers_are_listed_newest_first_in_pages(world: World) -> None:
    caller = a_chain(world, "L")
    ids = [caller.ok("POST", "/stock/transfers", moving("L", 1))["id"] for _ in range(3)]
    caller.ok("POST", f"/stock/transfers/{ids[1]}/receive", {})
    first = caller.ok("GET", "/stock/transfers?limit=2")
    second = caller.ok("GET", f"/stock/transfers?limit=2&cursor={first['next_cursor']}")
    assert [one["id"] for one in (*first["items"], *second["items"])] == ids[::-1]
    assert second["next_cursor"] is None
    arrived = caller.ok("GET", "/stock/transfers?state=received")["items"]
    assert [(one["id"], one["items"][0]["received"]) for one in arrived] == [(ids[1], 1)]


def test_supply_is_announced_amended_delivered_and_withdrawn(world: World) -> None:
    caller = a_chain(world, "E")
    body = {"sku": "SKU-E", "location": "STORE", "quantity": 5, "due": "2999-01-01T10:00:00+02:00", "reference": "A-1"}
    expected = caller.ok("POST", "/stock/expected", body)
    assert expected == {
        "id": expected["id"],
        "state": "open",
        "sku": "SKU-E",
        "location": "STORE",
        "quantity": 5,
        "received": 0,
        "outstanding": 5,
        "due": TOMORROW,
        "reference": "A-1",
    }
    path = f"/stock/expected/{expected['id']}"
    assert caller.ok("GET", path) == expected
    assert standing(caller)["STORE"] == (0, 0, 5)
    assert caller.ok("POST", f"{path}/amend", {"due": NEXT_WEEK, "quantity": 6})["due"] == NEXT_WEEK
    some = caller.ok("POST", f"{path}/receive", {"quantity": 2})
    assert (some["state"], some["received"], some["outstanding"]) == ("open", 2, 4)
    answer = caller("POST", f"{path}/amend", {"quantity": 2})
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_expectation")
    assert standing(caller)["STORE"] == (2, 0, 4)
    assert caller.ok("POST", f"{path}/withdraw", {"reason": "sold out"})["outstanding"] == 0
    assert standing(caller)["STORE"] == (2, 0, 0)
    answer = caller("POST", f"{path}/receive", {})
    assert (answer.status_code, answer.json()["code"]) == (409, "expected_receipt_ended")
    second = caller.ok("POST", "/stock/expected", {"sku": "SKU-E", "location": "STORE", "quantity": 1})
    done = caller.ok("POST", f"/stock/expected/{second['id']}/receive", {})
    assert done["state"] == "received"
    assert [one["id"] for one in caller.ok("GET", "/stock/expected")["items"]] == [second["id"], expected["id"]]
    page = caller.ok("GET", "/stock/expected?limit=1")
    (older,) = caller.ok("GET", f"/stock/expected?limit=1&cursor={page['next_cursor']}")["items"]
    assert older["id"] == expected["id"]
    assert [one["id"] for one in caller.ok("GET", "/stock/expected?state=withdrawn")["items"]] == [expected["id"]]


def test_an_act_answers_what_is_to_come(world: World) -> None:
    caller = a_chain(world, "I")
    caller.ok("POST", "/stock/transfers", moving("I", 4))
    done = caller.ok("POST", "/stock/receipts", {"sku": "SKU-I", "location": "STORE", "quantity": 1})
    assert (done["balance"]["available"], done["balance"]["incoming"]) == (1, 4)


def test_a_promise_counts_what_comes_and_keeps_what_leaves(world: World) -> None:
    caller = a_chain(world, "Q")
    planned = caller.ok("POST", "/stock/transfers", moving("Q", 4, ship_on=TOMORROW, due=NEXT_WEEK))
    told = caller.ok("GET", "/stock/SKU-Q/promise?location=LOC-Q")
    assert (told["sku"], told["atp_now"], told["atp"]) == ("SKU-Q", 10, 6)
    assert told["steps"] == [
        {"at": TOMORROW, "change": -4, "cause": f"transfer:{planned['id']}", "projected": 6, "atp": 6}
    ]
    assert [place["location"] for place in told["locations"]] == ["LOC-Q"]

    expected = caller.ok(
        "POST", "/stock/expected", {"sku": "SKU-Q", "location": "STORE", "quantity": 3, "due": TOMORROW}
    )
    caller.ok("POST", "/stock/expected", {"sku": "SKU-Q", "location": "STORE", "quantity": 50})
    later = caller.ok("GET", f"/stock/SKU-Q/promise?at={NEXT_WEEK}")
    assert (later["atp_now"], later["at"], later["atp"]) == (10, NEXT_WEEK, 6 + 7)
    assert [(step["at"], step["change"], step["projected"], step["atp"]) for step in later["steps"]] == [
        (TOMORROW, 3, 9, 9),
        (TOMORROW, -4, 9, 9),
        (NEXT_WEEK, 4, 13, 13),
    ]
    assert {place["location"]: (place["atp_now"], place["atp"]) for place in later["locations"]} == {
        "LOC-Q": (10, 6),
        "STORE": (0, 7),
    }
    caller.ok("POST", f"/stock/expected/{expected['id']}/amend", {"due": "2001-01-01T00:00:00Z"})
    late = caller.ok("GET", f"/stock/SKU-Q/promise?at={NEXT_WEEK}&location=STORE")
    assert (late["atp"], [step["change"] for step in late["steps"]]) == (4, [4])


def test_a_promise_now_may_be_owed_once_over_all_places(world: World) -> None:
    caller = a_chain(world, "O")
    (item,) = caller.ok("GET", "/catalogue/items")["items"]
    caller.ok("PATCH", f"/catalogue/items/{item['id']}", {"backorder_limit": 5})
    caller.ok("POST", "/stock/transfers", moving("O", 4))
    told = caller.ok("GET", "/stock/SKU-O/promise")
    assert (told["atp_now"], told["atp"]) == (6 + 5, 6)
    assert {place["location"]: place["atp_now"] for place in told["locations"]} == {"LOC-O": 11, "STORE": 5}


def test_a_location_that_never_had_it_promises_nothing(world: World) -> None:
    caller = a_chain(world, "N")
    told = caller.ok("GET", "/stock/SKU-N/promise?location=STORE")
    assert (told["atp_now"], told["atp"], told["steps"]) == (0, 0, [])
