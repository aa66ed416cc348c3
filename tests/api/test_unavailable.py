"""What is nobody's mistake: a 503 that says what happened, what did not, and when to try again."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import pytest

from core.intake.submission import IntakeOverloaded, Submission
from core.kernel.ids import TenantId
from entrypoints.http.app import Application, create_app
from entrypoints.http.intake_writer import IntakeWriter
from ports.storage import CommitUnknown, StorageUnavailable, TransactionConflict
from tests.api.world import Caller, World

ORDER = {"items": [{"sku": "A", "quantity": 1}]}
TROUBLE = [
    pytest.param(
        StorageUnavailable("gone: host s3cret"), "storage_unavailable", "nothing was changed", id="unavailable"
    ),
    pytest.param(CommitUnknown("cut: host s3cret"), "outcome_unknown", "Idempotency-Key", id="commit unknown"),
    pytest.param(TransactionConflict("deadlock: host s3cret"), "contention", "nothing was changed", id="conflict"),
]


class Broken:
    """Stands for whatever the API talks to: everything it is asked raises."""

    def __init__(self, error: Exception) -> None:
        self.error = error

    async def submit(self, submissions: Sequence[Submission]) -> Any:
        raise self.error

    async def answer(self, *asked: object) -> Any:
        raise self.error

    async def locations(self, tenant: TenantId) -> Any:
        raise self.error

    async def find(self, tenant: TenantId, digest: bytes) -> Any:
        raise self.error

    async def append(self, submissions: Sequence[Submission]) -> Any:
        raise self.error

    async def checks(self) -> Mapping[str, str | None]:
        return {"database": str(self.error), "schema": None}


def app_with(world: World, **broken: Any) -> Application:
    """The application with some of its parts replaced."""
    parts = world.http.parts()
    if "inventory" in broken:
        broken["views"] = replace(parts.views, inventory=broken.pop("inventory"))
    return create_app(replace(parts, **broken))


def expect_503(answer: Any, code: str, named: str) -> None:
    told = answer.json()
    assert (answer.status_code, told["status"], told["code"]) == (503, 503, code), answer.text
    assert named in told["detail"]
    assert "s3cret" not in answer.text, "what is inside stays inside"
    assert answer.headers["retry-after"] == "1"
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["x-request-id"] == told["correlation_id"]


@pytest.mark.parametrize(("error", "code", "named"), TROUBLE)
@pytest.mark.parametrize(
    ("part", "method", "path", "body"),
    [
        ("dispatch", "POST", "/locations", {"code": "X", "kind": "store"}),
        ("intake_writer", "POST", "/orders", ORDER),
        ("intake_writer", "POST", "/orders/batch", [ORDER, ORDER]),
        ("inventory", "GET", "/locations", None),
        ("credentials", "GET", "/locations", None),
    ],
)
def test_trouble_with_the_storage_is_a_503_everywhere(
    world: World, shop: Caller, part: str, method: str, path: str, body: Any, error: Exception, code: str, named: str
) -> None:
    expect_503(shop(method, path, body, app=app_with(world, **{part: Broken(error)})), code, named)


@pytest.mark.parametrize(("path", "body"), [("/orders", ORDER), ("/orders/batch", [ORDER] * 3)])
def test_a_full_backlog_turns_orders_away_until_later(world: World, shop: Caller, path: str, body: Any) -> None:
    writer = IntakeWriter(world.http.adapters.intake_log(), backlog_max=0)
    answer = shop("POST", path, body, app=app_with(world, intake_writer=writer))
    expect_503(answer, IntakeOverloaded.code, "try again")


@pytest.mark.parametrize(("error", "code", "named"), TROUBLE)
def test_the_intake_writer_gives_up_with_what_the_log_said(
    world: World, shop: Caller, error: Exception, code: str, named: str
) -> None:
    async def no_pause(seconds: float) -> None:
        """Tests do not wait."""

    writer = IntakeWriter(Broken(error), pause=no_pause)
    expect_503(shop("POST", "/orders", ORDER, app=app_with(world, intake_writer=writer)), code, named)


def test_what_nobody_anticipated_is_a_500_that_keeps_its_secrets(world: World, shop: Caller) -> None:
    app = app_with(world, dispatch=Broken(ZeroDivisionError("password s3cret")))
    answer = shop("POST", "/locations", {"code": "X", "kind": "store"}, app=app)
    assert (answer.status_code, answer.json()["code"]) == (500, "internal_error")
    assert "s3cret" not in answer.text
    level, _, fields = world.telemetry.lines.pop()
    assert level == "error"
    assert fields["correlation"] == answer.json()["correlation_id"]
    assert "ZeroDivisionError: password s3cret" in str(fields["error"])


def test_readiness_names_what_does_not_pass(world: World, shop: Caller) -> None:
    app = app_with(world, health=Broken(StorageUnavailable("no connection")))
    answer = shop("GET", "/health/ready", app=app)
    told = answer.json()
    assert (answer.status_code, told["status"]) == (503, "unavailable")
    assert told["checks"]["database"] == {"ok": False, "error": "no connection"}
    assert told["checks"]["schema"] == {"ok": True, "error": None}
    alive = shop("GET", "/health/live", app=app)
    assert (alive.status_code, alive.json()["status"]) == (200, "ok")
