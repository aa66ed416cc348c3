"""The load bench keeps honest books: what it sends, what it counts, and from when it counts."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import cast

import pytest
import uvloop

from entrypoints.cli.bench.caller import Caller, ConnectionLost
from entrypoints.cli.bench.client import (
    Address,
    MalformedResponse,
    parse_address,
    parse_response,
    render_request,
)
from entrypoints.cli.bench.completion import Audit
from entrypoints.cli.bench.load import Load
from entrypoints.cli.bench.options import BenchOptions, Surroundings
from entrypoints.cli.bench.report import to_json
from entrypoints.cli.bench.run import run_bench
from entrypoints.cli.bench.setup import SetupRefused, prepare_stock
from entrypoints.cli.bench.tally import Tally
from entrypoints.cli.bench.workload import sku_names

Answer = Callable[[str, str, bytes], tuple[int, object] | None]
"""(method, path, body) -> status and JSON, or None to hang up without answering."""

NOWHERE = Address("127.0.0.1", 1)
RECEIPT = {"job_id": "j", "order_id": "o", "status": "pending", "status_url": "/api/v1/orders/j/status"}


class FakeServer(asyncio.Protocol):
    """As little of an HTTP server as the client needs."""

    def __init__(self, answer: Answer) -> None:
        self.answer = answer
        self.received = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        self.received += data
        head, found, body = self.received.partition(b"\r\n\r\n")
        first, *headers = head.split(b"\r\n")
        length = next((int(h[15:]) for h in headers if h.startswith(b"content-length:")), 0)
        if not found or len(body) < length:
            return
        self.received = b""
        method, path, _ = first.decode().split(" ")
        said = self.answer(method, path, body)
        if said is None:
            self.transport.abort()
            return
        text = json.dumps(said[1]).encode()
        # Two writes, so that answers arrive in pieces.
        self.transport.write(b"HTTP/1.1 %d X\r\nContent-Length: %d\r\n" % (said[0], len(text)))
        self.transport.write(b"\r\n" + text)


@asynccontextmanager
async def serving(answer: Answer) -> AsyncIterator[Address]:
    server = await asyncio.get_running_loop().create_server(lambda: FakeServer(answer), "127.0.0.1", 0)
    async with server:
        yield Address("127.0.0.1", server.sockets[0].getsockname()[1])


def tally_of(batch: int = 1, watched: list[str] | None = None) -> Tally:
    def watch(number: int, intended: float, status_url: str) -> None:
        if watched is not None:
            watched.append(status_url)

    return Tally(batch=batch, wants=lambda now: watched is not None, watch=watch)


def test_a_response_is_parsed_once_its_head_is_there() -> None:
    whole = b"HTTP/1.1 202 Accepted\r\nX: y\r\nCONTENT-Length: 2\r\n\r\n{}"
    assert all(parse_response(whole[:size]) is None for size in range(len(whole) - 2))
    assert parse_response(whole[:-2]) == (202, len(whole) - 2, len(whole))
    assert parse_response(b"HTTP/1.1 204 No Content\r\n\r\n") == (204, 27, 27)


@pytest.mark.parametrize(
    "nonsense",
    [
        b"SSH-2.0-x\r\n\r\n",
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n",
        b"HTTP/1.1 200 OK\r\ncontent-length: -1\r\n\r\n",
    ],
)
def test_what_the_client_does_not_understand_is_said_loudly(nonsense: bytes) -> None:
    with pytest.raises(MalformedResponse):
        parse_response(nonsense)


def test_an_address_keeps_its_prefix_and_refuses_other_schemes() -> None:
    address = parse_address("http://localhost:8080/shop/")
    assert address == Address("localhost", 8080, "/shop")
    assert render_request(address, "GET", "/x", key="k").startswith(b"GET /shop/x HTTP/1.1\r\n")
    with pytest.raises(ValueError, match="plain http"):
        parse_address("https://localhost")


def test_every_request_is_answered_once_and_booked_by_status() -> None:
    served: list[str] = []
    watched: list[str] = []

    def answer(method: str, path: str, body: bytes) -> tuple[int, object] | None:
        served.append(path)
        if len(served) == 7:
            return None
        return (503, {}) if len(served) % 10 == 0 else (202, RECEIPT)

    async def run() -> tuple[Tally, Load]:
        tally = tally_of(watched=watched)
        tally.open_window(0)
        async with serving(answer) as address:
            request = render_request(address, "POST", "/api/v1/orders", key="k", body=b"{}")
            load = Load(address, [request], connections=4, observe=tally.observe)
            await load.open()
            load.start(interval=0, may_send=lambda: len(served) < 100)
            while len(served) < 100:
                await asyncio.sleep(0)
            load.stop(0)
            await load.drain(10)
        return tally, load

    tally, load = uvloop.run(run())
    refused = sum(1 for number in range(1, len(served) + 1) if number % 10 == 0)
    assert tally.errors_by_status == {"503": refused, "no answer": 1}
    assert tally.errors == refused + 1
    assert tally.accepted == tally.window_accepted == len(served) - tally.errors
    assert len(tally.latencies) == tally.accepted + 1, "a quick refusal is no intake, a missing answer is a slow one"
    assert watched == ["/api/v1/orders/j/status"] * tally.accepted
    assert sum(load.lost_connections.values()) == 1


def test_open_loop_latency_counts_from_the_intended_time() -> None:
    now = 0.0
    seen: list[tuple[int, float, float, int]] = []

    def stalls_once(method: str, path: str, body: bytes) -> tuple[int, object]:
        nonlocal now
        now = 1.0
        return 202, RECEIPT

    async def run() -> None:
        async with serving(stalls_once) as address:
            load = Load(
                address,
                [render_request(address, "POST", "/", key="k", body=b"{}")],
                connections=1,
                observe=lambda number, intended, ended, status, body: seen.append((number, intended, ended, status)),
                clock=lambda: now,
            )
            await load.open()
            load.start(interval=0.25)
            load.stop(0.75)
            await load.drain(10)

    uvloop.run(run())
    assert seen == [(0, 0.0, 1.0, 202), (1, 0.25, 1.0, 202), (2, 0.5, 1.0, 202)]


def test_what_could_not_be_sent_in_time_counts_as_unanswered() -> None:
    now = 0.0
    tally = tally_of()
    tally.open_window(0)

    async def run() -> None:
        nonlocal now
        load = Load(NOWHERE, [b""], connections=0, observe=tally.observe, clock=lambda: now)
        load.start(interval=0.25)
        now = 1.0
        load.stop(now)
        await load.drain(0)

    uvloop.run(run())
    assert (tally.accepted, tally.errors, dict(tally.errors_by_status)) == (0, 4, {"no answer": 4})
    assert tally.latencies == [1.0, 0.75, 0.5, 0.25]


def test_setting_up_stops_at_the_first_refusal() -> None:
    async def run(answer: Answer) -> None:
        async with serving(answer) as address, Caller(address, connections=3) as caller:
            await prepare_stock(caller, ["k"], sku_names(50))

    with pytest.raises(SetupRefused, match=r"locations answered 403.*no"):
        uvloop.run(run(lambda method, path, body: (403, "no")))
    with pytest.raises(ConnectionLost):
        uvloop.run(run(lambda method, path, body: None))


@pytest.mark.parametrize(("batch", "rate"), [(1, 0.0), (1, 400.0), (10, 0.0)])
def test_a_whole_run_accounts_for_every_order(batch: int, rate: float) -> None:
    stored = 0
    posted: list[str] = []

    def answer(method: str, path: str, body: bytes) -> tuple[int, object]:
        nonlocal stored
        if path.endswith("/status"):
            return 200, {"job_id": "j", "order_id": "o", "status": "completed", "progress": 100}
        if path == "/api/v1/orders":
            stored += 1
            return 202, RECEIPT
        if path == "/api/v1/orders/batch":
            stored += len(json.loads(body))
            return 202, [RECEIPT] * len(json.loads(body))
        posted.append(path)
        return 201, {}

    async def create_tenants(count: int) -> list[tuple[str, str]]:
        return [(f"tenant-{n}", f"key-{n}") for n in range(count)]

    async def audit() -> Audit:
        return Audit(accepted=stored, decided=stored, completed=stored, rejected=0, oversold=0)

    async def run() -> dict[str, object]:
        async with serving(answer) as address:
            report = await run_bench(
                BenchOptions(rate=rate, seconds=0.2, warmup_seconds=0.05, tenants=2, hot=4, batch=batch, quiet=True),
                Surroundings(
                    base_url=f"http://{address.host}:{address.port}",
                    api_pids=(),
                    worker_pids=(),
                    postgres_pid=None,
                    create_tenants=create_tenants,
                    audit=audit,
                ),
            )
        decoded: dict[str, object] = json.loads(to_json(report))
        return decoded

    report = uvloop.run(run())
    assert len(posted) == 2 * (1 + 4 + 4)
    assert report["accepted"] == report["completed"] == stored > 0
    assert (report["errors"], report["lost"], report["rejected"], report["oversold"]) == (0, 0, 0, 0)
    assert (report["tenants"], report["samples_unfinished"], report["ratio"]) == (2, 0, None)
    assert {"orders_per_s", "intake_ms", "complete_ms", "cpu_us_per_order", "pgbench_orders_per_s"} < set(report)
