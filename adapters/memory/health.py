"""Whether the store can be reached."""

from collections.abc import Mapping

from adapters.memory.database import MemoryDatabase


class MemoryHealth:
    """See ports.health.Health."""

    def __init__(self, database: MemoryDatabase) -> None:
        self._database = database

    async def checks(self) -> Mapping[str, str | None]:
        """See the port."""
        reachable = self._database.store.faults.reachable(self._database.process)
        return {"database": None if reachable else "there is no storage", "schema": None, "transactions": None}
