"""Demand as it was promised, day by day: what forecasts will learn from."""

from collections.abc import Sequence
from typing import Protocol

from core.forecasting.demand import DemandChange
from ports.inbox import Inbox


class Demand(Protocol):
    """Part of the subscriber's transaction."""

    async def add(self, changes: Sequence[DemandChange]) -> None:
        """Add each change to its (item, day); there is one change at most for each."""
        ...


class DemandTransaction(Protocol):
    """What the demand subscriber may touch."""

    @property
    def demand(self) -> Demand: ...

    @property
    def inbox(self) -> Inbox: ...
