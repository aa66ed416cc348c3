"""Webhooks of a real installation whose worker and relay are killed, and whose receiver fails now and then."""

import asyncio
import os
import signal
import threading
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import msgspec

from composition.place import read_running
from entrypoints.cli.bench.caller import Caller
from entrypoints.cli.bench.client import parse_address, render_request
from tests.support.installation import PATIENCE_SECONDS, Installed, installed

ORDERS = 60
KILL_AFTER = (10, 25, 40)
"""Deliveries after which the worker, or the relay, is killed."""


class Received:
    """What a receiver got: by event id, how often, and what it said; every fifth event it refuses at first.

    Not more of those at once than a breaker allows: attempts at one that is open would soon be used up here.
    """

    def __init__(self) -> None:
        self.times: Counter[str] = Counter()
        self.bodies: dict[str, set[bytes]] = defaultdict(set)
        self.taken: set[str] = set()
        self.changed = threading.Condition()

    def take(self, message: str, body: bytes) -> int:
        with self.changed:
            self.times[message] += 1
            self.bodies[message].add(body)
            refuses = self.times[message] == 1 and len(self.times) % 5 == 0
            if not refuses:
                self.taken.add(message)
            self.changed.notify_all()
            return 503 if refuses else 200

    def wait_for(self, number: int, there: Installed) -> None:
        """Until so many events were taken; what was refused is due at once, whatever its schedule says."""
        for _ in range(PATIENCE_SECONDS):
            there.rows("UPDATE queue_job SET run_at = now() WHERE queue = 'webhooks' AND NOT leased RETURNING id")
            with self.changed:
                if self.changed.wait_for(lambda: len(self.taken) >= number, 1):
                    return
        raise AssertionError(f"{len(self.taken)} of {number}")


@contextmanager
def receiving() -> Iterator[tuple[str, Received]]:
    received = Received()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            length = int(self.headers["content-length"])
            body = self.rfile.read(length)
            if len(body) < length:
                self.close_connection = True  # its sender was killed while sending: nothing was received
                return
            self.send_response(received.take(self.headers["webhook-id"], body))
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    serving = threading.Thread(target=server.serve_forever)
    serving.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/", received
    finally:
        server.shutdown()
        serving.join()
        server.server_close()


async def post(there: Installed, *posts: tuple[str, Any]) -> None:
    address = parse_address(there.base_url)
    async with Caller(address, connections=1) as caller:
        for path, body in posts:
            wire = msgspec.json.encode(body)
            status, answer = await caller.request(
                render_request(address, "POST", f"/api/v1{path}", key=there.api_key, body=wire)
            )
            assert status in (201, 202), (path, status, answer)


def kill(there: Installed, turn: int) -> None:
    running = read_running(there.data_dir)
    assert running is not None
    pids = running.worker_pids if turn % 2 == 0 else running.relay_pids
    os.kill(pids[0], signal.SIGKILL)


def test_every_event_arrives_and_comes_twice_only_under_its_own_id(tmp_path: Path) -> None:
    with receiving() as (url, received), installed(tmp_path, WEBHOOK_NETWORKS="127.0.0.0/8") as there:
        order = {"items": [{"sku": "TEA", "quantity": 1}]}
        asyncio.run(
            post(
                there,
                ("/webhooks", {"url": url, "events": ["order.*"]}),
                ("/locations", {"code": "MAIN", "kind": "warehouse"}),
                ("/catalogue/items", {"sku": "TEA", "name": "Tea"}),
                ("/stock/receipts", {"sku": "TEA", "location": "MAIN", "quantity": 10_000}),
                *[("/orders", order)] * ORDERS,
            )
        )
        for turn, number in enumerate(KILL_AFTER):
            received.wait_for(number, there)
            kill(there, turn)
        received.wait_for(ORDERS, there)
        accepted = {row["id"] for row in there.rows("SELECT event_id::text AS id FROM webhook_delivery")}
        assert received.taken == accepted
        assert len(accepted) == ORDERS
        assert all(len(bodies) == 1 for bodies in received.bodies.values())
        assert there.rows("SELECT count(*) AS n FROM webhook_delivery WHERE state = 'failed'")[0]["n"] == 0
