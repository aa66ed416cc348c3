"""Incoming webhooks over HTTP: recorded payloads, signed and forged; nothing needed but the database."""

import hashlib
import hmac
import json
from base64 import b64encode
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from core.identity.permission import ALL_SCOPES
from core.ingress.source import ReplaceSourceSecret
from entrypoints.worker.notices import NoticeRunner
from tests.api.world import Caller, World, as_worker

SAMPLES = Path(__file__).parents[3] / "shared" / "fixtures" / "shopify" / "webhooks" / "samples_2025-01"
SECRET = "hush"


@pytest.fixture
def caller(world: World, request: pytest.FixtureRequest) -> Caller:
    return world.tenant(request.node.name)


def added(caller: Caller, scheme: str = "shopify") -> Any:
    return caller.ok("POST", "/webhook-sources", {"scheme": scheme, "name": "tea-shop", "secret": SECRET})


def said(
    caller: Caller, source: Any, body: bytes, *, secret: str = SECRET, topic: str = "orders/create", **more: str
) -> Any:
    """What Shopify sends: no key of ours, its own signature."""
    mac = b64encode(hmac.new(secret.encode(), body, hashlib.sha256).digest()).decode()
    headers = {"x-shopify-hmac-sha256": mac, "x-shopify-topic": topic, "content-type": "application/json", **more}
    return caller("POST", source["path"], content=body, headers={**headers, "authorization": ""})


def look(world: World, caller: Caller) -> None:
    adapters = world.http.adapters
    runner = NoticeRunner(adapters.jobs(), world.http.door.dispatch(), world.telemetry)

    async def run() -> None:
        while await runner.step(as_worker(world, caller)):
            pass

    world.run(run())


def notices(caller: Caller, source: Any, query: str = "") -> list[Any]:
    found: list[Any] = caller.ok("GET", f"/webhook-sources/{source['id']}/notices{query}")["items"]
    return found


def test_a_recorded_order_is_taken_once_and_looked_into(world: World, caller: Caller) -> None:
    source = added(caller)
    body = (SAMPLES / "orders_create.json").read_bytes()
    first = said(caller, source, body, **{"x-shopify-webhook-id": "w-1"})
    assert (first.status_code, first.json()) == (200, {"status": "received"})
    assert said(caller, source, body, **{"x-shopify-webhook-id": "w-1"}).json() == {"status": "duplicate"}
    (notice,) = notices(caller, source)
    assert notice["status"] == "received"
    look(world, caller)
    (notice,) = notices(caller, source, "?status=accepted")
    shown = caller.ok("GET", f"/webhook-sources/{source['id']}/notices/{notice['id']}")
    assert json.loads(shown["body"]) == json.loads(body)
    (event,) = [one for one in caller.ok("GET", "/events?limit=100")["items"] if one["type"] == "notice.accepted.v1"]
    assert event["data"]["subject"] == "orders:820982911946154508"
    assert event["data"]["topic"] == "orders/create"


@pytest.mark.parametrize("sample", sorted(SAMPLES.glob("*.json")), ids=lambda path: path.stem)
def test_every_sample_is_taken_as_it_was_signed(world: World, caller: Caller, sample: Path) -> None:
    source = added(caller)
    assert said(caller, source, sample.read_bytes(), topic="things/update").json() == {"status": "received"}
    look(world, caller)
    assert [notice["status"] for notice in notices(caller, source)] == ["accepted"]


def test_a_forged_one_is_kept_nowhere_and_does_not_count_as_seen(caller: Caller) -> None:
    source = added(caller)
    body = (SAMPLES / "orders_paid.json").read_bytes()
    refused = said(caller, source, body, secret="guessed", **{"x-shopify-webhook-id": "w-9"})
    assert (refused.status_code, refused.json()["code"]) == (401, "not_proven")
    assert notices(caller, source) == []
    changed = said(caller, source, body, **{"x-shopify-webhook-id": "w-9"})
    assert changed.json() == {"status": "received"}
    tampered = caller(
        "POST", source["path"], content=body + b" ", headers={"x-shopify-hmac-sha256": "AAAA", "authorization": ""}
    )
    assert tampered.status_code == 401
    assert len(notices(caller, source)) == 1


def test_an_old_secret_is_believed_while_it_is_replaced(caller: Caller) -> None:
    source = added(caller)
    caller.ok("PUT", f"/webhook-sources/{source['id']}/secret", {"secret": "newer"})
    assert said(caller, source, b'{"id":1}').status_code == 200
    assert said(caller, source, b'{"id":2}', secret="newer").status_code == 200
    assert said(caller, source, b'{"id":3}', secret="newest").status_code == 401


def test_a_secret_replaced_elsewhere_is_believed_at_once(world: World, caller: Caller) -> None:
    source = added(caller)
    assert said(caller, source, b'{"id":1}').status_code == 200
    replaced = ReplaceSourceSecret(id=source["id"], secret="newer")
    context = as_worker(world, caller)
    world.run(world.http.door.dispatch().run(replaced, replace(context, scopes=ALL_SCOPES)))
    assert said(caller, source, b'{"id":2}', secret="newer").status_code == 200
    assert said(caller, source, b'{"id":3}', secret="newest").status_code == 401


def test_woocommerce_is_told_that_somebody_is_there(caller: Caller) -> None:
    source = added(caller, "woocommerce")
    asked = caller("POST", source["path"], content=b"webhook_id=142", headers={"authorization": ""})
    assert (asked.status_code, asked.json()) == (200, {"status": "ping"})
    assert notices(caller, source) == []


def test_nobody_is_believed_as_a_source_that_was_removed(caller: Caller) -> None:
    source = added(caller)
    assert said(caller, source, b'{"id":1}').status_code == 200
    assert caller.ok("DELETE", f"/webhook-sources/{source['id']}") == {"id": source["id"], "status": "removed"}
    assert said(caller, source, b'{"id":2}').status_code == 404
    assert caller("DELETE", f"/webhook-sources/{source['id']}").status_code == 404


@pytest.mark.parametrize(
    "path", ["/inbound/x/y", "/inbound/{tenant}/00000000-0000-7000-8000-000000000000", "/inbound/{other}/{source}"]
)
def test_a_source_there_is_none_of_is_not_found(world: World, caller: Caller, path: str) -> None:
    source, other = added(caller), world.tenant("other")
    target = path.format(tenant=caller.tenant, other=other.tenant, source=source["id"])
    assert said(caller, {"path": f"/api/v1{target}"}, b"{}").status_code == 404


def test_a_body_without_end_is_refused(caller: Caller) -> None:
    source = added(caller)
    assert said(caller, source, b" " * (4 * 1024 * 1024 + 1)).status_code == 413
    assert notices(caller, source) == []


def test_a_secret_is_shown_to_nobody(caller: Caller) -> None:
    source = added(caller)
    shown = str(caller.ok("GET", "/webhook-sources")) + str(caller.ok("GET", "/events?limit=100")) + str(source)
    assert SECRET not in shown
    assert source["id"] in shown


@pytest.mark.parametrize(
    ("body", "status", "path"),
    [
        ({"scheme": "shopify", "name": "x", "secret": " "}, 422, "$.secret"),
        ({"scheme": "standard", "name": "x", "secret": "whsec_*"}, 422, "$.secret"),
        ({"scheme": "fax", "name": "x", "secret": "s"}, 400, "$.scheme"),
        ({"scheme": "shopify", "name": "x"}, 400, "$.secret"),
    ],
)
def test_a_source_nobody_could_be_is_refused(caller: Caller, body: Any, status: int, path: str) -> None:
    answer = caller("POST", "/webhook-sources", body)
    assert (answer.status_code, answer.json()["errors"][0]["path"]) == (status, path)


def test_another_tenant_sees_and_touches_nothing_of_it(world: World, caller: Caller) -> None:
    source, stranger = added(caller), world.tenant("stranger")
    said(caller, source, b'{"id":1}')
    (notice,) = notices(caller, source)
    path = f"/webhook-sources/{source['id']}"
    assert stranger.ok("GET", "/webhook-sources")["items"] == []
    for method, target in (("DELETE", path), ("GET", f"{path}/notices"), ("GET", f"{path}/notices/{notice['id']}")):
        assert stranger(method, target).status_code == 404
    other = added(stranger)
    assert stranger("GET", f"/webhook-sources/{other['id']}/notices/{notice['id']}").status_code == 404
