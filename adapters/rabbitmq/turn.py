"""What is fetched of one strand, in this process's hands.

Everybody fetches as much at once (WINDOW). So whoever comes after somebody who was lost fetches all of what came back,
and before anything else: that is what keeps the order, as RabbitMQ puts what comes back once more behind the rest of
what came back. For the same reason a receiver is never cancelled: with the end of its channel the
server takes back what it had and knows of no receiver any more, in one step. A cancelled one of whom anything is still
out is counted as a receiver until then: nobody else begins.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from itertools import islice
from typing import Any

from aio_pika.abc import AbstractChannel

from adapters.rabbitmq.letters import Letter, received, unless_closed
from adapters.rabbitmq.queues import Place, strand_name
from core.kernel.message import Priority
from ports.strands import HandedOut, StrandHold

WINDOW = 1024
"""Messages fetched at once: all processes must agree about it, whatever their version."""


class Turn:
    """The only receiver of the strand of ``hold``, until the time ``until`` of the running loop at most.

    It begins, hands something out and ends that, once or more, and rests in between; when its time is over the server
    takes all of it back, whatever its process is doing.
    """

    def __init__(self, hold: StrandHold, channel: AbstractChannel, until: float) -> None:
        self.hold = hold
        self._until = until
        self.fetched: deque[Letter] = deque()
        self.out: HandedOut
        """What of it is handed out."""
        self.ended = False
        """Whether that is gone, and nobody was told yet."""
        self.counted = 0
        """How many of those fetched are written down as fetched, where others look."""
        self.channel = channel
        self._clock: asyncio.TimerHandle | None = None
        self._came: Callable[[], None] = _nothing
        self._dropped = False
        self._arrived = asyncio.Event()
        self._wanted = 0
        # Not the one of an earlier turn: RabbitMQ 3.10 takes a receiver for the one that had the name before.
        self._tag = f"turn {hold.fence}"

    @property
    def place(self) -> Place:
        """The strand."""
        return self.hold.queue, self.hold.priority, self.hold.strand

    @property
    def strand(self) -> tuple[Priority, int]:
        """The same, within its queue."""
        return self.hold.priority, self.hold.strand

    @property
    def over(self) -> bool:
        """Whether it is held no more."""
        return self._dropped or self.channel.is_closed or asyncio.get_running_loop().time() > self._until

    async def begin(self) -> bool:
        """Fetch what is there, up to a WINDOW. False: nothing is, or the server still has another receiver for it."""
        wire = await self.channel.get_underlay_channel()
        told = await wire.queue_declare(strand_name(self.place), passive=True)
        if not told.message_count or told.consumer_count:
            return False
        self._wanted = min(told.message_count, WINDOW)
        wire.on_consumer_cancel_callbacks.add(self._drop)
        await wire.basic_qos(prefetch_count=WINDOW)
        await wire.basic_consume(strand_name(self.place), self._arrive, consumer_tag=self._tag)
        await unless_closed(wire, self._arrived.wait())
        return True

    def hand_out(self, out: HandedOut, until: float, over: Callable[[], None]) -> list[Letter]:
        """The letters that are ``out``, until the time ``until``: then ``over`` is called."""
        self.out, self.ended, self.counted = out, False, out.in_hand + out.behind
        self.keep(until, over)
        return [*islice(self.fetched, out.in_hand)]

    def keep(self, until: float, over: Callable[[], None], came: Callable[[], None] | None = None) -> None:
        """Its time is over at ``until``: then ``over`` is called; and ``came`` until then with all that comes."""
        self.stop()
        self._until, self._came = until, came or _nothing
        self._clock = asyncio.get_running_loop().call_at(until, over)

    def hurry(self, seconds: float, over: Callable[[], None]) -> None:
        """Call ``over`` after so many seconds already."""
        self._clock, clock = asyncio.get_running_loop().call_later(seconds, over), self._clock
        if clock is not None:
            clock.cancel()

    def stop(self) -> None:
        """Its time does not run any more."""
        self._came = _nothing
        if self._clock is not None:
            self._clock.cancel()

    async def end(self) -> None:
        """What is handed out is gone when this returns."""
        wire = await self.channel.get_underlay_channel()
        last = [self.fetched.popleft() for _ in range(self.out.in_hand)][-1]
        self.counted -= self.out.in_hand
        await wire.basic_ack(last.tag, multiple=True)
        # Nothing is said of what is acknowledged; but whatever is answered after it was read after it.
        await wire.basic_qos(prefetch_count=WINDOW)
        self.ended = True

    async def close(self) -> None:
        """The server takes back what is left."""
        await self.channel.close()

    async def _arrive(self, delivered: Any) -> None:
        self.fetched.append(received(delivered))
        if len(self.fetched) >= self._wanted:
            self._arrived.set()
        self._came()

    def _drop(self, _: object) -> None:
        """The server took away the queue."""
        self._dropped = True


def _nothing() -> None:
    """Nobody wants to know."""
