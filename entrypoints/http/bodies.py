"""Bodies: read within a limit, decoded strictly, and free of what JSON allows but nobody means.

msgspec refuses unknown fields, wrong types, values out of bounds and any depth the structs do not have. It lets pass
duplicate keys and NUL characters, so both are looked for here. On the hot path that costs one encoding: a value
written back without its defaults has just as many colons as the body unless a key came twice, or a default was spelled
out; only then, and when there are escapes, is the body read a second time in Python.
"""

import json
from collections.abc import Mapping
from functools import cache
from typing import Any

import msgspec
from litestar.types import Receive

from entrypoints.http.errors import Refused, invalid, refused

BODY_MAX = 256 * 1024
BATCH_MAX = 4 * 1024 * 1024
_encode = msgspec.json.Encoder().encode


class RequestGone(Exception):
    """The caller went away before the request was whole: there is nobody to answer."""


class _Members(list[tuple[str, Any]]):
    """An object's members as written, duplicates included."""


async def read_body(headers: Mapping[bytes, bytes], receive: Receive, limit: int) -> bytes:
    """The whole body. Raises Refused (413) as soon as it is known to exceed ``limit``."""
    length = headers.get(b"content-length")
    if length is not None and length.isdigit() and int(length) > limit:
        raise _too_large(limit)
    message: Any = await receive()
    if message["type"] == "http.disconnect":
        raise RequestGone
    body: bytes = message.get("body", b"")
    if message.get("more_body", False):
        body = await _read_on(body, receive, limit)
    if len(body) > limit:
        raise _too_large(limit)
    return body


async def _read_on(start: bytes, receive: Receive, limit: int) -> bytes:
    chunks, size, more = [start], len(start), True
    while more and size <= limit:
        message: Any = await receive()
        if message["type"] == "http.disconnect":
            raise RequestGone
        chunks.append(message.get("body", b""))
        size += len(chunks[-1])
        more = message.get("more_body", False)
    return b"".join(chunks)


def check_content_type(headers: Mapping[bytes, bytes]) -> None:
    """Raise Refused (415) unless the body is declared to be JSON: a browser form could post anything else unasked."""
    declared = headers.get(b"content-type", b"")
    if declared != b"application/json" and declared.partition(b";")[0].strip().lower() != b"application/json":
        raise refused(415, "unsupported_media_type", "the content type must be application/json", path="Content-Type")


def decode(kind: Any, body: bytes) -> Any:
    """The body as ``kind``. Raises Refused (400), naming the path."""
    try:
        decoded = _decoder(kind).decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise invalid(error) from error
    # An escape can hide a colon or be a NUL, so a body with one is not judged by counting.
    if b"\\u" in body or body.count(b":") != _encode(decoded).count(b":"):
        _look_closely(body)
    return decoded


@cache
def _decoder(kind: Any) -> msgspec.json.Decoder[Any]:
    return msgspec.json.Decoder(kind)


def _look_closely(body: bytes) -> None:
    """Raise Refused for a key that comes twice or a NUL character, naming the path."""
    # Numbers stay text: they were judged already, and Python refuses to read very long ones.
    _inspect(json.loads(body, object_pairs_hook=_Members, parse_int=str, parse_float=str), "$")


def _inspect(part: Any, path: str) -> None:
    if isinstance(part, _Members):
        seen: set[str] = set()
        for name, member in part:
            if name in seen:
                raise _invalid_at(f"{path}.{name}", f"the key `{name}` comes twice")
            seen.add(name)
            _inspect(name, path)
            _inspect(member, f"{path}.{name}")
    elif isinstance(part, list):
        for index, member in enumerate(part):
            _inspect(member, f"{path}[{index}]")
    elif isinstance(part, str) and "\0" in part:
        raise _invalid_at(path, "a NUL character (\\u0000) cannot be kept")


def _invalid_at(path: str, message: str) -> Refused:
    return refused(400, "validation_failed", message[:500], path=path[:500])


def _too_large(limit: int) -> Refused:
    # The rest of the body is not read, so the connection cannot serve another request.
    return refused(413, "body_too_large", f"the body may have {limit} bytes at most", path="$", connection="close")
