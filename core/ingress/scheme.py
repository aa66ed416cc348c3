"""How each kind of source signs its notices and where it writes what they are: one table, pure checks.

Shopify: HMAC-SHA256 of the raw body by the app's secret, base64, in ``X-Shopify-Hmac-Sha256``; a call made again has
the same ``X-Shopify-Webhook-Id``. WooCommerce: the same signature in ``X-WC-Webhook-Signature``; its delivery id is
shared by two calls of one second, so that it takes the body too to tell notices apart. Standard Webhooks 1.0: id, time
and body are signed.
"""

import binascii
import hashlib
import hmac
import re
from base64 import b64decode
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from html import unescape

from core.kernel.errors import Rejected
from core.kernel.signature import key_of, mac, signed_content
from core.kernel.value import value

Headers = Mapping[str, str]
"""By name in lower case."""
TOLERANCE = timedelta(minutes=5)
"""How far the signed time of a notice may be from ours (Standard Webhooks, "Verifying webhook authenticity")."""
TOPIC_MAX = 200
_PING = re.compile(rb"webhook_id=[0-9]{1,20}")
_DIGEST_BYTES = 32


class SchemeName(StrEnum):
    """The kinds of source there are."""

    SHOPIFY = "shopify"
    WOOCOMMERCE = "woocommerce"
    STANDARD = "standard"


class BadSecret(Rejected):
    """No source of this kind signs with such a secret."""

    code = "bad_secret"


@value
class Scheme:
    """Header names, each the first that is there. ``sent_at`` is not signed.

    ``signs_time``: id and time are signed with the body. ``shares_ids``: only with its body an id is a notice's own.
    """

    signature: tuple[str, ...]
    id: tuple[str, ...]
    topic: tuple[str, ...]
    sent_at: tuple[str, ...] = ()
    signs_time: bool = False
    shares_ids: bool = False


SCHEMES: Mapping[SchemeName, Scheme] = {
    SchemeName.SHOPIFY: Scheme(
        signature=("x-shopify-hmac-sha256", "shopify-hmac-sha256"),
        id=("x-shopify-webhook-id", "shopify-webhook-id"),
        topic=("x-shopify-topic", "shopify-topic"),
        sent_at=("x-shopify-triggered-at", "shopify-triggered-at"),
    ),
    SchemeName.WOOCOMMERCE: Scheme(
        signature=("x-wc-webhook-signature",),
        id=("x-wc-webhook-delivery-id",),
        topic=("x-wc-webhook-topic",),
        shares_ids=True,
    ),
    SchemeName.STANDARD: Scheme(
        signature=("webhook-signature",), id=("webhook-id",), topic=("webhook-topic",), signs_time=True
    ),
}


def check_secret(name: SchemeName, secret: str) -> None:
    """Raise BadSecret for a secret nobody signs with."""
    if not secret.strip():
        raise BadSecret("a source without a secret cannot be told from anybody else", path="$.secret")
    if not _keys(name, secret):
        raise BadSecret("a Standard Webhooks secret is base64 behind whsec_", path="$.secret")


def proven(name: SchemeName, secrets: Iterable[str], headers: Headers, body: bytes, now: datetime) -> bool:
    """Whether one of ``secrets`` signed the raw ``body`` as the scheme has it, at a time near ``now``."""
    scheme = SCHEMES[name]
    signature = first(headers, scheme.signature)
    if signature is None:
        return False
    content, claimed = body, [signature]
    if scheme.signs_time:
        sent, message = headers.get("webhook-timestamp", ""), first(headers, scheme.id)
        if message is None or not _is_near(sent, now):
            return False
        content = signed_content(message, sent, body)
        claimed = [part.removeprefix("v1,") for part in signature.split(" ") if part.startswith("v1,")]
    digests = [digest for digest in map(_digest, claimed) if digest is not None]
    keys = [key for secret in secrets for key in _keys(name, secret)]
    macs = [mac(key, content) for key in keys]
    return any(hmac.compare_digest(ours, digest) for ours in macs for digest in digests)


def identity_of(name: SchemeName, headers: Headers, body: bytes) -> str:
    """What makes two notices the same, as a digest: the id their source gives them, else their topic and body."""
    scheme = SCHEMES[name]
    given = first(headers, scheme.id)
    if given is not None and not scheme.shares_ids:
        return hashlib.sha256(b"id|" + given.encode()).hexdigest()
    said = f"body|{topic_of(name, headers)}|{given or ''}|".encode() + body
    return hashlib.sha256(said).hexdigest()


def sent_at(name: SchemeName, headers: Headers, now: datetime) -> datetime:
    """When the source says it sent this, and ``now`` at the latest: nobody signed that, and nothing is sent later."""
    try:
        said = datetime.fromisoformat(first(headers, SCHEMES[name].sent_at) or "")
        return min(said.astimezone(UTC), now) if said.tzinfo else now
    except (ValueError, OverflowError):
        return now


def pings(name: SchemeName, headers: Headers, body: bytes) -> bool:
    """Whether this asks only if anybody is there: WooCommerce does, unsigned, and wants a 200."""
    signed = first(headers, SCHEMES[name].signature) is not None
    return name is SchemeName.WOOCOMMERCE and not signed and _PING.fullmatch(body) is not None


def topic_of(name: SchemeName, headers: Headers) -> str:
    """What kind of thing happened, in the source's words, cut at TOPIC_MAX; empty where it does not say."""
    return (first(headers, SCHEMES[name].topic) or "")[:TOPIC_MAX]


def first(headers: Headers, names: Iterable[str]) -> str | None:
    """The first of ``names`` that is there and says something."""
    return next((text for text in map(headers.get, names) if text), None)


def _keys(name: SchemeName, secret: str) -> list[bytes]:
    """What may have signed; WooCommerce decodes its secret as if it stood in a page."""
    if name is SchemeName.WOOCOMMERCE:
        return [text.encode() for text in dict.fromkeys((secret, unescape(secret))) if text]
    if name is SchemeName.SHOPIFY:
        return [secret.encode()] if secret else []
    try:
        return [key_of(secret)]
    except ValueError:
        return []


def _digest(text: str) -> bytes | None:
    try:
        digest = b64decode(text.encode("ascii", "replace"), validate=True)
    except binascii.Error:
        return None
    return digest if len(digest) == _DIGEST_BYTES else None


def _is_near(timestamp: str, now: datetime) -> bool:
    if not timestamp.isascii() or not timestamp.isdecimal() or len(timestamp) > 11:
        return False
    return abs(datetime.fromtimestamp(int(timestamp), UTC) - now) <= TOLERANCE
