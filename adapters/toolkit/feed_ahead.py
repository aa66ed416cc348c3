"""Reading what a relay asks for next while it is busy with what it has: for one that is behind."""

import asyncio
from collections.abc import Sequence

from core.kernel.event import Cursor, RecordedEvent
from core.kernel.ids import StreamId, TenantId
from ports.journal import JournalFeed


class FeedAhead:
    """See ports.journal.JournalFeed. After a full batch the next is read at once, on the guess that it is asked for.

    What was recorded never changes, so what is read early is as good; it may be less than there is by then. At most one
    reading at a time. For one reader.
    """

    def __init__(self, feed: JournalFeed) -> None:
        self._feed = feed
        self._ahead: tuple[Cursor, int, asyncio.Task[Sequence[RecordedEvent]]] | None = None

    async def read(self, after: Cursor, limit: int) -> Sequence[RecordedEvent]:
        """See the port."""
        ahead, self._ahead = self._ahead, None
        if ahead is not None and ahead[:2] == (after, limit):
            events = await ahead[2]
        else:
            if ahead is not None:
                ahead[2].cancel()
            events = await self._feed.read(after, limit)
        if len(events) == limit:
            last = events[-1].cursor
            reading = asyncio.ensure_future(self._feed.read(last, limit))
            reading.add_done_callback(_heard)
            self._ahead = last, limit, reading
        return events

    async def page(self, tenant: TenantId, after: Cursor, limit: int) -> Sequence[RecordedEvent]:
        """See the port."""
        return await self._feed.page(tenant, after, limit)

    async def stream(self, tenant: TenantId, stream: StreamId) -> Sequence[RecordedEvent]:
        """See the port."""
        return await self._feed.stream(tenant, stream)


def _heard(reading: asyncio.Task[Sequence[RecordedEvent]]) -> None:
    """What went wrong is raised for who asks; when nobody asks it is nobody's business."""
    if not reading.cancelled():
        reading.exception()
