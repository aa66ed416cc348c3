"""What each subscriber has applied."""

from collections.abc import Sequence

from adapters.postgres.engine import Connection
from core.kernel.event import RecordedEvent

_FRESH = """
WITH kept AS (
    INSERT INTO inbox (tenant_id, subscriber, stream, version)
    SELECT tenant_id, $1, stream, version FROM unnest($2::event_row[])
    ON CONFLICT DO NOTHING RETURNING tenant_id, stream, version
)
SELECT (SELECT count(*) FROM kept) AS number, ARRAY(
    SELECT concat_ws(' ', tenant_id, stream, version) FROM kept WHERE (SELECT count(*) FROM kept) < $3
) AS names
"""
"""Names the fresh ones only when some are not: mostly all are."""


class PostgresInbox:
    """See ports.inbox.Inbox."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def fresh(self, subscriber: str, events: Sequence[RecordedEvent]) -> Sequence[RecordedEvent]:
        """See the port."""
        once = {event.key: event for event in events}
        row = await self._connection.fetchrow(_FRESH, subscriber, list(once), len(once))
        if row["number"] == len(once):
            return list(once.values())
        fresh = set(row["names"])
        return [event for (tenant, stream, version), event in once.items() if f"{tenant} {stream} {version}" in fresh]
