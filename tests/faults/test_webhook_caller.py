"""Calling endpoints that answer badly: late, half, never, elsewhere, too much; through a real socket."""

import asyncio
import socket
import ssl
import threading
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from adapters.webhooks import caller as module
from adapters.webhooks.caller import HttpCaller, retry_after
from core.kernel.ids import WebhookId
from core.webhooks.delivery import RESPONSE_MAX, WORDS_MAX, Answer
from core.webhooks.target import networks_of
from tests.support.certificate import a_certificate
from tests.support.given import NOW, an_id

WEBHOOK = WebhookId(an_id(1))
OWN = networks_of(["127.0.0.0/8"])
Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def listening(handler: Handler, tls: ssl.SSLContext | None = None) -> AsyncIterator[int]:
    """A server that treats every connection as ``handler`` does; its port."""

    busy: set[asyncio.Task[None]] = set()

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        busy.add(task)
        try:
            await handler(reader, writer)
        except (ConnectionError, asyncio.CancelledError):
            return
        finally:
            busy.discard(task)
            writer.close()
            with suppress(ConnectionError):
                await writer.wait_closed()

    server = await asyncio.start_server(handle, "127.0.0.1", 0, ssl=tls)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for task in busy:
            task.cancel()
        await asyncio.gather(*busy)


async def request_of(reader: asyncio.StreamReader) -> tuple[bytes, bytes]:
    """(head, body) of a request with a content-length."""
    head = await reader.readuntil(b"\r\n\r\n")
    length = next(
        int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length")
    )
    return head, await reader.readexactly(length)


def answering(*parts: bytes) -> Handler:
    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await request_of(reader)
        for part in parts:
            writer.write(part)
            await writer.drain()

    return handle


def called(handler: Handler, path: str = "/hooks?a=1") -> Answer:
    async def run() -> Answer:
        async with listening(handler) as port:
            caller = HttpCaller(OWN, "Fluxor/test")
            return await caller.call(WEBHOOK, f"http://127.0.0.1:{port}{path}", {"webhook-id": "m"}, b'{"a":1}')

    return asyncio.run(run())


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "CALL_SECONDS", 0.2)


def test_what_is_sent_is_what_was_said() -> None:
    got: list[tuple[bytes, bytes]] = []

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        got.append(await request_of(reader))
        writer.write(b"HTTP/1.1 202 Accepted\r\ncontent-length: 2\r\n\r\nok")

    answer = called(handle)
    assert (answer.status, answer.error, answer.body, answer.retry_after) == (202, None, b"ok", None)
    ((head, body),) = got
    lines = head.decode().lower().split("\r\n")
    assert lines[0] == "post /hooks?a=1 http/1.1"
    assert {"webhook-id: m", "content-type: application/json", "user-agent: fluxor/test", "content-length: 7"} <= set(
        lines
    )
    assert body == b'{"a":1}'


def test_a_redirect_is_an_answer_and_not_followed() -> None:
    answer = called(answering(b"HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:1/\r\ncontent-length: 0\r\n\r\n"))
    assert (answer.status, answer.taken) == (302, False)


def test_of_a_long_answer_the_beginning_is_read_and_no_more() -> None:
    sent = 0

    async def endless(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal sent
        await request_of(reader)
        writer.write(b"HTTP/1.1 500 Oops\r\n\r\n")
        while True:
            writer.write(b"x" * 65_536)
            await writer.drain()
            sent += 1

    answer = called(endless)
    assert (answer.status, answer.body) == (500, b"x" * RESPONSE_MAX)


@pytest.mark.usefixtures("hasty")
@pytest.mark.parametrize(
    "parts",
    [
        (),
        (b"HTTP/1.1 200 OK\r\n",),
    ],
    ids=["silence", "half a head"],
)
def test_who_does_not_come_to_an_end_is_left(parts: tuple[bytes, ...]) -> None:
    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await answering(*parts)(reader, writer)
        await reader.read()

    answer = called(handle)
    assert answer.status is None
    assert "Timeout" in str(answer.error)
    assert 150 <= answer.took_ms < 5_000


@pytest.mark.parametrize(
    "parts",
    [
        (),
        (b"SSH-2.0-OpenSSH_9.2\r\n",),
        (b"HTTP/1.1 banana\r\n\r\n",),
    ],
    ids=["hangs up", "another protocol", "no status"],
)
def test_who_breaks_off_or_talks_nonsense_gave_no_answer(parts: tuple[bytes, ...]) -> None:
    answer = called(answering(*parts))
    assert answer.status is None
    assert answer.error


@pytest.mark.usefixtures("hasty")
@pytest.mark.parametrize("hangs_up", [True, False])
@pytest.mark.parametrize("status", [200, 410])
def test_a_status_counts_however_the_rest_ends(hangs_up: bool, status: int) -> None:
    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await answering(b"HTTP/1.1 %d X\r\ncontent-length: 10\r\n\r\nhalf" % status)(reader, writer)
        if not hangs_up:
            await reader.read()

    answer = called(handle)
    assert (answer.status, answer.error, answer.body) == (status, None, b"half")


def test_what_the_other_side_shouts_is_not_kept() -> None:
    answer = called(answering(b"HTTP/1.1 200 OK\r\n" + b"x" * 90_000 + b"\r\n\r\n"))
    assert answer.status is None
    assert 0 < len(answer.error or "") <= WORDS_MAX


def test_names_that_are_never_found_hold_up_nobody_else(monkeypatch: pytest.MonkeyPatch) -> None:
    found, known = threading.Event(), socket.getaddrinfo

    def silent(host: str, *given: Any, **options: Any) -> Any:
        if host.endswith(".silent.test"):
            found.wait(30)
            raise socket.gaierror(-3, "Temporary failure in name resolution")
        return known(host, *given, **options)

    async def run() -> Answer:
        caller = HttpCaller(OWN, "t")
        others = [asyncio.create_task(caller.check(f"https://{n}.silent.test/")) for n in range(20)]
        await asyncio.sleep(0)
        async with listening(answering(b"HTTP/1.1 204 No Content\r\n\r\n")) as port:
            answer = await caller.call(WEBHOOK, f"http://127.0.0.1:{port}/", {}, b"")
        found.set()
        await asyncio.gather(*others, return_exceptions=True)
        return answer

    monkeypatch.setattr(socket, "getaddrinfo", silent)
    assert asyncio.run(run()).status == 204


def test_where_nobody_listens_there_is_no_answer() -> None:
    async def run() -> Answer:
        async with listening(answering()) as port:
            pass
        return await HttpCaller(OWN, "t").call(WEBHOOK, f"http://127.0.0.1:{port}/", {}, b"")

    answer = asyncio.run(run())
    assert answer.status is None
    assert "ConnectError" in str(answer.error)


def test_the_next_address_is_tried_when_the_first_takes_no_connection() -> None:
    async def run() -> Answer:
        async def both(host: str, port: int) -> list[str]:
            return ["127.0.0.2", "127.0.0.1"]

        async with listening(answering(b"HTTP/1.1 204 No Content\r\n\r\n")) as port:
            return await HttpCaller(OWN, "t", resolve=both).call(WEBHOOK, f"http://two.test:{port}/", {}, b"")

    assert asyncio.run(run()).status == 204


@pytest.mark.parametrize(
    ("known", "name", "status"), [(True, "h.test", 204), (False, "h.test", None), (True, "other.test", None)]
)
def test_a_certificate_must_be_vouched_for_and_be_the_names(
    known: bool, name: str, status: int | None, tmp_path: Path
) -> None:
    """The address is one of ours, the name is what the certificate has to hold."""
    certificate = a_certificate(tmp_path)
    serving = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    serving.load_cert_chain(certificate)
    trusting = ssl.create_default_context(cafile=str(certificate) if known else None)

    async def here(host: str, port: int) -> list[str]:
        return ["127.0.0.1"]

    async def run() -> Answer:
        handler = answering(b"HTTP/1.1 204 No Content\r\n\r\n")
        async with listening(handler, serving) as port:
            caller = HttpCaller(OWN, "t", resolve=here, tls=trusting)
            return await caller.call(WEBHOOK, f"https://{name}:{port}/", {}, b"")

    answer = asyncio.run(run())
    assert answer.status == status
    assert status or "certificate verify failed" in str(answer.error)


def test_who_asks_to_be_left_alone_says_for_how_long() -> None:
    answer = called(answering(b"HTTP/1.1 429 Busy\r\nRetry-After: 120\r\ncontent-length: 0\r\n\r\n"))
    assert (answer.status, answer.retry_after) == (429, 120.0)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("30", 30.0),
        ("0", 0.0),
        ("Sun, 01 Mar 2026 12:02:00 GMT", 120.0),
        ("Sun, 01 Mar 2026 11:00:00 GMT", 0.0),
        ("soon", None),
        ("-5", None),
        ("", None),
        ("1e9", None),
        ("Mon, 01 Jan 99999999999999999999 00:00:00 GMT", None),
    ],
)
def test_how_long_is_seconds_or_a_date(text: str, seconds: float | None) -> None:
    assert datetime(2026, 3, 1, 12, tzinfo=UTC) == NOW
    assert retry_after(text, NOW) == seconds
