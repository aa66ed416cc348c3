"""Until when each chore was fired: a row a chore, moved on by whoever comes first."""

from datetime import datetime

from adapters.postgres.engine import Connection

_ADVANCE = """
INSERT INTO schedule AS s (chore, due) VALUES ($1, $2)
ON CONFLICT (chore) DO UPDATE SET due = EXCLUDED.due WHERE s.due < EXCLUDED.due
"""


class PostgresSchedule:
    """See ports.schedule.Schedule."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def advance(self, chore: str, due: datetime) -> bool:
        """See the port."""
        tag = await self._connection.execute(_ADVANCE, chore, due)
        return bool(tag == "INSERT 0 1")
