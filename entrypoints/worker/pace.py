"""Doing one thing again and again: at once while there is more, a little later each time there was nothing."""

import traceback
from collections.abc import Awaitable, Callable

from core.kernel.value import value
from ports.broker import BrokerUnavailable, QueueFull
from ports.clock import Clock
from ports.storage import TROUBLE
from ports.telemetry import Telemetry

DOWN_SECONDS = 0.5
AWAY = (*TROUBLE, BrokerUnavailable, QueueFull)


@value
class Pace:
    """How a loop waits: longer each time there was nothing, a little after a batch smaller than is ``worth_it``.

    Lingering lets the next batch grow: at low load this is latency nobody notices, and half the work.
    """

    idle_first_seconds: float
    idle_last_seconds: float
    linger_seconds: float
    worth_it: int


class Repeater:
    """Repeats steps until told to stop; a step that fails is tried again."""

    def __init__(self, clock: Clock, telemetry: Telemetry) -> None:
        self._clock = clock
        self._telemetry = telemetry
        self.stopping = False

    def stop(self) -> None:
        """Finish the steps in hand, begin no more."""
        self.stopping = True

    async def repeat(
        self, step: Callable[[], Awaitable[int]], pace: Pace, rest: Callable[[float], Awaitable[None]] | None = None
    ) -> None:
        """Call ``step``, which answers how much it did, until stopped.

        ``rest`` waits, so many seconds at most, after there was nothing, and is over sooner when there may be more.
        """
        idle = pace.idle_first_seconds
        while not self.stopping:
            try:
                done = await step()
                if done == 0:
                    await (rest or self._clock.sleep)(idle)
            except AWAY as error:
                # Nothing is lost: an undecided batch is back in its table, a decided one is gone from it.
                await self.wait_out(error)
                continue
            except Exception as error:  # noqa: BLE001 - one loop's defect must not stop the other loops
                self._telemetry.log("error", "step failed; trying again", error=_trace(error))
                await self._clock.sleep(DOWN_SECONDS)
                continue
            if done == 0:
                idle = min(idle * 2, pace.idle_last_seconds)
            else:
                idle = pace.idle_first_seconds
                if done < pace.worth_it:
                    await self._clock.sleep(pace.linger_seconds)

    async def wait_out(self, error: Exception) -> None:
        """Wait a moment for the storage, or the broker, that failed with ``error``."""
        self._telemetry.log("warning", "step failed; trying again", error=repr(error))
        await self._clock.sleep(DOWN_SECONDS)


def _trace(error: Exception) -> str:
    return "".join(traceback.format_exception(error))
