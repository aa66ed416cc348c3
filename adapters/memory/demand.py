"""Demand by item and day."""

from collections.abc import Sequence

from adapters.memory.session import Session
from adapters.memory.tables import DEMAND
from core.forecasting.demand import DemandChange


class MemoryDemand:
    """See ports.demand.Demand."""

    def __init__(self, session: Session) -> None:
        self._session = session

    async def add(self, changes: Sequence[DemandChange]) -> None:
        """See the port. In the order of the keys, so that two batches cannot deadlock."""
        assert len({(one.tenant, one.item, one.day) for one in changes}) == len(changes), "one change for each"
        if changes:
            await self._session.statement()
        for change in sorted(changes, key=lambda change: (change.tenant, change.item, str(change.day))):
            key = (change.tenant, change.item, change.day)
            await self._session.lock(DEMAND, key)
            ordered, promised = self._session.get(DEMAND, key) or (0, 0)
            await self._session.put(DEMAND, key, (ordered + change.ordered, promised + change.promised))
