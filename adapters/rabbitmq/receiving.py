"""What a process receives from RabbitMQ, holds, and is done with."""

import asyncio
from collections.abc import Sequence
from itertools import count

from aio_pika.exceptions import ChannelNotFoundEntity

from adapters.rabbitmq.hold import Hold
from adapters.rabbitmq.letters import unpacked
from adapters.rabbitmq.link import Link
from adapters.rabbitmq.queues import Place, Queues
from core.kernel.job import LeaseLost
from core.kernel.message import Batch, Priority
from ports.queue import Depth

LOWEST_FIRST_EVERY = 8


class Receiving:
    """The half of a RabbitBroker that receives."""

    def __init__(self, link: Link, most: int) -> None:
        self._link = link
        self._queues = Queues(link, most)
        self._holds: dict[str, Hold] = {}
        self._taken: dict[Place, int] = {}
        self._choosing = asyncio.Lock()
        self._numbers = count(1)
        self._turn = 0

    async def receive(self, queue: str, limit: int, seconds: float) -> Batch | None:
        """See the port."""
        self._give_back_what_is_over()
        self._turn += 1
        order = list(Priority) if self._turn % LOWEST_FIRST_EVERY else list(reversed(Priority))
        async with self._link.talking():
            async with self._choosing:
                hold = await self._first(queue, order, seconds)
            if hold is None or not await self._fill(hold, limit):
                return None
        self._holds[hold.receipt] = hold
        return Batch(
            messages=tuple(unpacked(letter, hold.place) for letter in hold.letters),
            attempt=1 + hold.letters[0].times_out,
            receipt=hold.receipt,
        )

    async def done(self, batch: Batch) -> None:
        """See the port."""
        self._give_back_what_is_over()
        hold = self._holds.pop(batch.receipt, None)
        if hold is None:
            raise LeaseLost(f"batch {batch.receipt} is held no more")
        try:
            async with self._link.talking():
                await hold.end()
        except BaseException:
            self._let_go(hold)
            raise

    async def depth(self, queue: str) -> Depth:
        """See the port."""
        async with self._link.talking():
            waiting = await self._queues.waiting(queue)
        out = sum(len(hold.letters) for hold in self._holds.values() if hold.place[0] == queue and not hold.over)
        return Depth(ready=waiting, leased=out, delayed=0, parked=0, dead=0)

    async def _first(self, queue: str, order: Sequence[Priority], seconds: float) -> Hold | None:
        """The first message of a strand that nobody holds, of the best priority that has one."""
        places = await self._free(queue, order)
        if not places:
            return None
        await self._queues.prepare_door(queue)
        hold = Hold(self._link, await self._link.channel(), str(next(self._numbers)), seconds)
        taken = False
        try:
            taken = await hold.take(places)
        except ChannelNotFoundEntity:
            self._queues.forget()  # somebody took the door away: the next call makes it again
        finally:
            if not taken:
                self._let_go(hold)
        if not taken:
            return None
        self._taken[hold.place] = self._turn
        return hold

    async def _fill(self, hold: Hold, limit: int) -> bool:
        """Fetch the batch of a strand that was taken; False: it cannot be handed out yet."""
        try:
            if await hold.fill(limit, self._queues):
                return True
        except BaseException:
            self._let_go(hold)
            raise
        self._let_go(hold)
        return False

    async def _free(self, queue: str, order: Sequence[Priority]) -> list[Place]:
        for priority in order:
            lengths = await self._queues.strands(queue, priority)
            free = [place for place, length in lengths.items() if length.waiting and not length.receivers]
            if free:
                return sorted(free, key=lambda place: self._taken.get(place, 0))
        return []

    def _give_back_what_is_over(self) -> None:
        for hold in [hold for hold in self._holds.values() if hold.over]:
            self._let_go(self._holds.pop(hold.receipt))

    def _let_go(self, hold: Hold) -> None:
        self._link.leave(hold.channel.close())
