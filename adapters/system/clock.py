"""The machine's clock."""

import asyncio
from datetime import UTC, datetime


class SystemClock:
    """See ports.clock.Clock."""

    def now(self) -> datetime:
        """See the port."""
        return datetime.now(UTC)

    async def sleep(self, seconds: float) -> None:
        """See the port."""
        await asyncio.sleep(seconds)
