"""Carrying the journal to whoever subscribed: read below the oldest running transaction, publish, then remember."""

from ports.delivery import Publisher, RelayPosition
from ports.journal import JournalFeed
from ports.telemetry import Telemetry

BATCH = 512


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
