"""The event stream over the bare protocol: who leaves, who comes back, and who is shown out."""

import asyncio
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from entrypoints.http import events
from tests.api.world import Caller, World, stocked


class Listener:
    """A client of /events/stream that hangs up when ``enough`` of the text came, and only then."""

    def __init__(self, caller: Caller, enough: Callable[[str], bool], **headers: str) -> None:
        self.text = ""
        self.status = 0
        self.frames_after_leaving = 0
        self._enough = enough
        self._gone = asyncio.Event()
        self._asked = False
        given = {"authorization": f"Bearer {caller.token}", **headers}
        self._scope = {
            "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "GET", "scheme": "http",
            "path": "/api/v1/events/stream", "raw_path": b"/api/v1/events/stream", "query_string": b"",
            "root_path": "", "client": ("127.0.0.1", 1), "server": ("fluxor.test", 80),
            "headers": [(name.replace("_", "-").encode(), value.encode()) for name, value in given.items()],
        }  # fmt: skip

    async def listen(self, app: Any, *, seconds: float = 5.0) -> float:
        """Follow the stream to its end; answers how long the application went on after the client had left."""
        async with asyncio.timeout(seconds):
            await app(self._scope, self._receive, self._send)
        return time.perf_counter() - self._left if self._gone.is_set() else 0.0

    @property
    def ids(self) -> list[str]:
        return [line.removeprefix("id: ") for line in self.text.splitlines() if line.startswith("id: ")]

    async def _receive(self) -> Any:
        if not self._asked:
            self._asked = True
            return {"type": "http.request", "body": b"", "more_body": False}
        await self._gone.wait()
        return {"type": "http.disconnect"}

    async def _send(self, message: Any) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            return
        self.frames_after_leaving += self._gone.is_set()
        self.text += message["body"].decode()
        if self._enough(self.text) and not self._gone.is_set():
            self._left = time.perf_counter()
            self._gone.set()


def frames(number: int) -> Callable[[str], bool]:
    return lambda text: text.count("\nevent: ") >= number


def test_one_who_hangs_up_is_forgotten_at_once(world: World) -> None:
    caller = stocked(world.tenant("hangs up"), "H")
    everything = len(caller.ok("GET", "/events")["items"])
    listener = Listener(caller, frames(everything))
    # Nothing more happens, so the stream would sleep and poll for a quarter of a minute until its next word.
    went_on = world.run(listener.listen(world.http.app()))
    assert listener.status == 200
    assert went_on < 0.5
    assert listener.frames_after_leaving == 0
    assert world.http.database().pool_use()["in_use"] == 0


def test_who_comes_back_with_the_last_id_misses_nothing_and_hears_nothing_twice(world: World) -> None:
    caller = stocked(world.tenant("comes back"), "R")
    whole = caller.ok("GET", "/events")["items"]
    app = world.http.app()
    heard: list[str] = []
    headers: dict[str, str] = {}
    for _ in whole[1:]:
        listener = Listener(caller, frames(1), **headers)
        world.run(listener.listen(app))
        heard.append(listener.text.partition("event: ")[2].partition("\n")[0])
        # A client that hangs up after its first frame may have been sent more; it resumes from what it has read.
        headers = {"last_event_id": listener.ids[0]}
    caller.ok("POST", "/locations", {"code": "LATER", "kind": "store"})
    listener = Listener(caller, frames(2), **headers)
    world.run(listener.listen(app))
    heard += [line.removeprefix("event: ") for line in listener.text.splitlines() if line.startswith("event: ")]
    assert heard == [*(event["type"] for event in whole), "location.created.v1"]


def test_a_last_event_id_comes_before_the_query_and_must_be_ours(world: World) -> None:
    caller = stocked(world.tenant("not ours"), "N")
    other = stocked(world.tenant("somebody else"), "O")
    foreign = other.ok("GET", "/events?limit=1")["next_cursor"]
    for bad in ("1", "AAAA", foreign, "\u00e9"):
        answer = caller("GET", "/events/stream", headers={"last-event-id": bad.encode("latin-1")})
        assert (answer.status_code, answer.json()["errors"][0]["path"]) == (400, "$.after")
    mine = caller.ok("GET", "/events?limit=1")["next_cursor"]
    answer = caller("GET", f"/events/stream?after={mine}", headers={"last-event-id": foreign})
    assert answer.status_code == 400


def test_only_the_head_of_a_stream_does_not_hold_the_connection(world: World) -> None:
    caller = world.tenant("head")
    answer = world.run(asyncio.wait_for(caller.send("HEAD", "/events/stream"), 5))
    assert (answer.status_code, answer.content) == (200, b"")
    assert answer.headers["content-type"] == "text/event-stream"


def test_a_stream_ends_when_its_key_is_revoked_however_much_happens(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(events, "HEARTBEAT", timedelta(0))
    owner = stocked(world.tenant("busy"), "B")
    issued = owner.ok("POST", "/api-keys", {"name": "ear", "scopes": ["events:read"]})
    listener = Listener(Caller(world, owner.tenant, issued["token"]), lambda text: False)

    async def story() -> None:
        listening = asyncio.create_task(listener.listen(world.http.app()))
        while "still here" not in listener.text:
            await asyncio.sleep(0.01)
        await owner.send("DELETE", f"/api-keys/{issued['id']}")
        await listening

    world.run(story())
    assert listener.text.endswith(": still here\n\n") or "event: api_key.revoked.v1" in listener.text
    assert owner("GET", "/events").status_code == 200
