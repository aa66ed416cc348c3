"""One route: what it takes, what it answers, who handles it; and one call of it."""

import hashlib
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, TypeVar

import msgspec
from litestar.types import Receive

from core.identity.permission import Scope
from core.ingress.source import Source
from core.intake.submission import LanePolicy
from core.kernel.context import Context
from core.kernel.ids import TenantId
from entrypoints.dispatch import Request
from entrypoints.http.auth import Authenticator
from entrypoints.http.bodies import BODY_MAX
from entrypoints.http.cache import Recent
from entrypoints.http.errors import refused
from entrypoints.http.paging import Cursors
from entrypoints.http.parts import HttpParts
from ports.idempotency import Answer

T = TypeVar("T")
JSON = b"application/json"
LANES_KEPT = timedelta(seconds=3)
SOURCES_KEPT = timedelta(seconds=10)
SOURCES_MAX = 10_000
TENANTS_MAX = 10_000
CATALOGUE_KNOWN = timedelta(hours=1)
"""SPEC CCH-01."""
STOCK_KNOWN = timedelta(minutes=1)
encode = msgspec.json.Encoder(decimal_format="number").encode


@dataclass(slots=True, kw_only=True)
class Reply:
    """An answer before it is sent; ``stream`` instead of a body for one that goes on."""

    status: int
    body: bytes = b""
    media: bytes = JSON
    headers: tuple[tuple[bytes, bytes], ...] = ()
    stream: AsyncIterator[bytes] | None = None


class Desk:
    """What all calls of one application share."""

    def __init__(self, parts: HttpParts) -> None:
        self.parts = parts
        self.authenticator = Authenticator(parts.credentials, parts.clock, parts.new_id)
        self.cursors = Cursors(parts.cursor_secret)
        self.sources: Recent[tuple[str, str], Source] = Recent(parts.clock, size=SOURCES_MAX, kept=SOURCES_KEPT)
        """Whom incoming webhooks claim to be from, by tenant and id."""
        self._lanes: Recent[TenantId, LanePolicy] = Recent(parts.clock, size=TENANTS_MAX, kept=LANES_KEPT)

    async def lanes(self, context: Context) -> LanePolicy:
        """The tenant's lane policy, at most a few seconds old."""
        tenant = context.tenant
        known = self._lanes.known(tenant, context.now)
        if known is None:
            known = await self._lanes.get(tenant, lambda: self.parts.views.intake.lanes(tenant))
        assert known is not None, "every tenant has a lane policy"
        return known


@dataclass(slots=True, kw_only=True)
class Call:
    """One request, read: whoever handles it sees nothing of HTTP."""

    desk: Desk
    context: Context
    path: Mapping[str, str]
    target: str
    query: Any
    body: Any
    raw: bytes
    key: bytes | None
    headers: Mapping[bytes, bytes]
    receive: Receive
    status: int

    @property
    def tenant(self) -> TenantId:
        """Whose data this is about."""
        return self.context.tenant

    @property
    def parts(self) -> HttpParts:
        """What the API talks to."""
        return self.desk.parts

    def reply(self, shown: object) -> Reply:
        """``shown`` as the route's normal answer."""
        return Reply(status=self.status, body=encode(shown))

    async def run(self, command: object, show: Callable[[Any], object], *, repeatable: bool = True) -> Reply:
        """Dispatch ``command`` and show its result; the same request with the same key gets the stored answer."""
        request = None
        if self.key is not None and repeatable:
            fingerprint = digest(self.target.encode() + b"\n" + self.raw)
            request = Request(key=digest(self.key), fingerprint=fingerprint)
        answer = await self.parts.dispatch.answer(
            command, self.context, lambda result: Answer(status=self.status, body=encode(show(result))), request
        )
        return Reply(status=answer.status, body=answer.body)

    def cursor(self, listing: str, place: object) -> str:
        """A signed place in ``listing``."""
        return self.desk.cursors.write(self.tenant, listing, place)

    def place(self, listing: str, kind: type[T]) -> T | None:
        """Where the query's cursor says to go on, None for the beginning. Raises Refused (400)."""
        place: T | None = self.desk.cursors.read(self.tenant, listing, self.query.cursor, kind)
        return place


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """One row of the table. ``refusals`` are the statuses it may answer besides those every route may."""

    method: str
    path: str
    summary: str
    handle: Callable[[Call], Awaitable[Reply]]
    tag: str
    answer: Any = None
    status: int = 200
    scope: Scope | None = None
    body: Any = None
    body_max: int = BODY_MAX
    query: type[msgspec.Struct] | None = None
    refusals: tuple[int, ...] = ()
    media: bytes = JSON
    public: bool = field(default=False)
    known_for: timedelta | None = None
    """So long an answer may be told again, marked as old, while the storage is away; None: never."""

    @property
    def writes(self) -> bool:
        """Whether it changes something."""
        return self.method != "GET"


def digest(text: bytes) -> bytes:
    """16 bytes that stand for ``text``."""
    return hashlib.blake2b(text, digest_size=16).digest()


def read_key(headers: Mapping[bytes, bytes]) -> bytes | None:
    """The Idempotency-Key. Raises Refused (400) unless it is 1 to 255 printable characters."""
    key = headers.get(b"idempotency-key")
    if key is None:
        return None
    if not 1 <= len(key) <= 255 or not key.isascii() or not key.decode("ascii").isprintable():
        detail = "an Idempotency-Key is 1 to 255 printable ASCII characters"
        raise refused(400, "validation_failed", detail, path="Idempotency-Key")
    return key
