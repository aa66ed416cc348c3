"""What each subscriber has applied."""

from collections.abc import Sequence

from adapters.memory.session import Session
from adapters.memory.tables import INBOX
from core.kernel.event import RecordedEvent


class MemoryInbox:
    """See ports.inbox.Inbox."""

    def __init__(self, session: Session) -> None:
        self._session = session

    async def fresh(self, subscriber: str, events: Sequence[RecordedEvent]) -> Sequence[RecordedEvent]:
        """See the port."""
        await self._session.statement()
        once = {event.key: event for event in events}
        return [
            event
            for (tenant, stream, version), event in once.items()
            if await self._session.insert(INBOX, (tenant, subscriber, stream, version), True)
        ]
