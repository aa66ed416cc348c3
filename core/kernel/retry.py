"""When to try again: exponential, capped, with jitter that is a hash of the message's id (SPEC settled 5)."""

import hashlib

from core.kernel.value import value


@value
class RetryPolicy:
    """Delays in seconds; ``jitter`` is the share by which a delay may be shorter or longer."""

    base_seconds: float = 1.0
    cap_seconds: float = 60.0
    jitter: float = 0.25
    attempts: int = 5


DEFAULT = RetryPolicy()


def delay_seconds(policy: RetryPolicy, attempt: int, message: str) -> float:
    """How long to wait after attempt number ``attempt`` (from 1): min(base * 2^(n-1), cap), give or take the jitter."""
    plain: float = min(policy.base_seconds * 2 ** min(attempt - 1, 62), policy.cap_seconds)
    return jittered(plain, policy.jitter, f"{message}:{attempt}")


def jittered(seconds: float, share: float, name: str) -> float:
    """``seconds`` give or take up to ``share`` of them, the same for the same ``name`` each time."""
    digest = hashlib.blake2b(name.encode(), digest_size=4).digest()
    return seconds * (1 + share * (2 * int.from_bytes(digest, "big") / 0xFFFFFFFF - 1))
