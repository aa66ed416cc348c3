"""What each subscriber has applied."""

from collections.abc import Sequence

from adapters.postgres.engine import Connection
from core.kernel.event import RecordedEvent

_FRESH = """
INSERT INTO inbox (tenant_id, subscriber, stream, version)
SELECT t, $1, s, v FROM unnest($2::uuid[], $3::uuid[], $4::int[]) AS e(t, s, v)
ON CONFLICT DO NOTHING RETURNING tenant_id, stream, version
"""


class PostgresInbox:
    """See ports.inbox.Inbox."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def fresh(self, subscriber: str, events: Sequence[RecordedEvent]) -> Sequence[RecordedEvent]:
        """See the port."""
        once = {event.key: event for event in events}
        rows = await self._connection.fetch(
            _FRESH,
            subscriber,
            [tenant for tenant, _, _ in once],
            [stream for _, stream, _ in once],
            [version for _, _, version in once],
        )
        if len(rows) == len(once):
            return list(once.values())
        new = {(str(row["tenant_id"]), str(row["stream"]), row["version"]) for row in rows}
        return [event for key, event in once.items() if key in new]
