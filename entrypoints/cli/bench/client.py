"""A lean HTTP/1.1 client for loopback: one keep-alive connection, one request outstanding, bytes in and out.

It shares the cores with the server it measures, so it understands only what our own server sends (a status
line and a content-length) and does nothing else per request.
"""

import asyncio
from collections.abc import Callable
from typing import NamedTuple, cast
from urllib.parse import urlsplit

_NO_BODY = (204, 304)


class MalformedResponse(Exception):
    """The other side answered something this client does not understand."""


class Address(NamedTuple):
    """Where the server listens. ``prefix`` is the path before every route, often empty."""

    host: str
    port: int
    prefix: str = ""


def parse_address(base_url: str) -> Address:
    """The address behind ``http://host:port/prefix``. Raises ValueError for another scheme or no host."""
    parts = urlsplit(base_url)
    if parts.scheme != "http" or not parts.hostname:
        raise ValueError(f"the bench speaks plain http to a named host, not '{base_url}'")
    return Address(parts.hostname, parts.port or 80, parts.path.rstrip("/"))


def render_request(address: Address, method: str, path: str, *, key: str, body: bytes = b"") -> bytes:
    """The whole request as bytes; ``key`` is the bearer credential, ``body`` is JSON."""
    head = (
        f"{method} {address.prefix}{path} HTTP/1.1\r\n"
        f"host: {address.host}:{address.port}\r\n"
        f"authorization: Bearer {key}\r\n"
    )
    if body or method != "GET":
        head += f"content-type: application/json\r\ncontent-length: {len(body)}\r\n"
    return head.encode("ascii") + b"\r\n" + body


def parse_response(data: bytes) -> tuple[int, int, int] | None:
    """``(status, start of body, end of body)`` once the head is complete, None before.

    The body may still be arriving: compare its end with ``len(data)``. Raises MalformedResponse when it is
    not HTTP/1 or does not say how long it is.
    """
    head_end = data.find(b"\r\n\r\n")
    if head_end < 0:
        return None
    if not data.startswith(b"HTTP/1.") or not data[9:12].isdigit():
        raise MalformedResponse(f"not an HTTP/1 status line: {data[:40]!r}")
    status = int(data[9:12])
    start = head_end + 4
    at = data.find(b"\r\ncontent-length:", 0, head_end)
    if at < 0:
        at = data[:head_end].lower().find(b"\r\ncontent-length:")
    if at < 0:
        if status in _NO_BODY:
            return status, start, start
        raise MalformedResponse(f"an answer {status} without content-length")
    length = data[at + 17 : data.find(b"\r\n", at + 17)].strip()
    if not length.isdigit():
        raise MalformedResponse(f"content-length is {length!r}")
    return status, start, start + int(length)


class Connection(asyncio.Protocol):
    """One connection. ``on_answer(connection, status, body)`` is called once for each request sent.

    ``on_lost(connection, reason)`` is called once, when it ends for whatever reason; a request still
    ``waiting`` then has no answer and its outcome is unknown. ``number`` and ``intended`` belong to the
    sender.
    """

    __slots__ = (
        "_buffer",
        "_on_answer",
        "_on_lost",
        "_reason",
        "_transport",
        "intended",
        "number",
        "waiting",
    )

    def __init__(
        self,
        on_answer: Callable[["Connection", int, bytes], None],
        on_lost: Callable[["Connection", str], None],
    ) -> None:
        self._on_answer = on_answer
        self._on_lost = on_lost
        self._buffer = b""
        self._reason = ""
        self._transport: asyncio.Transport | None = None
        self.intended = 0.0
        self.number = 0
        self.waiting = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport to write to."""
        # uvloop's transports keep the promise of asyncio.Transport without inheriting from it.
        self._transport = cast(asyncio.Transport, transport)

    def send(self, request: bytes) -> None:
        """Write a rendered request. Only when nothing is ``waiting`` and the connection is not lost."""
        assert self._transport is not None
        self.waiting = True
        self._transport.write(request)

    def data_received(self, data: bytes) -> None:
        """Collect until the answer is whole, then hand it over."""
        if self._buffer:
            data = self._buffer + data
        try:
            parsed = parse_response(data)
        except MalformedResponse as malformed:
            self._abort(str(malformed))
            return
        if parsed is None or len(data) < parsed[2]:
            self._buffer = data
            return
        status, start, end = parsed
        if len(data) > end or not self.waiting:
            self._abort("an answer nobody asked for")
            return
        self._buffer = b""
        self.waiting = False
        self._on_answer(self, status, data[start:])

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell the owner, once."""
        self._transport = None
        self._on_lost(self, self._reason or str(exc or "closed by the server"))

    def close(self) -> None:
        """End the connection; ``on_lost`` follows."""
        self._abort("closed here")

    def _abort(self, reason: str) -> None:
        self._reason = self._reason or reason
        if self._transport is not None:
            self._transport.abort()


async def connect(address: Address, connection: Connection) -> None:
    """Open ``connection``. Raises OSError when nobody listens."""
    await asyncio.get_running_loop().create_connection(lambda: connection, address.host, address.port)
