"""What one process remembers: so many bytes, those used last."""

from collections import OrderedDict
from collections.abc import Callable
from datetime import datetime, timedelta

BYTES_MAX = 64 * 2**20


class MemoryCache:
    """See ports.cache.Cache. ``most`` bounds the keys and what is kept under them together, in bytes."""

    def __init__(self, now: Callable[[], datetime], most: int = BYTES_MAX) -> None:
        self._now = now
        self._most = most
        self._kept: OrderedDict[bytes, tuple[datetime, bytes]] = OrderedDict()
        self._size = 0

    async def get(self, key: bytes) -> bytes | None:
        """See the port."""
        entry = self._kept.get(key)
        if entry is None:
            return None
        if entry[0] <= self._now():
            self._forget(key)
            return None
        self._kept.move_to_end(key)
        return entry[1]

    async def put(self, key: bytes, found: bytes, seconds: float) -> None:
        """See the port."""
        self._forget(key)
        self._kept[key] = self._now() + timedelta(seconds=seconds), found
        self._size += len(key) + len(found)
        while self._size > self._most:
            self._forget(next(iter(self._kept)))

    def _forget(self, key: bytes) -> None:
        entry = self._kept.pop(key, None)
        if entry is not None:
            self._size -= len(key) + len(entry[1])
