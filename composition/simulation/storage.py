"""The store of a simulated world, whose round trips take their time now and then."""

import asyncio

from adapters.memory.store import Store
from composition.simulation.buggify import Buggify
from composition.simulation.choices import share
from composition.simulation.clock import moment
from composition.simulation.loop import SimulatedLoop

SLOW_SHARE, SLOW_SECONDS, LONG_SECONDS = 0.1, 0.1, 4.0


class SlowStore(Store):
    """A round trip takes no time, but now and then it does: transactions overlap."""

    def __init__(self, loop: SimulatedLoop, buggify: Buggify) -> None:
        super().__init__(clock=lambda: moment(loop))
        self._choices = loop.choices
        self._buggify = buggify

    async def pause(self) -> None:
        """See Store."""
        slow = self._choices.draw("slow", SLOW_SHARE)
        longest = LONG_SECONDS if slow and self._buggify("long-statement") else SLOW_SECONDS
        await asyncio.sleep(share(slow) * longest if slow else 0)
