"""An allocation over HTTP, from 202 to what is set aside, and the operator's word on what is stuck."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from core.identity.permission import ALL_SCOPES
from core.inventory.holding import CommitReservation, ReleaseReservation
from core.kernel.errors import Conflict
from core.sagas.definitions import DEFINITIONS
from entrypoints.dispatch import Dispatch, UseCase
from entrypoints.worker.sagas import SagaRunner
from tests.api.world import Caller, World, as_worker, stocked

NOBODY = "00000000-0000-7000-8000-000000000000"


def work(world: World, overrides: Mapping[type, UseCase] | None = None) -> None:
    """What a worker does with sagas, until nothing is due."""
    adapters, door = world.http.adapters, world.http.door
    dispatch = Dispatch(adapters.transactions(), {**door.use_cases(), **(overrides or {})}, world.telemetry)
    runner = SagaRunner(adapters.jobs(), dispatch, world.telemetry, adapters.sagas_view(), DEFINITIONS)

    async def until_done() -> None:
        somebody = as_worker(world, Caller(world, NOBODY, ""))  # type: ignore[arg-type]
        while await runner.step(somebody):
            pass

    world.run(until_done())


async def refuses(*asked: object) -> None:
    raise Conflict("not now")


@pytest.fixture
def caller(world: World, request: pytest.FixtureRequest) -> Caller:
    """A tenant of the test's own, with ten pieces."""
    return stocked(world.tenant(request.node.name), "S")


def test_an_allocation_from_beginning_to_end(world: World, caller: Caller) -> None:
    body = {"sku": "SKU-S", "quantity": 3, "channel": "web"}
    answer = caller("POST", "/inventory/allocations", body, headers={"idempotency-key": "a-1"})
    assert answer.status_code == 202
    begun = answer.json()
    assert caller.ok("POST", "/inventory/allocations", body, headers={"idempotency-key": "a-1"}) == begun
    assert caller.ok("GET", begun["status_url"])["status"] == "running"
    work(world)
    story = caller.ok("GET", begun["status_url"])
    assert (story["status"], story["name"], story["version"]) == ("completed", "allocate-to-channel", 1)
    assert [(step["name"], step["state"]) for step in story["steps"]] == [
        ("reserve", "done"),
        ("allot", "done"),
        ("commit", "done"),
    ]
    told = [(moment["event"], moment["step"], moment["outcome"]) for moment in story["timeline"]]
    assert told == [
        ("saga.started.v1", None, None),
        ("saga.advanced.v1", "reserve", "done"),
        ("saga.advanced.v1", "allot", "done"),
        ("saga.advanced.v1", "commit", "done"),
        ("saga.ended.v1", None, None),
    ]
    (allotted,) = caller.ok("GET", "/inventory/allotments?channel=web&sku=SKU-S")["items"]
    assert (allotted["sku"], allotted["location"], allotted["quantity"]) == ("SKU-S", "LOC-S", 3)
    assert caller.ok("GET", "/inventory/allotments?channel=shop")["items"] == []
    (stock,) = caller.ok("GET", "/stock")["items"]
    assert (stock["available"], stock["reserved"], stock["committed"]) == (7, 0, 3)
    refused = caller("POST", f"/sagas/{begun['saga_id']}/retry")
    assert (refused.status_code, refused.json()["code"]) == (409, "saga_not_stuck")


@pytest.mark.parametrize("quantity", [0, -1, "1e40", "NaN"])
def test_an_allocation_of_nothing_is_not_begun(caller: Caller, quantity: object) -> None:
    answer = caller("POST", "/inventory/allocations", {"sku": "SKU-S", "quantity": quantity, "channel": "web"})
    assert (answer.status_code, answer.json()["errors"][0]["path"]) == (422, "$.quantity")
    assert caller.ok("GET", "/sagas")["items"] == []


def test_what_cannot_be_reserved_is_refused_with_its_reason(world: World, caller: Caller) -> None:
    begun = caller.ok("POST", "/inventory/allocations", {"sku": "SKU-S", "quantity": 30, "channel": "web"})
    work(world)
    story = caller.ok("GET", begun["status_url"])
    assert story["status"] == "compensated"
    assert "insufficient_stock" in story["steps"][0]["reason"]


def test_an_operator_retries_or_forgives_what_is_stuck(world: World, caller: Caller) -> None:
    for _ in range(2):
        caller.ok("POST", "/inventory/allocations", {"sku": "SKU-S", "quantity": 1, "channel": "web"})
    stubborn = dict.fromkeys((CommitReservation, ReleaseReservation), UseCase(scope=None, run=refuses))
    for _ in range(8):
        work(world, stubborn)
        owner = world.http.adapters.database()
        world.run(_make_due(owner, caller))
    newest, oldest = caller.ok("GET", "/sagas?status=stuck&name=allocate-to-channel")["items"]
    assert newest["still_done"] == ["reserve"]
    page = caller.ok("GET", "/sagas?limit=1")
    assert [saga["id"] for saga in page["items"]] == [newest["id"]]
    after = caller.ok("GET", f"/sagas?limit=1&cursor={page['next_cursor']}")
    assert [saga["id"] for saga in after["items"]] == [oldest["id"]]

    retried = caller.ok("POST", f"/sagas/{newest['id']}/retry")
    assert retried == {"id": newest["id"], "status": "compensating"}
    work(world)
    assert caller.ok("GET", f"/sagas/{newest['id']}")["status"] == "compensated"
    blank = caller("POST", f"/sagas/{oldest['id']}/forgive", {"reason": "  "})
    assert (blank.status_code, blank.json()["errors"][0]["path"]) == (422, "$.reason")
    forgiven = caller.ok("POST", f"/sagas/{oldest['id']}/forgive", {"reason": "kept for a walk-in"})
    assert forgiven["status"] == "compensated"
    story = caller.ok("GET", f"/sagas/{oldest['id']}")
    assert (story["forgiven"], story["still_done"]) == (["reserve"], [])
    assert story["timeline"][-1]["detail"] == "kept for a walk-in"
    assert caller("POST", f"/sagas/{oldest['id']}/forgive", {"reason": "again"}).status_code == 409


async def _make_due(database: Any, caller: Caller) -> None:
    """What waits for its time is due."""
    async with database.acquire() as connection:
        await connection.execute(f"BEGIN; SELECT set_config('app.tenant_id', '{caller.tenant}', true)")
        await connection.execute("UPDATE queue_job SET run_at = now() WHERE run_at < 'infinity'")
        await connection.execute("COMMIT")


def test_a_saga_is_for_whoever_may_operate(world: World, caller: Caller) -> None:
    begun = caller.ok("POST", "/inventory/allocations", {"sku": "SKU-S", "quantity": 1, "channel": "web"})
    reader = world.caller(caller.tenant, ALL_SCOPES - {"operations:write"})
    assert reader("GET", begun["status_url"]).status_code == 200
    assert reader("POST", f"{begun['status_url']}/retry").status_code == 403
    keeper = world.caller(caller.tenant, frozenset({"stock:write", "stock:read"}))
    assert keeper("GET", begun["status_url"]).status_code == 403
    work(world)
    assert caller.ok("GET", begun["status_url"])["status"] == "completed"


def test_there_is_no_saga_of_another_name_or_shape(caller: Caller) -> None:
    for saga in (NOBODY, "nonsense"):
        assert caller("GET", f"/sagas/{saga}").status_code == 404
        assert caller("POST", f"/sagas/{saga}/retry").status_code == 404
    assert caller("GET", "/sagas?status=sleeping").status_code == 400


def test_steps_are_carried_out_with_no_more_than_their_saga_was_lent(world: World, caller: Caller) -> None:
    begun = caller.ok("POST", "/inventory/allocations", {"sku": "SKU-S", "quantity": 1, "channel": "web"})
    adapters, door = world.http.adapters, world.http.door
    poor = {key: replace(one, scopes=frozenset()) for key, one in DEFINITIONS.items()}
    runner = SagaRunner(adapters.jobs(), door.dispatch(), world.telemetry, adapters.sagas_view(), poor)

    async def until_done() -> None:
        while await runner.step(as_worker(world, caller)):
            pass

    world.run(until_done())
    assert "scope_missing" in caller.ok("GET", begun["status_url"])["steps"][0]["reason"]
