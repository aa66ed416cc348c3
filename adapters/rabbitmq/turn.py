"""What is fetched of one strand, in this process's hands.

Everybody fetches as much at once (WINDOW). So whoever comes after somebody who was lost fetches all of what came back,
and before anything else: that is what keeps the order, as RabbitMQ puts what comes back once more behind the rest of
what came back. For the same reason a receiver is not cancelled while anything is left: with the end of its channel the
server takes back what it had and knows of no receiver any more, in one step.
"""

import asyncio
from collections import deque
from typing import Any

from aio_pika.abc import AbstractChannel

from adapters.rabbitmq.letters import Letter, received, unless_closed
from adapters.rabbitmq.queues import Place, strand_name
from ports.strands import HandedOut, StrandHold

WINDOW = 1024
"""Messages fetched at once: all processes must agree about it, whatever their version."""
_TAG = "turn"


class Turn:
    """The only receiver of the strand of ``hold``, until the time ``until`` of the running loop at most."""

    def __init__(self, hold: StrandHold, channel: AbstractChannel, until: float) -> None:
        self.hold = hold
        self.until = until
        self.fetched: deque[Letter] = deque()
        self.out: HandedOut
        """What of it is handed out."""
        self.ended = False
        """Whether that is gone, and nobody was told yet."""
        self._channel = channel
        self._arrived = asyncio.Event()
        self._wanted = 0

    @property
    def place(self) -> Place:
        """The strand."""
        return self.hold.queue, self.hold.priority, self.hold.strand

    @property
    def over(self) -> bool:
        """Whether it is held no more."""
        return self._channel.is_closed or asyncio.get_running_loop().time() > self.until

    async def begin(self) -> bool:
        """Fetch what is there, up to a WINDOW. False: nothing is, or the server still has another receiver for it."""
        wire = await self._channel.get_underlay_channel()
        told = await wire.queue_declare(strand_name(self.place), passive=True)
        if not told.message_count or told.consumer_count:
            return False
        self._wanted = min(told.message_count, WINDOW)
        await wire.basic_qos(prefetch_count=WINDOW)
        await wire.basic_consume(strand_name(self.place), self._arrive, consumer_tag=_TAG)
        await unless_closed(wire, self._arrived.wait())
        return True

    async def end(self, *, more: bool) -> bool:
        """What is handed out is gone when this returns. Whether there is anything left, which there is with ``more``.

        Without ``more`` the turn is at its end, whatever is left.
        """
        wire = await self._channel.get_underlay_channel()
        last = [self.fetched.popleft() for _ in range(self.out.in_hand)][-1]
        left = bool(self.fetched)
        if not left:
            await wire.basic_cancel(_TAG)
        await wire.basic_ack(last.tag, multiple=True)
        # Nothing is said of what is acknowledged; but whatever is answered after it was read after it.
        await wire.basic_qos(prefetch_count=WINDOW)
        if not left or not more:
            await self.close()
        return left

    async def close(self) -> None:
        """The server takes back what is left."""
        await self._channel.close()

    async def _arrive(self, delivered: Any) -> None:
        self.fetched.append(received(delivered))
        if len(self.fetched) >= self._wanted:
            self._arrived.set()
