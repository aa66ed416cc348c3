"""Carrying the journal to whoever subscribed: read below the oldest running transaction, publish, then remember."""

import asyncio
from collections.abc import Sequence

from core.kernel.event import RecordedEvent
from entrypoints.worker.holding import Holder
from entrypoints.worker.pace import Pace, Repeater
from entrypoints.worker.receiving import RECEIVING, Receiver
from ports.clock import Clock
from ports.delivery import Publisher, RelayPosition
from ports.journal import JournalFeed
from ports.telemetry import Telemetry

BATCH = 2048
"""Events carried at a time: what a subscriber adds up (an item's day) it writes once a batch, so a large one saves."""
RENEW_SECONDS = 1.5
"""Well before the few seconds are over that a relay is held for."""
RELAYING = Pace(idle_first_seconds=0.02, idle_last_seconds=0.2, linger_seconds=0.2, worth_it=BATCH)


class Relay:
    """One relay of the name ``name`` works at a time; any process may be it."""

    def __init__(
        self,
        feed: JournalFeed,
        position: RelayPosition,
        publisher: Publisher,
        clock: Clock,
        telemetry: Telemetry,
        name: str,
    ) -> None:
        self._feed = feed
        self._position = position
        self._publisher = publisher
        self._clock = clock
        self._telemetry = telemetry
        self._name = name
        self._holder = Holder(clock, telemetry)

    async def step(self) -> int:
        """Carry one batch; answers how many events. The position moves only after every one was confirmed."""
        cursor = await self._position.take(self._name)
        if cursor is None:
            self._tell_lag(())  # it is another's now
            return 0
        events = await self._feed.read(cursor, BATCH)
        self._tell_lag(events)
        if not events:
            return 0
        # However long publishing takes, nobody else begins with the same events as long as this process lives.
        async with self._holder.holding(lambda: self._position.take(self._name), RENEW_SECONDS):
            await self._publisher.publish(events)
        await self._position.advance(self._name, events[-1].cursor)
        self._telemetry.count("journal_events_relayed_total", len(events), relay=self._name)
        return len(events)

    def _tell_lag(self, events: Sequence[RecordedEvent]) -> None:
        """How old the oldest event is that was not relayed yet."""
        lag = (self._clock.now() - events[0].recorded_at).total_seconds() if events else 0.0
        self._telemetry.gauge("journal_relay_lag_seconds", max(0.0, lag), relay=self._name)


class RelayLoop:
    """A relay, and where events go over a broker their ``receiver``, until they are stopped."""

    def __init__(self, relay: Relay, receiver: Receiver | None, repeater: Repeater) -> None:
        self._relay = relay
        self._receiver = receiver
        self._repeater = repeater

    def stop(self) -> None:
        """Finish the batches in hand, take no more."""
        self._repeater.stop()

    async def run(self) -> None:
        """Relay, and deliver, until stopped."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._repeater.repeat(self._relay.step, RELAYING), name="relay")
            if self._receiver is not None:
                group.create_task(
                    self._repeater.repeat(self._receiver.step, RECEIVING, self._receiver.rest), name="events"
                )
