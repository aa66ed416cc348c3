"""Time, as seen at the door."""

from datetime import datetime
from typing import Protocol


class Clock(Protocol):
    """Now, and waiting. Leases never look here: they are judged by the storage's own clock."""

    def now(self) -> datetime:
        """The time, aware, in UTC."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Let ``seconds`` pass."""
        ...
