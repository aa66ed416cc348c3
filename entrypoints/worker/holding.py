"""Holding something while work takes its time, a little longer again and again: who dies holds up nobody for long."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from ports.clock import Clock
from ports.telemetry import Telemetry


class Holder:
    """Renews a hold beside the work it is for."""

    def __init__(self, clock: Clock, telemetry: Telemetry) -> None:
        self._clock = clock
        self._telemetry = telemetry

    @asynccontextmanager
    async def holding(self, renew: Callable[[], Awaitable[object]], every_seconds: float) -> AsyncIterator[None]:
        """Calls ``renew`` again and again until the block ends; whatever goes wrong with that is tried again."""
        renewing = asyncio.create_task(self._renew(renew, every_seconds))
        try:
            yield
        finally:
            renewing.cancel()

    async def _renew(self, renew: Callable[[], Awaitable[object]], every_seconds: float) -> None:
        while True:
            await self._clock.sleep(every_seconds)
            try:
                await renew()
            except Exception as error:  # noqa: BLE001 - the work goes on, and so does holding it
                self._telemetry.log("warning", "not held longer; trying again", error=repr(error))
