"""In which strands something may wait: those somebody rang for, those that were left, and what looking finds."""

import asyncio
from collections import defaultdict
from collections.abc import Iterable
from itertools import chain, count

from adapters.rabbitmq.link import Link
from adapters.rabbitmq.queues import Length, Place, Queues
from core.kernel.message import Priority
from ports.broker import BrokerUnavailable
from ports.strands import Strands

Strand = tuple[Priority, int]
LOOK_SECONDS = 0.2
"""After so long a process looks by itself: nobody rings for what somebody left behind."""


class Known:
    """What one process knows of it."""

    def __init__(self, link: Link, queues: Queues, strands: Strands) -> None:
        self._link = link
        self._queues = queues
        self._strands = strands
        self._seen: dict[str, set[Strand]] = defaultdict(set)
        self._looked_at: dict[str, float] = defaultdict(lambda: -LOOK_SECONDS)
        self._looking: set[asyncio.Task[None]] = set()
        self._turn = count()

    def add(self, queue: str, strands: Iterable[Strand]) -> None:
        """Something may wait in these."""
        self._seen[queue].update(strands)

    def forget(self, queue: str, strands: Iterable[Strand]) -> None:
        """Somebody has them."""
        self._seen[queue].difference_update(strands)

    def of(self, queue: str, priority: Priority | None = None) -> list[Strand]:
        """Those of this priority, or of any."""
        return sorted(strand for strand in self._seen[queue] if priority in (None, strand[0]))

    async def wait(self, queue: str, seconds: float) -> None:
        """Until somebody rings, ``seconds`` at most. Raises BrokerUnavailable."""
        self.add(queue, await self._strands.wait(queue, seconds))

    def is_old(self, queue: str) -> bool:
        """Whether it is time to look again."""
        return asyncio.get_running_loop().time() >= self._looked_at[queue] + LOOK_SECONDS

    async def is_left(self, place: Place) -> bool:
        """Whether something waits in this strand and nobody receives it. Raises BrokerUnavailable."""
        async with self._link.talking():
            left = _is_left(await self._queues.length(place))
        if left:
            self.add(place[0], [place[1:]])
        return left

    def look(self, queue: str, priorities: Iterable[Priority] = Priority) -> asyncio.Task[None]:
        """Find the strands that have something and nobody who receives it; it goes on when nobody waits for it.

        Raises BrokerUnavailable.
        """
        self._looked_at[queue] = asyncio.get_running_loop().time()
        looking = asyncio.ensure_future(self._look(queue, priorities))
        self._looking.add(looking)
        looking.add_done_callback(self._looked)
        return looking

    def look_a_little(self, queue: str) -> None:
        """Begin to look, if it is time to: at one priority after the other, to be in nobody's way."""
        if self.is_old(queue):
            self._looking.add(self.look(queue, [list(Priority)[next(self._turn) % len(Priority)]]))

    async def _look(self, queue: str, priorities: Iterable[Priority]) -> None:
        try:
            async with self._link.talking():
                lengths = [await self._queues.strands(queue, priority) for priority in priorities]
        except BrokerUnavailable:
            self._looked_at.pop(queue, None)  # nothing was seen
            raise
        found = chain.from_iterable(of_priority.items() for of_priority in lengths)
        self.add(queue, [place[1:] for place, length in found if _is_left(length)])

    def _looked(self, looking: asyncio.Task[None]) -> None:
        self._looking.discard(looking)
        if not looking.cancelled():
            looking.exception()  # whoever waits for it is told; else whoever looks next


def _is_left(length: Length) -> bool:
    return length.waiting > 0 and not length.receivers
