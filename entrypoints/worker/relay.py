"""Carrying the journal to whoever subscribed: read below the oldest running transaction, publish, then remember."""

from entrypoints.worker.pace import Pace, Repeater
from ports.delivery import Publisher, RelayPosition
from ports.journal import JournalFeed
from ports.telemetry import Telemetry

BATCH = 2048
"""Events carried at a time: what a subscriber adds up (an item's day) it writes once a batch, so a large one saves."""
RELAYING = Pace(idle_first_seconds=0.02, idle_last_seconds=0.2, linger_seconds=0.2, worth_it=BATCH)


class Relay:
    """One relay of the name ``name`` works at a time; any process may be it."""

    def __init__(
        self, feed: JournalFeed, position: RelayPosition, publisher: Publisher, telemetry: Telemetry, name: str
    ) -> None:
        self._feed = feed
        self._position = position
        self._publisher = publisher
        self._telemetry = telemetry
        self._name = name

    async def step(self) -> int:
        """Carry one batch; answers how many events. The position moves only after every one was confirmed."""
        cursor = await self._position.take(self._name)
        if cursor is None:
            return 0
        events = await self._feed.read(cursor, BATCH)
        if not events:
            return 0
        await self._publisher.publish(events)
        await self._position.advance(self._name, events[-1].cursor)
        self._telemetry.count("journal_events_relayed_total", len(events), relay=self._name)
        return len(events)


class RelayLoop:
    """A relay that runs until it is stopped."""

    def __init__(self, relay: Relay, repeater: Repeater) -> None:
        self._relay = relay
        self._repeater = repeater

    def stop(self) -> None:
        """Finish the batch in hand, take no more."""
        self._repeater.stop()

    async def run(self) -> None:
        """Relay until stopped."""
        await self._repeater.repeat(self._relay.step, RELAYING)
