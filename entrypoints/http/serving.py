"""From an ASGI request to a sent answer, the same way for every route; whatever is raised becomes a problem here."""

import asyncio
import time
import traceback
from collections.abc import AsyncIterator, Mapping
from contextlib import AbstractContextManager, nullcontext
from typing import Any

from litestar.types import Receive, Scope, Send

from core.identity.permission import demand
from core.kernel.errors import NotFound
from entrypoints.http.bodies import RequestGone, check_content_type, decode, read_body
from entrypoints.http.errors import Problem, of_status, problem_of, render
from entrypoints.http.last_known import LastKnown
from entrypoints.http.paging import read_query
from entrypoints.http.routes import Call, Desk, Reply, Route, read_key

PROBLEM = b"application/problem+json"
SECURITY_HEADERS: tuple[tuple[bytes, bytes], ...] = (
    (
        b"content-security-policy",
        b"default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: https:; "
        b"frame-ancestors 'none'",
    ),
    (b"strict-transport-security", b"max-age=31536000; includeSubDomains; preload"),
    (b"x-frame-options", b"DENY"),
    (b"x-content-type-options", b"nosniff"),
    (b"cache-control", b"no-store"),
)
_PATH_TEXT_MAX = 128


class Endpoint:
    """Serves one path: its routes by method."""

    def __init__(self, desk: Desk, routes: Mapping[str, Route]) -> None:
        self._desk = desk
        self._routes = routes
        self._last_known = LastKnown(desk.parts.caches, desk.parts.clock, desk.parts.telemetry)
        self._allow = ", ".join(sorted({*routes, *(["HEAD"] if "GET" in routes else [])}))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer the request, whatever happens."""
        started = time.perf_counter()
        request: Any = scope
        headers: dict[bytes, bytes] = dict(request["headers"])
        correlation = self._desk.authenticator.correlation(headers)
        try:
            with self._traced(request, headers):
                reply = await self._reply(request, headers, correlation, receive)
        except RequestGone:
            return
        except Exception as error:  # noqa: BLE001 - the one place where what nobody anticipated ends
            reply = failure(self._desk, error, correlation)
        finally:
            observe(self._desk, request, started)
        self._desk.parts.telemetry.count("http_requests_total", status=str(reply.status))
        await send_reply(reply, correlation, receive, send)

    def _traced(self, request: Any, headers: Mapping[bytes, bytes]) -> AbstractContextManager[None]:
        """A caller's trace goes on here; without one, the command's own span at the door is enough."""
        parent = headers.get(b"traceparent")
        if parent is None:
            return nullcontext()
        return self._desk.parts.telemetry.span(
            "http", parent=parent.decode("latin-1"), method=request["method"], path=request["path"][:_PATH_TEXT_MAX]
        )

    async def _reply(self, request: Any, headers: Mapping[bytes, bytes], correlation: str, receive: Receive) -> Reply:
        method = request["method"]
        route = self._routes.get("GET" if method == "HEAD" else method)
        if route is None:
            return problem_reply(of_status(405, allow=self._allow), correlation)
        call = await self._read(route, request, headers, correlation, receive)
        reply = await self._last_known.reply(route, call, request["query_string"])
        return _head_of(reply) if method == "HEAD" else reply

    async def _read(
        self, route: Route, request: Any, headers: Mapping[bytes, bytes], correlation: str, receive: Receive
    ) -> Call:
        path: Mapping[str, str] = request.get("path_params") or {}
        context: Any = None
        if not route.public:
            context = await self._desk.authenticator.context(headers, correlation)
            if route.scope is not None:
                demand(context.scopes, route.scope)
        for text in path.values():
            _check_path(text)
        query = read_query(route.query, request["query_string"]) if route.query else None
        raw, body, key = b"", None, None
        if route.writes:
            key = read_key(headers)
            raw = await read_body(headers, receive, route.body_max)
        if route.body is not None:
            check_content_type(headers)
            body = decode(route.body, raw)
        return Call(
            desk=self._desk,
            context=context,
            path=path,
            target=f"{route.method} {route.path} {'/'.join(path.values())}",
            query=query,
            body=body,
            raw=raw,
            key=key,
            headers=headers,
            receive=receive,
            status=route.status,
        )


def _head_of(reply: Reply) -> Reply:
    """The same answer where only its head is wanted: a stream would hold the connection and say nothing."""
    return reply if reply.stream is None else Reply(status=reply.status, media=reply.media, headers=reply.headers)


def failure(desk: Desk, error: Exception, correlation: str) -> Reply:
    """The problem ``error`` becomes; logged once when nobody anticipated it."""
    problem = problem_of(error)
    if problem.status == 500:
        trace = "".join(traceback.format_exception(error))
        desk.parts.telemetry.log("error", "request failed", correlation=correlation, error=trace)
    return problem_reply(problem, correlation)


def problem_reply(problem: Problem, correlation: str) -> Reply:
    """The reply that carries ``problem``."""
    headers = tuple((name.encode("ascii"), text.encode("latin-1")) for name, text in problem.headers)
    return Reply(status=problem.status, body=render(problem, correlation), media=PROBLEM, headers=headers)


def observe(desk: Desk, request: Any, started: float) -> None:
    """Record how long the answer took."""
    seconds = time.perf_counter() - started
    desk.parts.telemetry.observe("http_request_duration_seconds", seconds)


async def send_reply(reply: Reply, correlation: str, receive: Receive, send: Any) -> None:
    """Send it, with the headers every answer has."""
    headers = [
        (b"content-type", reply.media),
        (b"x-request-id", correlation.encode("ascii")),
        *SECURITY_HEADERS,
        *reply.headers,
    ]
    if reply.stream is None:
        headers.append((b"content-length", b"%d" % len(reply.body)))
        await send({"type": "http.response.start", "status": reply.status, "headers": headers})
        await send({"type": "http.response.body", "body": reply.body})
        return
    await send({"type": "http.response.start", "status": reply.status, "headers": headers})
    flowing = asyncio.create_task(_flow(reply.stream, send))
    gone = asyncio.create_task(_until_gone(receive))
    try:
        await asyncio.wait((flowing, gone), return_when=asyncio.FIRST_COMPLETED)
    finally:
        flowing.cancel()
        gone.cancel()
        await asyncio.gather(flowing, gone, return_exceptions=True)
    if not flowing.cancelled():
        flowing.result()


async def _flow(stream: AsyncIterator[bytes], send: Any) -> None:
    async for chunk in stream:
        await send({"type": "http.response.body", "body": chunk, "more_body": True})
    await send({"type": "http.response.body", "body": b""})


async def _until_gone(receive: Receive) -> None:
    message: Any = await receive()
    while message["type"] != "http.disconnect":
        message = await receive()


def _check_path(text: str) -> None:
    if len(text) > _PATH_TEXT_MAX or not text.isprintable():
        raise NotFound("nothing has a name like this")
