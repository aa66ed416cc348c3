"""Taking events from a broker to their subscribers, wherever they were relayed to it.

Whatever goes wrong, a batch is either applied or comes again: it is held until then, and applied once by the inbox.
"""

from collections.abc import Callable

from core.kernel.event import EVENT_QUEUE, RecordedEvent
from core.kernel.job import LeaseLost
from core.kernel.message import Batch, Message
from entrypoints.worker.aside import Aside
from entrypoints.worker.pace import Pace
from ports.broker import Broker
from ports.delivery import Publisher
from ports.telemetry import Telemetry

BATCH = 1024
RECEIVING = Pace(idle_first_seconds=0.02, idle_last_seconds=0.2, linger_seconds=0.0, worth_it=1)
"""Brokers wake who waits; these are for what nobody rings for: a strand whose holder died, a bell nobody heard."""
HELD_SECONDS = 15.0
"""A batch takes a second; for so long nobody else has its streams when who holds it stalls, over Redis when he died."""
ATTEMPTS_MAX = 2
"""What was in hand when two receivers died, the second time alone, kills whoever applies it: the attempts it has left
are made one by one, where nothing else waits for it."""


class Receiver:
    """One batch at a time through ``publisher``."""

    def __init__(
        self,
        broker: Broker,
        publisher: Publisher,
        aside: Aside,
        unseal: Callable[[bytes], RecordedEvent],
        telemetry: Telemetry,
    ) -> None:
        self._broker = broker
        self._publisher = publisher
        self._aside = aside
        self._unseal = unseal
        self._telemetry = telemetry
        self._in_hand: Batch | None = None

    async def step(self) -> int:
        """Deliver what is in hand, else the next batch; answers how many messages it was.

        Raises what the storage raises, and BrokerUnavailable; then the batch stays in hand for the next step.
        """
        if self._in_hand is None:
            self._in_hand = await self._broker.receive(EVENT_QUEUE, BATCH, HELD_SECONDS)
        batch = self._in_hand
        if batch is None:
            return 0
        await self._deliver(batch)
        try:
            await self._broker.done(batch)
        except LeaseLost as lost:
            # Somebody else has it by now, and applies it to nothing.
            self._telemetry.log("warning", "lease lost", error=str(lost))
        self._in_hand = None
        self._telemetry.count("events_received_total", len(batch.messages))
        return len(batch.messages)

    async def rest(self, seconds: float) -> None:
        """Until there may be more, for ``seconds`` at most. Raises BrokerUnavailable."""
        await self._broker.wait(EVENT_QUEUE, seconds)

    async def _deliver(self, batch: Batch) -> None:
        read: list[tuple[Message, RecordedEvent]] = []
        for message in batch.messages:
            try:
                read.append((message, self._unseal(message.payload)))
            except ValueError as error:
                # It has the first place: everything in its stream may depend on it.
                await self._aside.put(message, 0, repr(error))
        if batch.attempt > ATTEMPTS_MAX:
            for message, event in read:
                await self._aside.put(message, event.version, "nobody survived applying it", spent=ATTEMPTS_MAX)
        elif read:
            await self._publisher.publish([event for _, event in read])
