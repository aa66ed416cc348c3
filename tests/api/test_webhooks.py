"""Webhooks over HTTP: added, called, looked at, asked for again, taken away."""

import asyncio
import hashlib
import hmac
from base64 import b64decode, b64encode
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest

from entrypoints.worker.webhooks import WebhookRunner
from tests.api.world import Caller, World, as_worker, carry, stocked


class Receiver:
    """A merchant's own system: answers as it is told, and checks what it is sent as the standard says."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.status = 200
        self.got: list[tuple[dict[str, str], bytes]] = []
        self._server = world.run(asyncio.start_server(self._handle, "127.0.0.1", 0))
        self.port = self._server.sockets[0].getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}/hooks"

    async def _handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        headers = dict(line.lower().split(": ", 1) for line in head.split("\r\n")[1:] if line)
        exact = dict(line.split(": ", 1) for line in head.split("\r\n")[1:] if line)
        headers["webhook-signature"] = exact["webhook-signature"]
        self.got.append((headers, await reader.readexactly(int(headers["content-length"]))))
        writer.write(f"HTTP/1.1 {self.status} X\r\ncontent-length: 5\r\nconnection: close\r\n\r\nhello".encode())
        await writer.drain()
        writer.close()
        await writer.wait_closed()

    def names(self) -> list[str]:
        return [msgspec.json.decode(body)["type"] for _, body in self.got]

    def close(self) -> None:
        self._server.close()
        self.world.run(self._server.wait_closed())


@pytest.fixture
def receiver(world: World) -> Iterator[Receiver]:
    receiver = Receiver(world)
    yield receiver
    receiver.close()


@pytest.fixture
def caller(world: World, request: pytest.FixtureRequest) -> Caller:
    return stocked(world.tenant(request.node.name), "W")


def work(world: World, caller: Caller) -> None:
    """What a relay and a worker do."""
    carry(world)
    adapters, dispatch = world.http.adapters, world.http.door.dispatch()
    runner = WebhookRunner(
        adapters.jobs(),
        dispatch,
        adapters.webhooks_view(),
        adapters.webhook_caller(),
        adapters.clock(),
        world.telemetry,
    )

    async def run() -> None:
        while await runner.step(as_worker(world, caller)):
            await runner.finish()

    world.run(run())


def proven(secret: str, headers: dict[str, str], body: bytes) -> bool:
    """What a receiver checks."""
    content = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    mac = hmac.new(b64decode(secret.removeprefix("whsec_")), content, hashlib.sha256).digest()
    return f"v1,{b64encode(mac).decode()}" in headers["webhook-signature"].split(" ")


def switch(caller: Caller) -> None:
    caller.ok("PUT", "/configuration/flags/RISK_ASSESSMENT", {"enabled": False})


def added(caller: Caller, receiver: Receiver, *events: str) -> Any:
    return caller.ok("POST", "/webhooks", {"url": receiver.url, "events": list(events)})


def test_what_happens_is_delivered_and_proven(world: World, caller: Caller, receiver: Receiver) -> None:
    hook = added(caller, receiver, "flag.*")
    assert hook["secret"].startswith("whsec_")
    switch(caller)
    work(world, caller)
    ((headers, body),) = receiver.got
    assert proven(hook["secret"], headers, body)
    assert not proven("whsec_" + b64encode(b"x" * 32).decode(), headers, body)
    event = msgspec.json.decode(body)
    assert (event["type"], event["data"]) == ("flag.set.v1", {"flag": "RISK_ASSESSMENT", "enabled": False})
    assert event["id"] == headers["webhook-id"]
    (delivery,) = caller.ok("GET", f"/webhooks/{hook['id']}/deliveries?status=delivered")["items"]
    assert (delivery["type"], delivery["attempts"], delivery["detail"]) == ("flag.set.v1", 1, "HTTP 200")
    shown = caller.ok("GET", f"/webhooks/{hook['id']}/deliveries/{delivery['id']}")
    (attempt,) = shown["calls"]
    assert (attempt["status"], attempt["error"], attempt["response"]) == (200, None, "hello")


def test_a_webhook_is_listed_without_its_secret(caller: Caller, receiver: Receiver) -> None:
    hook = added(caller, receiver, "order.*", "stock.moved.v1")
    (listed,) = caller.ok("GET", "/webhooks")["items"]
    assert listed == {name: said for name, said in hook.items() if name != "secret"}
    assert caller.ok("GET", f"/webhooks/{hook['id']}") == listed
    assert (listed["status"], listed["reason"], listed["events"]) == ("enabled", None, ["order.*", "stock.moved.v1"])
    shown = str(caller.ok("GET", "/events?limit=500"))
    assert hook["secret"] not in shown
    assert hook["id"] in shown


def test_a_rotated_secret_and_the_old_one_both_prove(world: World, caller: Caller, receiver: Receiver) -> None:
    hook = added(caller, receiver, "flag.*")
    rotated = caller.ok("POST", f"/webhooks/{hook['id']}/rotate-secret")
    assert rotated["secret"] != hook["secret"]
    switch(caller)
    work(world, caller)
    ((headers, body),) = receiver.got
    assert proven(hook["secret"], headers, body)
    assert proven(rotated["secret"], headers, body)


def test_a_test_event_is_sent_whatever_the_webhook_wants(world: World, caller: Caller, receiver: Receiver) -> None:
    hook = added(caller, receiver, "order.*")
    answer = caller("POST", f"/webhooks/{hook['id']}/test")
    assert answer.status_code == 202
    work(world, caller)
    assert receiver.names() == ["webhook.tested.v1"]


def test_who_is_gone_is_disabled_and_what_was_missed_is_replayed(
    world: World, caller: Caller, receiver: Receiver
) -> None:
    hook = added(caller, receiver, "flag.*")
    receiver.status = 410
    switch(caller)
    work(world, caller)
    shown = caller.ok("GET", f"/webhooks/{hook['id']}")
    assert (shown["status"], shown["reason"]) == ("disabled", "it answered 410 Gone")
    switch(caller)
    work(world, caller)
    assert len(receiver.got) == 1
    path = f"/webhooks/{hook['id']}"
    for act, body in (("test", None), ("replay", {}), ("retry-failed", {"since": "2026-01-01T00:00:00Z"})):
        refused = caller("POST", f"{path}/{act}", body)
        assert (refused.status_code, refused.json()["code"]) == (409, "webhook_state")
    receiver.status = 200
    assert caller.ok("POST", f"{path}/enable")["status"] == "enabled"
    first = caller.ok("POST", f"{path}/replay", {"limit": 1})
    assert first["next_cursor"]
    total, after = first["replayed"], first["next_cursor"]
    while after:
        page = caller.ok("POST", f"{path}/replay", {"after": after, "limit": 500})
        total, after = total + page["replayed"], page["next_cursor"]
    assert total == 2
    work(world, caller)
    assert receiver.names() == ["flag.set.v1"] * 3
    assert len({headers["webhook-id"] for headers, _ in receiver.got}) == 2


def test_failed_deliveries_begin_anew(world: World, caller: Caller, receiver: Receiver) -> None:
    hook = added(caller, receiver, "flag.*")
    path = f"/webhooks/{hook['id']}"
    switch(caller)
    carry(world)
    caller.ok("POST", f"{path}/disable")
    work(world, caller)
    assert receiver.got == []
    (failed,) = caller.ok("GET", f"{path}/deliveries?status=failed")["items"]
    assert failed["detail"] == "the webhook is disabled: somebody disabled it"
    caller.ok("POST", f"{path}/enable")
    for since, number in (("2999-01-01T00:00:00Z", 0), (failed["created_at"], 1), (failed["created_at"], 0)):
        assert caller.ok("POST", f"{path}/retry-failed", {"since": since}) == {"replayed": number, "next_cursor": None}
    work(world, caller)
    assert receiver.names() == ["flag.set.v1"]


def test_who_is_removed_is_called_no_more(world: World, caller: Caller, receiver: Receiver) -> None:
    hook = added(caller, receiver, "flag.*")
    assert caller.ok("DELETE", f"/webhooks/{hook['id']}") == {"id": hook["id"], "status": "removed"}
    switch(caller)
    work(world, caller)
    assert receiver.got == []
    assert caller("GET", f"/webhooks/{hook['id']}").status_code == 404
    assert caller("DELETE", f"/webhooks/{hook['id']}").status_code == 404


@pytest.mark.parametrize(
    ("body", "status", "code", "path"),
    [
        ({"url": "https://10.0.0.1/", "events": ["*"]}, 422, "forbidden_target", "$.url"),
        ({"url": "http://127.0.0.1:22/", "events": ["ordr.*"]}, 422, "unknown_event", "$.events[0]"),
        ({"url": "https://169.254.169.254/latest", "events": ["*"]}, 422, "forbidden_target", "$.url"),
        ({"url": "ftp://127.0.0.1/", "events": ["*"]}, 422, "forbidden_target", "$.url"),
        ({"url": "https://u:p@127.0.0.1/", "events": ["*"]}, 422, "forbidden_target", "$.url"),
        ({"url": "", "events": ["*"]}, 400, "validation_failed", "$.url"),
        ({"url": "https://127.0.0.1/", "events": []}, 400, "validation_failed", "$.events"),
        ({"url": "https://127.0.0.1/"}, 400, "validation_failed", "$.events"),
    ],
)
def test_what_cannot_be_called_is_refused_by_name(caller: Caller, body: Any, status: int, code: str, path: str) -> None:
    answer = caller("POST", "/webhooks", body)
    told = answer.json()
    assert (answer.status_code, told["code"], told["errors"][0]["path"]) == (status, code, path)
    assert caller.ok("GET", "/webhooks")["items"] == []


def test_another_tenant_sees_and_touches_nothing_of_it(world: World, caller: Caller, receiver: Receiver) -> None:
    hook = added(caller, receiver, "*")
    stranger = world.tenant("stranger")
    assert stranger.ok("GET", "/webhooks")["items"] == []
    path = f"/webhooks/{hook['id']}"
    for method, target in (("GET", path), ("DELETE", path), ("POST", f"{path}/test"), ("GET", f"{path}/deliveries")):
        assert stranger(method, target).status_code == 404
    switch(stranger)
    work(world, caller)
    assert all(msgspec.json.decode(body)["tenantid"] == caller.tenant for _, body in receiver.got)
    delivery = caller.ok("GET", f"{path}/deliveries")["items"][0]["id"]
    other = added(stranger, receiver, "*")
    assert stranger("GET", f"/webhooks/{other['id']}/deliveries/{delivery}").status_code == 404


def test_who_may_only_read_hands_out_no_events(world: World, caller: Caller, receiver: Receiver) -> None:
    reader = world.caller(caller.tenant, frozenset({"configuration:read", "events:read"}))
    assert reader("POST", "/webhooks", {"url": receiver.url, "events": ["*"]}).status_code == 403
    assert reader("GET", "/webhooks").status_code == 200
