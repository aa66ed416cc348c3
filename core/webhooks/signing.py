"""Signatures as Standard Webhooks 1.0 describes them: HMAC-SHA256 over id, time and body, with each valid secret."""

import hashlib
import hmac
from base64 import b64decode, b64encode, urlsafe_b64decode
from collections.abc import Sequence
from datetime import datetime

PREFIX = "whsec_"


def secret_of(random: str) -> str:
    """A secret as its holder keeps it; ``random`` is 43 URL-safe characters (256 bits)."""
    return PREFIX + b64encode(urlsafe_b64decode(random + "=")).decode()


def signed(secrets: Sequence[str], message: str, at: datetime, body: bytes) -> dict[str, str]:
    """The headers that prove ``body`` to whoever knows one of ``secrets``; ``at`` is when it is sent.

    Raises ValueError for a secret that is none.
    """
    timestamp = str(int(at.timestamp()))
    content = f"{message}.{timestamp}.".encode() + body
    return {
        "webhook-id": message,
        "webhook-timestamp": timestamp,
        "webhook-signature": " ".join(f"v1,{_mac(secret, content)}" for secret in secrets),
    }


def _mac(secret: str, content: bytes) -> str:
    try:
        key = b64decode(secret.removeprefix(PREFIX), validate=True)
    except ValueError as error:
        raise ValueError("a webhook secret is base64 behind whsec_") from error
    return b64encode(hmac.digest(key, content, hashlib.sha256)).decode()
