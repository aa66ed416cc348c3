"""The ASGI application: the table of routes behind Litestar's router, and the two hot routes before it."""

import json
from collections.abc import Sequence
from typing import Any

from litestar import HttpMethod, Litestar, Request
from litestar.handlers import HTTPRouteHandler
from litestar.response import Response
from litestar.types import ASGIApp, Receive, Scope, Send

from entrypoints.http import (
    allocation,
    allotments,
    availability,
    begun,
    catalogue,
    configuration,
    credit,
    dead_letters,
    docs,
    events,
    expected,
    fulfilments,
    health,
    history,
    inbound,
    intake,
    keys,
    locations,
    lots,
    order_changes,
    orders,
    prices,
    promise,
    reservations,
    returns,
    sagas,
    stock,
    stock_batches,
    transfers,
    webhook_deliveries,
    webhook_sources,
    webhooks,
)
from entrypoints.http.openapi import document
from entrypoints.http.parts import HttpParts
from entrypoints.http.routes import Desk, Route
from entrypoints.http.serving import PROBLEM, SECURITY_HEADERS, Endpoint, failure

PREFIXES = ("/api/v1", "/api")
METHODS = tuple(HttpMethod)
HOT = ("/orders", "/orders/batch")
API: tuple[Route, ...] = (
    *catalogue.ROUTES,
    *prices.ROUTES,
    *locations.ROUTES,
    *stock.ROUTES,
    *stock_batches.ROUTES,
    *history.ROUTES,
    *lots.ROUTES,
    *availability.ROUTES,
    *allocation.ROUTES,
    *allotments.ROUTES,
    *reservations.ROUTES,
    *transfers.ROUTES,
    *expected.ROUTES,
    *promise.ROUTES,
    *intake.ROUTES,
    *orders.ROUTES,
    *order_changes.ROUTES,
    *fulfilments.ROUTES,
    *returns.ROUTES,
    *begun.ROUTES,
    *credit.ROUTES,
    *configuration.ROUTES,
    *events.ROUTES,
    *dead_letters.ROUTES,
    *sagas.ROUTES,
    *keys.ROUTES,
    *webhooks.ROUTES,
    *webhook_deliveries.ROUTES,
    *webhook_sources.ROUTES,
    *inbound.ROUTES,
)


class Application:
    """Litestar with a short way in front: its own way to a handler costs as much again as taking an order in."""

    def __init__(self, desk: Desk, litestar: Litestar, hot: dict[str, Endpoint]) -> None:
        self.desk = desk
        self.litestar = litestar
        self._hot = hot

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        request: Any = scope
        if request["type"] == "http" and request["method"] == "POST":
            endpoint = self._hot.get(request["path"])
            if endpoint is not None:
                await endpoint(scope, receive, send)
                return
        if request["type"] == "http" and request["method"] not in METHODS:
            # The router would refuse it without knowing what is allowed; no endpoint serves OPTIONS, and each says so.
            request["method"] = HttpMethod.OPTIONS.value
        await self.litestar(scope, receive, send)


def create_app(parts: HttpParts) -> Application:
    """The application over ``parts``."""
    desk = Desk(parts)
    outside = [*health.ROUTES, *([] if parts.environment == "production" else [health.METRICS])]
    described = json.dumps(openapi_of(parts.version), ensure_ascii=False).encode()
    outside += docs.routes(described)
    api = {path: Endpoint(desk, methods) for path, methods in _by_path(API).items()}
    handlers = [_handler(path, Endpoint(desk, methods)) for path, methods in _by_path(outside).items()]
    handlers += [_handler(prefix + path, endpoint) for prefix in PREFIXES for path, endpoint in api.items()]
    litestar = Litestar(
        route_handlers=handlers,
        exception_handlers={Exception: lambda request, error: _answer(desk, request, error)},
        openapi_config=None,
        logging_config=None,
    )
    return Application(desk, litestar, {prefix + path: api[path] for prefix in PREFIXES for path in HOT})


def openapi_of(version: str) -> dict[str, Any]:
    """The OpenAPI document of every route there is."""
    versioned = [(f"{PREFIXES[0]}{route.path}", route) for route in API]
    outside = [(route.path, route) for route in (*health.ROUTES, health.METRICS)]
    return document([*versioned, *outside], version)


def _by_path(routes: Sequence[Route]) -> dict[str, dict[str, Route]]:
    paths: dict[str, dict[str, Route]] = {}
    for route in routes:
        paths.setdefault(route.path, {})[route.method] = route
    return paths


def _handler(path: str, endpoint: Endpoint) -> HTTPRouteHandler:
    """``endpoint`` as one of Litestar's handlers: it stands for a response, which Litestar calls to be sent."""

    async def serve() -> ASGIApp:
        return endpoint

    return HTTPRouteHandler(path, http_method=METHODS, status_code=200)(serve)


def _answer(desk: Desk, request: Request[Any, Any, Any], error: Exception) -> Response[bytes]:
    """What the router itself refuses, in the same words as everything else."""
    correlation = desk.authenticator.correlation(dict(request.scope["headers"]))
    reply = failure(desk, error, correlation)
    desk.parts.telemetry.count("http_requests_total", status=str(reply.status))
    headers = {name.decode(): text.decode() for name, text in (*SECURITY_HEADERS, *reply.headers)}
    headers["x-request-id"] = correlation
    return Response(reply.body, status_code=reply.status, media_type=PROBLEM.decode(), headers=headers)
