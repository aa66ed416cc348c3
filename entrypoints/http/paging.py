"""Queries and pages: strict parameters, and cursors that are opaque because they are signed."""

import hashlib
import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Sequence
from typing import Annotated, Any, Generic, TypeVar
from urllib.parse import parse_qsl

import msgspec
from msgspec import Meta

from core.kernel.ids import TenantId
from entrypoints.http.errors import Refused, invalid, refused

Row = TypeVar("Row")
Cursor = Annotated[str, Meta(min_length=1, max_length=1024, description="`next_cursor` of the page before")]
LIMIT_MAX = 500
Limit = Annotated[int, Meta(ge=1, le=LIMIT_MAX, description="how many at most")]
_MAC_BYTES = 16
_FIELDS_MAX = 50


class PageQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What every list can be asked."""

    limit: Limit = 50
    cursor: Cursor | None = None


class Page(msgspec.Struct, Generic[Row], frozen=True):
    """One page; ``next_cursor`` is null on the last."""

    items: Sequence[Row]
    next_cursor: str | None = None


class Cursors:
    """Signs places in a list. One of another list or of another tenant is as good as none."""

    def __init__(self, secret: bytes) -> None:
        self._secret = secret

    def write(self, tenant: TenantId, listing: str, place: object) -> str:
        """The cursor for going on after ``place``."""
        payload = msgspec.json.encode(place)
        return urlsafe_b64encode(self._sign(tenant, listing, payload) + payload).rstrip(b"=").decode()

    def read(self, tenant: TenantId, listing: str, cursor: str | None, kind: Any, *, field: str = "cursor") -> Any:
        """The place, a ``kind``; None for no cursor. Raises Refused (400) for one we did not write."""
        if cursor is None:
            return None
        try:
            signed = urlsafe_b64decode(cursor.encode("ascii") + b"=" * (-len(cursor) % 4))
        except ValueError:
            raise _bad(field) from None
        mac, payload = signed[:_MAC_BYTES], signed[_MAC_BYTES:]
        if not hmac.compare_digest(mac, self._sign(tenant, listing, payload)):
            raise _bad(field)
        try:
            return msgspec.json.decode(payload, type=kind)
        except msgspec.DecodeError:
            raise _bad(field) from None

    def _sign(self, tenant: TenantId, listing: str, payload: bytes) -> bytes:
        message = f"{tenant}|{listing}|".encode() + payload
        return hmac.digest(self._secret, message, hashlib.sha256)[:_MAC_BYTES]


def page_of(rows: Sequence[Any], limit: int, show: Callable[[Any], Row], cursor: Callable[[Any], str]) -> Page[Row]:
    """A page of ``rows``, which were asked for one beyond ``limit``: the extra one says that there is a next."""
    shown = rows[:limit]
    return Page([show(row) for row in shown], cursor(shown[-1]) if len(rows) > limit else None)


def read_query(kind: type[msgspec.Struct], query_string: bytes) -> Any:
    """The query as ``kind``. Raises Refused (400), naming the parameter, also for one nobody asked for."""
    try:
        pairs = parse_qsl(
            query_string.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=_FIELDS_MAX
        )
    except ValueError as error:
        raise refused(400, "validation_failed", "the query is not URL-encoded UTF-8", path="$") from error
    given: dict[str, str] = {}
    for name, text in pairs:
        if name in given:
            raise _wrong(name, f"the parameter `{name}` comes twice")
        if "\0" in text or "\0" in name:
            raise _wrong(name, "a NUL character cannot be kept")
        given[name] = text
    try:
        query = msgspec.convert(given, kind, strict=False)
    except msgspec.ValidationError as error:
        raise invalid(error) from error
    for name in given:
        # Read leniently, the text "null" is nothing: the parameter would be ignored without a word.
        if getattr(query, name) is None:
            raise _wrong(name, "`null` is not a value: leave the parameter out")
    return query


def _bad(field: str) -> Refused:
    return _wrong(field, "this cursor was not written for this list: take it from `next_cursor`")


def _wrong(name: str, detail: str) -> Refused:
    return refused(400, "validation_failed", detail[:500], path=f"$.{name}"[:500])
