"""What was answered before, for when nobody can be asked."""

from typing import Protocol


class Cache(Protocol):
    """It may forget anything at any time, and never fails: what cannot be reached holds nothing."""

    async def get(self, key: bytes) -> bytes | None:
        """What was put there last, unless its time is over or it is forgotten."""
        ...

    async def put(self, key: bytes, found: bytes, seconds: float) -> None:
        """Keep it for so long at most. It need not be there yet for others when this returns."""
        ...
