"""Signatures as Standard Webhooks 1.0 describes them: HMAC-SHA256 over id, time and body, with each valid secret."""

from base64 import b64encode, urlsafe_b64decode
from collections.abc import Sequence
from datetime import datetime

from core.kernel.signature import PREFIX, key_of, mac, signed_content


def secret_of(random: str) -> str:
    """A secret as its holder keeps it; ``random`` is 43 URL-safe characters (256 bits)."""
    return PREFIX + b64encode(urlsafe_b64decode(random + "=")).decode()


def signed(secrets: Sequence[str], message: str, at: datetime, body: bytes) -> dict[str, str]:
    """The headers that prove ``body`` to whoever knows one of ``secrets``; ``at`` is when it is sent.

    Raises ValueError for a secret that is none.
    """
    timestamp = str(int(at.timestamp()))
    content = signed_content(message, timestamp, body)
    return {
        "webhook-id": message,
        "webhook-timestamp": timestamp,
        "webhook-signature": " ".join(f"v1,{b64encode(mac(key_of(secret), content)).decode()}" for secret in secrets),
    }
