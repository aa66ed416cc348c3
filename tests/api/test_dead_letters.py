"""Second thoughts: a job that was given up is tried again or forgiven, an order that waits for a person goes on."""

from collections.abc import Iterator
from typing import Any

import pytest

from core.acceptance.queues import AcceptQueued
from core.kernel.errors import Rejected
from entrypoints.dispatch import Dispatch, UseCase
from entrypoints.worker.accept import BatchAcceptance
from entrypoints.worker.jobs import JobRunner
from tests.api.world import Caller, World, as_worker, decide, stocked


class Cursed(Rejected):
    """What a poison order raises."""

    code = "cursed"


@pytest.fixture
def caller(world: World, request: pytest.FixtureRequest) -> Iterator[Caller]:
    """A tenant of the test's own, and nothing left waiting afterwards."""
    yield stocked(world.tenant(request.node.name), "D")
    run_jobs(world, world.http.door.dispatch())


def run_jobs(world: World, dispatch: Dispatch) -> int:
    """What a worker does with jobs that are due."""
    somebody = world.tenant("worker's")
    runner = JobRunner(world.http.adapters.jobs(), dispatch, world.telemetry)
    return world.run(runner.step(as_worker(world, somebody)))


def given_up(world: World, caller: Caller) -> Any:
    """The receipt of an order that a worker crashed over, and the next one gave up."""
    receipt = caller.ok("POST", "/orders", {"items": [{"sku": "SKU-D", "quantity": 2}]})
    batches = BatchAcceptance(world.http.adapters.work(), world.http.door.accept(), world.telemetry)
    assert world.run(batches.step(range(16), as_worker(world, caller), cautious=True)) == 1
    assert caller.ok("GET", receipt["status_url"])["status"] == "processing"

    async def cursed(*asked: object) -> None:
        raise Cursed("nobody can decide this")

    door = world.http.door
    table = {**door.use_cases(), AcceptQueued: UseCase(scope=None, run=cursed)}
    assert run_jobs(world, Dispatch(world.http.adapters.transactions(), table, world.telemetry)) == 1
    return receipt


def test_a_job_that_was_given_up_says_why_and_is_tried_again(world: World, caller: Caller) -> None:
    receipt = given_up(world, caller)
    status = caller.ok("GET", receipt["status_url"])
    assert (status["status"], status["progress"]) == ("failed", 100)
    assert "cursed: nobody can decide this" in status["error"]["detail"]
    (letter,) = caller.ok("GET", "/dead-letters")["items"]
    assert (letter["id"], letter["queue"], letter["attempts"]) == (receipt["job_id"], "accept-order", 1)
    assert letter["error"]["code"] == "cursed"
    assert "Cursed: nobody can decide this" in letter["error"]["trace"]

    path = f"/dead-letters/{letter['id']}/replay"
    first = caller("POST", path, headers={"idempotency-key": "r-1"})
    again = caller("POST", path, headers={"idempotency-key": "r-1"})
    assert first.status_code == again.status_code == 200, first.text
    assert first.json() == again.json() == {"id": letter["id"], "status": "replayed"}
    assert caller.ok("GET", "/dead-letters")["items"] == []
    assert caller.ok("GET", receipt["status_url"])["status"] == "processing"
    assert run_jobs(world, world.http.door.dispatch()) == 1
    assert caller.ok("GET", receipt["status_url"])["status"] == "completed"
    assert caller.ok("GET", "/stock")["items"][0]["committed"] == 2
    assert caller("POST", path).status_code == 404


def test_a_job_that_is_forgiven_is_gone_for_good(world: World, caller: Caller) -> None:
    receipt = given_up(world, caller)
    path = f"/dead-letters/{receipt['job_id']}"
    assert caller.ok("POST", f"{path}/forgive") == {"id": receipt["job_id"], "status": "forgiven"}
    assert caller.ok("GET", "/dead-letters")["items"] == []
    for verb in ("forgive", "replay"):
        answer = caller("POST", f"{path}/{verb}")
        assert (answer.status_code, answer.json()["code"]) == (404, "dead_letter_not_found")
    assert run_jobs(world, world.http.door.dispatch()) == 0


def test_another_tenants_dead_letter_is_nobodys(world: World, caller: Caller) -> None:
    receipt = given_up(world, caller)
    stranger = world.tenant("stranger")
    for verb in ("forgive", "replay"):
        assert stranger("POST", f"/dead-letters/{receipt['job_id']}/{verb}").status_code == 404
    assert len(caller.ok("GET", "/dead-letters")["items"]) == 1


def test_an_order_that_waits_for_a_person_is_let_pass(world: World, caller: Caller) -> None:
    caller.ok("PUT", "/configuration/policies/risk", {"weights": {"first_order": 300}, "review_above": 0})
    receipt = caller.ok("POST", "/orders", {"items": [{"sku": "SKU-D", "quantity": 3}], "customer": "newcomer"})
    decide(world, caller)
    status = caller.ok("GET", receipt["status_url"])
    assert status["status"] == "needs_review", status
    assert status["data"]["reasons"][0]["code"] == "fraud_review"
    assert caller.ok("GET", f"/orders/{receipt['order_id']}")["phase"] == "on_hold"
    assert caller.ok("GET", "/stock")["items"][0]["committed"] == 0
    assert run_jobs(world, world.http.door.dispatch()) == 0, "it waits until somebody says so"
    assert caller.ok("GET", "/dead-letters")["items"] == [], "it was not given up"

    answer = caller.ok("POST", f"/dead-letters/{receipt['job_id']}/replay")
    assert answer == {"id": receipt["job_id"], "status": "replayed"}
    assert run_jobs(world, world.http.door.dispatch()) == 1
    assert caller.ok("GET", receipt["status_url"])["status"] == "completed"
    order = caller.ok("GET", f"/orders/{receipt['order_id']}")
    assert order["phase"] == "allocated"
    assert [moment["type"] for moment in order["timeline"]] == ["order.held.v1", "order.accepted.v1"]
    assert caller.ok("GET", "/stock")["items"][0]["committed"] == 3


def test_only_operators_have_second_thoughts(world: World, caller: Caller) -> None:
    clerk = world.caller(caller.tenant, frozenset({"orders:write", "operations:read"}))
    for verb in ("forgive", "replay"):
        answer = clerk("POST", f"/dead-letters/{caller.tenant}/{verb}")
        assert (answer.status_code, answer.json()["code"]) == (403, "scope_missing")
