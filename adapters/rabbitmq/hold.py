"""A strand in the hands of this process.

Nobody else may come between. That a strand has a receiver keeps the others away, and RabbitMQ knows that in the same
step in which it delivers, or takes back what a lost process held. Only to become the receiver two might come at once:
they pass through a door, one at a time.

Nothing is fetched before it is handed out: RabbitMQ counts what it delivered and got back, whether anybody saw it or
not. So a batch is fetched when it is asked for, and no receiver waits for more while it is out.

What came back lies before all others, but who takes only the first of that and is lost as well finds it behind the
rest of it. Therefore all that came back is put aside: copied to a queue of its own, out of which one message at a time
is handed out. There the first one stays the first, and the server counts it alone. The last one copied stays in the
strand as well, where everybody looks, for as long as anything is aside: it leads there, and goes with its copy. Known:
who is lost while putting aside, before all of it is taken back, may leave a later message before an earlier one.
"""

import asyncio
from typing import Any

from aio_pika.abc import AbstractChannel

from adapters.rabbitmq.letters import Letter, packed_again, post, received
from adapters.rabbitmq.link import Link
from adapters.rabbitmq.queues import Place, Queues, aside_name, door_name, sign_name, strand_name
from ports.broker import BrokerUnavailable

MOST_AT_ONCE = 1023
"""Messages of a batch, whatever is asked for."""
_AT_THE_DOOR = "door"


class Hold:
    """A batch of one strand on a channel of its own: the channel's end gives everything back, in its order."""

    def __init__(self, link: Link, channel: AbstractChannel, receipt: str, seconds: float) -> None:
        self.channel = channel
        self.receipt = receipt
        self.place: Place
        self.letters: list[Letter] = []
        self._link = link
        self._generation = link.generation
        self._until = asyncio.get_running_loop().time() + seconds
        self._head: Letter
        self._receivers: list[str] = []
        self._whole = True

    @property
    def lost(self) -> bool:
        """Whether the connection it came from is."""
        return self._generation != self._link.generation

    @property
    def over(self) -> bool:
        """Whether the batch is held no more."""
        return self.lost or self.channel.is_closed or asyncio.get_running_loop().time() > self._until

    async def take(self, places: list[Place]) -> bool:
        """Take the first message of the first of ``places`` that is free. False: none is, or somebody else chooses."""
        wire = await self.channel.get_underlay_channel()
        door = door_name(places[0][0])
        await wire.basic_consume(door, _nothing, consumer_tag=_AT_THE_DOOR)
        alone = (await wire.queue_declare(door, passive=True)).consumer_count == 1
        taken = alone and await self._take_head(places)
        await wire.basic_cancel(_AT_THE_DOOR, nowait=True)
        return taken

    async def fill(self, limit: int, queues: Queues) -> bool:
        """Fetch the batch: what was handed out before first, and alone; else as many as there are.

        False: RabbitMQ has not taken back yet all of what a lost process held of the strand.
        """
        first, behind = self._head, self._head.behind
        if first.times_out:
            if (await queues.aside(self.place)).receivers:
                return False
            found = await self._get(aside_name(self.place))
            if found is None or (not found.behind and found.id != self._head.id):
                behind = await self._put_aside(found)
            found = found or await self._get(aside_name(self.place))
            if found is None:
                raise BrokerUnavailable("what was put aside is gone")
            first, self._whole = found, not found.behind and found.id == self._head.id
        self.letters = [first]
        if self._whole and not first.times_out:
            self.letters += await self._fetch(min(behind, limit - 1, MOST_AT_ONCE - 1))
        return True

    async def end(self) -> None:
        """The messages are gone. First the receivers: RabbitMQ would deliver the next messages to them."""
        wire = await self.channel.get_underlay_channel()
        await self._stop_receiving()
        await wire.basic_ack(self.letters[-1].tag, multiple=self._whole)
        await self.channel.close()

    async def _take_head(self, places: list[Place]) -> bool:
        wire = await self.channel.get_underlay_channel()
        for place in places:
            told = await wire.queue_declare(strand_name(place), passive=True)
            if told.message_count and not told.consumer_count:
                head = await self._get(strand_name(place))
                if head is not None:
                    self.place, self._head = place, head
                    return True
        return False

    async def _get(self, name: str) -> Letter | None:
        wire = await self.channel.get_underlay_channel()
        delivered = await wire.basic_get(name)
        return None if delivered.delivery_tag is None else received(delivered)

    async def _put_aside(self, last: Letter | None) -> int:
        """Copy all that came back, and behind it a few that nobody had yet. How many others wait in the strand.

        Not again the ``last`` one that is aside still: others came back with what leads there, which goes now.
        """
        found, behind = [self._head], self._head.behind
        while behind and found[-1].times_out:
            found += await self._fetch(min(behind, 1 + len(found) // 4))
            behind = self._head.behind + 1 - len(found)
        # Who was lost in the middle of this had some of it once more than the rest, and that were the first of it.
        ordered = sorted(found, key=lambda letter: -letter.times_out)
        copied = [letter for letter in ordered if last is None or letter.id != last.id]
        copies = [(aside_name(self.place), packed_again(letter)) for letter in copied]
        confirming = await self._link.channel(confirms=True)
        try:
            answers = await post(confirming, [(sign_name(self.place[0]), Letter("", b"", {})), *copies])
        finally:
            self._link.leave(confirming.close())
        for lost in filter(None, answers):
            raise BrokerUnavailable("what came back could not be put aside") from lost
        await self._stop_receiving()
        self._head = copied[-1]
        wire = await self.channel.get_underlay_channel()
        for letter in found:
            if letter is not self._head:
                await wire.basic_ack(letter.tag)
        return behind

    async def _fetch(self, number: int) -> list[Letter]:
        """The next ``number`` messages of the strand, which are there: nobody else can have them."""
        fetched: list[Letter] = []
        complete = asyncio.Event()

        async def arrived(delivered: Any) -> None:
            fetched.append(received(delivered))
            if len(fetched) == number:
                complete.set()

        if number > 0:
            wire = await self.channel.get_underlay_channel()
            # RabbitMQ takes back what a lost process held in the order of these names, behind what was got singly.
            receiver = f"rest {len(self._receivers):02}"
            self._receivers.append(receiver)
            await wire.basic_qos(prefetch_count=number)
            await wire.basic_consume(strand_name(self.place), arrived, consumer_tag=receiver)
            await complete.wait()
        return fetched

    async def _stop_receiving(self) -> None:
        wire = await self.channel.get_underlay_channel()
        for receiver in self._receivers:
            await wire.basic_cancel(receiver)


async def _nothing(delivered: Any) -> None:
    """Nobody sends to a door."""
