"""What Standard Webhooks 1.0 signs and with which bytes: the same for what we send and for what is sent to us."""

import hashlib
import hmac
from base64 import b64decode

PREFIX = "whsec_"


def key_of(secret: str) -> bytes:
    """The bytes a secret stands for: base64 behind ``whsec_``. Raises ValueError for what is none."""
    try:
        key = b64decode(secret.removeprefix(PREFIX), validate=True)
    except ValueError as error:  # also for what is not ASCII
        raise ValueError("a webhook secret is base64 behind whsec_") from error
    if not key:
        raise ValueError("a webhook secret is not empty")
    return key


def signed_content(message: str, timestamp: str, body: bytes) -> bytes:
    """What is signed of a message with this id, sent at ``timestamp`` (seconds since 1970)."""
    return f"{message}.{timestamp}.".encode() + body


def mac(key: bytes, content: bytes) -> bytes:
    """HMAC-SHA256."""
    return hmac.digest(key, content, hashlib.sha256)
