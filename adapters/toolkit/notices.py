"""What the body of a notice says: its subject, and since when that is so.

Shopify names the resource in the topic (``orders/updated``) and writes ``updated_at``; an inventory level has two ids.
WooCommerce writes ``date_modified_gmt`` without a zone. Standard Webhooks have ``timestamp`` and ``data``; CloudEvents
``time`` and ``subject``. What is deleted has an id and no time.
"""

import hashlib
from datetime import UTC, datetime
from typing import Any

import msgspec

from core.ingress.notice import Reading
from core.ingress.scheme import SchemeName

Name = int | str
SUBJECT_MAX = 500
_NONE = (None, "")


class _Shopify(msgspec.Struct):
    id: Name | None = None
    inventory_item_id: Name | None = None
    location_id: Name | None = None
    updated_at: datetime | None = None


class _WooCommerce(msgspec.Struct):
    id: Name | None = None
    date_modified_gmt: datetime | None = None


class _Standard(msgspec.Struct):
    type: str = ""
    subject: str | None = None
    timestamp: datetime | None = None
    time: datetime | None = None
    data: Any = None


_shopify = msgspec.json.Decoder(_Shopify)
_woocommerce = msgspec.json.Decoder(_WooCommerce)
_standard = msgspec.json.Decoder(_Standard)


def read_notice(scheme: SchemeName, topic: str, body: bytes) -> Reading:
    """What ``body`` says. Raises ValueError for one that is no JSON object, or whose id or time is none."""
    subject, changed_at = _READERS[scheme](topic, body)
    if subject is not None and (len(subject) > SUBJECT_MAX or not subject.isprintable()):
        raise ValueError(f"a subject has {SUBJECT_MAX} printable characters at most")
    return Reading(
        subject=subject, changed_at=_in_utc(changed_at), digest=hashlib.sha256(topic.encode() + b"|" + body).digest()
    )


def _in_utc(given: datetime | None) -> datetime | None:
    if given is None or given.tzinfo is None:
        return given and given.replace(tzinfo=UTC)
    try:
        return given.astimezone(UTC)
    except OverflowError as error:
        raise ValueError(f"{given} is no time anything could have happened at") from error


def _read_shopify(topic: str, body: bytes) -> tuple[str | None, datetime | None]:
    said = _shopify.decode(body)
    family = topic.partition("/")[0] or "unknown"
    ids = [said.id] if said.id not in _NONE else [said.inventory_item_id, said.location_id]
    known = [str(one) for one in ids if one not in _NONE]
    return (":".join([family, *known]) if known else None), said.updated_at


def _read_woocommerce(topic: str, body: bytes) -> tuple[str | None, datetime | None]:
    said = _woocommerce.decode(body)
    family = topic.partition(".")[0] or "unknown"
    return (None if said.id in _NONE else f"{family}:{said.id}"), said.date_modified_gmt


def _read_standard(topic: str, body: bytes) -> tuple[str | None, datetime | None]:
    said = _standard.decode(body)
    known = said.subject or (said.data.get("id") if isinstance(said.data, dict) else None)
    named = isinstance(known, Name) and not isinstance(known, bool) and known not in _NONE
    # Its types are things that happened, not states: one that comes late is news beside another type's.
    return (f"{said.type or 'unknown'}:{known}" if named else None), said.timestamp or said.time


_READERS = {
    SchemeName.SHOPIFY: _read_shopify,
    SchemeName.WOOCOMMERCE: _read_woocommerce,
    SchemeName.STANDARD: _read_standard,
}
