"""A clock that stands until it is moved."""

import asyncio
from datetime import UTC, datetime, timedelta

BEGINNING = datetime(2026, 1, 1, tzinfo=UTC)


class MemoryClock:
    """See ports.clock.Clock. Sleeping lets others run and moves the time."""

    def __init__(self, now: datetime = BEGINNING) -> None:
        self._now = now

    def now(self) -> datetime:
        """See the port."""
        return self._now

    async def sleep(self, seconds: float) -> None:
        """See the port."""
        self.move(seconds)
        await asyncio.sleep(0)

    def move(self, seconds: float) -> None:
        """Let ``seconds`` pass at once."""
        self._now += timedelta(seconds=seconds)
