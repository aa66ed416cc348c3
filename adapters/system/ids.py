"""UUIDv7 (RFC 9562) and secrets from the operating system's randomness."""

import os
import secrets
import time

_BLOCK = 64 * 10


class Uuid7:
    """Makes UUIDv7 in canonical text: 48 bits of milliseconds, a 12-bit counter within them, 62 random bits.

    Ids of one process sort in the order they were made: within a millisecond the counter grows, and when it is full,
    or the clock steps back, the time in the id runs ahead of the clock instead.
    """

    def __init__(self) -> None:
        self._milliseconds = 0
        self._counter = 0
        self._random = b""

    def __call__(self) -> str:
        """One id."""
        now = time.time_ns() // 1_000_000
        if now > self._milliseconds:
            self._milliseconds, self._counter = now, 0
        elif self._counter < 0xFFF:
            self._counter += 1
        else:
            self._milliseconds, self._counter = self._milliseconds + 1, 0
        if len(self._random) < 8:
            self._random = os.urandom(_BLOCK)
        tail = int.from_bytes(self._random[:8], "big") & 0x3FFFFFFFFFFFFFFF | 0x8000000000000000
        self._random = self._random[8:]
        digits = f"{self._milliseconds:012x}7{self._counter:03x}{tail:016x}"
        return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"


def new_secret() -> str:
    """256 random bits as 43 URL-safe characters."""
    return secrets.token_urlsafe(32)
