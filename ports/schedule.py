"""Until when each chore was fired."""

from datetime import datetime
from typing import Protocol

from ports.queue import Queue


class Schedule(Protocol):
    """Part of a transaction."""

    async def advance(self, chore: str, due: datetime) -> bool:
        """Remember that ``chore`` was fired for ``due``; False: it was, for that or a later moment.

        Of two transactions that would, the second waits for the first.
        """
        ...


class ScheduleTransaction(Protocol):
    """What firing may touch."""

    @property
    def schedule(self) -> Schedule: ...

    @property
    def queue(self) -> Queue: ...
