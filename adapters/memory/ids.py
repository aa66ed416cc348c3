"""Ids that come out the same each time."""

from collections.abc import Callable
from datetime import UTC, datetime
from random import Random

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class MemoryIds:
    """Makes UUIDv7 in canonical text from ``now`` and a seeded generator; later ids sort after earlier ones."""

    def __init__(self, seed: int, now: Callable[[], datetime]) -> None:
        self._random = Random(seed)
        self._now = now
        self._last = 0

    def __call__(self) -> str:
        """One id: milliseconds and a 12-bit counter that never go back, then 62 random bits."""
        elapsed = self._now() - _EPOCH
        milliseconds = elapsed.days * 86_400_000 + elapsed.seconds * 1000 + elapsed.microseconds // 1000
        self._last = max(self._last + 1, milliseconds << 12)
        tail = self._random.getrandbits(62) | 0x8000000000000000
        digits = f"{self._last >> 12:012x}7{self._last & 0xFFF:03x}{tail:016x}"
        return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"
