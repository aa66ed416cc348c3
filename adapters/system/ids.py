"""UUIDv7 (RFC 9562) and secrets from the operating system's randomness."""

import os
import secrets
import time
from struct import Struct

_BLOCK = 128
_WORDS = Struct(f">{_BLOCK}Q")


class Uuid7:
    """Makes UUIDv7 in canonical text: 48 bits of milliseconds, a 12-bit counter within them, 62 random bits.

    Ids of one process sort in the order they were made: within a millisecond the counter grows, and when it is full,
    or the clock steps back, the time in the id runs ahead of the clock instead.
    """

    def __init__(self) -> None:
        self._milliseconds = 0
        self._counter = 0
        self._time = ""
        self._random: list[int] = []

    def __call__(self) -> str:
        """One id."""
        now = time.time_ns() // 1_000_000
        if now > self._milliseconds:
            self._begin(now)
        elif self._counter < 0xFFF:
            self._counter += 1
        else:
            self._begin(self._milliseconds + 1)
        if not self._random:
            self._random.extend(_WORDS.unpack(os.urandom(_WORDS.size)))
        random = self._random.pop()
        variant = random >> 48 & 0x3FFF | 0x8000
        return f"{self._time}-7{self._counter:03x}-{variant:04x}-{random & 0xFFFFFFFFFFFF:012x}"

    def _begin(self, milliseconds: int) -> None:
        self._milliseconds, self._counter = milliseconds, 0
        digits = f"{milliseconds:012x}"
        self._time = f"{digits[:8]}-{digits[8:]}"


def new_secret() -> str:
    """256 random bits as 43 URL-safe characters."""
    return secrets.token_urlsafe(32)
