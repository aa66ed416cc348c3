"""Until when each chore was fired."""

from datetime import datetime

from adapters.memory.session import Session
from adapters.memory.tables import SCHEDULE


class MemorySchedule:
    """See ports.schedule.Schedule."""

    def __init__(self, session: Session) -> None:
        self._session = session

    async def advance(self, chore: str, due: datetime) -> bool:
        """See the port."""
        await self._session.statement()
        await self._session.lock(SCHEDULE, (chore,))
        fired = self._session.get(SCHEDULE, (chore,))
        if fired is not None and fired >= due:
            return False
        await self._session.put(SCHEDULE, (chore,), due)
        return True
