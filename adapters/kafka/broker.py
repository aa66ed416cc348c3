"""Messages in Kafka: a queue is a topic, a strand one of its partitions, and done is what lies before a position."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress

from confluent_kafka import KafkaException

from adapters.kafka.link import options_of
from adapters.kafka.reading import EVERY, Reading, Strand
from adapters.kafka.sending import Sending
from adapters.toolkit.room import Room
from adapters.toolkit.strands import next_out, receipt_of, ring, still_tried
from core.kernel.job import LeaseLost
from core.kernel.message import Batch, Message, Priority, in_turn
from ports.broker import QUEUE_MAX, BrokerUnavailable
from ports.queue import Depth
from ports.strands import StrandHold, Strands


@asynccontextmanager
async def open_kafka_broker(url: str, strands: Strands, most: int = QUEUE_MAX) -> AsyncIterator["KafkaBroker"]:
    """A broker on the servers at ``url``, which need not be there yet. Raises BrokerUnavailable for a wrong option."""
    try:
        broker = KafkaBroker(url, strands, most)
    except (KafkaException, ValueError) as error:
        raise BrokerUnavailable(f"QUEUE_URL is wrong: {error}") from error
    try:
        yield broker
    finally:
        await broker.close()


class KafkaBroker:
    """See ports.broker.Broker. Kafka keeps what was sent; ``strands`` says how far it is done with, and whose it is."""

    def __init__(self, url: str, strands: Strands, most: int = QUEUE_MAX) -> None:
        options = options_of(url)
        self._strands = strands
        self._sending = Sending(options)
        self._reading = Reading(options)
        self._room = Room(most, self._waiting)
        self._looks = 0

    async def close(self) -> None:
        """Leave; what is held stays so until its time is over."""
        await self._sending.close()
        await self._reading.close()

    async def send(self, messages: Sequence[Message]) -> None:
        """See the port."""
        async with self._room.taken(messages):
            await self._sending.send(messages)
            await ring(self._strands, messages)

    async def receive(self, queue: str, limit: int, seconds: float) -> Batch | None:
        """See the port."""
        ends = await self._reading.ends(queue)
        among = await self._unread(queue, ends)
        hold = await self._strands.take(queue, among, seconds) if among else None
        if hold is None:
            return None
        batch = None
        try:
            batch = await self._handed_out(hold, ends[hold.priority, hold.strand], limit, seconds)
        finally:
            if batch is None:
                with suppress(LeaseLost, BrokerUnavailable):  # then its time ends by itself
                    await self._strands.give_back(hold)
        return batch

    async def wait(self, queue: str, seconds: float) -> None:
        """See the port."""
        await self._strands.wait(queue, seconds)

    async def done(self, batch: Batch) -> None:
        """See the port."""
        priority, strand, fence, position, tried = map(int, batch.receipt.split(":"))
        hold = StrandHold(queue=batch.messages[0].queue, priority=Priority(priority), strand=strand, fence=fence)
        await self._strands.end(hold, position, tried)

    async def depth(self, queue: str) -> Depth:
        """See the port."""
        waiting = await self._waiting(queue)
        in_hand, _ = await self._strands.fetched(queue)
        return Depth(ready=waiting - in_hand, leased=in_hand)

    async def _handed_out(self, hold: StrandHold, end: int, limit: int, seconds: float) -> Batch | None:
        there = 1 if hold.tried else min(limit, end - hold.position)
        if there <= 0:
            return None  # whoever had it before was done with it a moment ago
        found = await self._reading.read(hold.queue, (hold.priority, hold.strand), hold.position, there)
        if not found:
            return None
        what = next_out(hold, str(found[0][0]), len(found), limit)
        try:
            await self._strands.hand_out(hold, what, seconds)
        except LeaseLost:
            return None  # reading took longer than the time there was
        out = found[: what.in_hand]
        return Batch(
            messages=tuple(message for _, message in out),
            attempt=what.attempt,
            receipt=f"{receipt_of(hold)}:{out[-1][0] + 1}:{still_tried(what)}",
        )

    async def _unread(self, queue: str, ends: dict[Strand, int]) -> list[Strand]:
        """The strands of the best priority of which anything is not done with."""
        self._looks += 1
        positions = await self._strands.positions(queue)
        for strand, position in positions.items():
            if position > ends[strand]:
                raise BrokerUnavailable(
                    f"topic fluxor.{queue} is not the one that was received from before: of strand {strand[1]} "
                    f"{position} messages are done with, and it has {ends[strand]}"
                )
        for best in in_turn(self._looks):
            among = [strand for strand in EVERY if strand[0] == best and ends[strand] > positions.get(strand, 0)]
            if among:
                return among
        return []

    async def _waiting(self, queue: str) -> int:
        ends, positions = await self._reading.ends(queue), await self._strands.positions(queue)
        return sum(end - positions.get(strand, 0) for strand, end in ends.items())
