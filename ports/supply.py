"""What is to come to the shelves and to leave them: expected receipts and transfers, put together."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from typing import Protocol

from core.inventory.balance import BalanceKey
from core.inventory.location import Location
from core.inventory.promise import Shelf
from core.kernel.ids import TenantId
from core.kernel.value import value


class Supply(Protocol):
    """Part of a transaction."""

    async def incoming(self, keys: Collection[BalanceKey]) -> Mapping[BalanceKey, int]:
        """What open expected receipts and transfers, planned or under way, are to bring to each of ``keys``."""
        ...


@value
class Prospect:
    """An item, and at each location that has it or is to get it what is available and what is to come and to leave.

    Only what has a date is among the flows; lots are added up.
    """

    sku: str
    scale: int
    backorder_limit: int
    shelves: Sequence[tuple[Location, Shelf]]
    available_on: date | None = None


class SupplyView(Protocol):
    """Reading ahead, straight from an entrypoint."""

    async def prospect(self, tenant: TenantId, sku: str) -> Prospect | None:
        """The item's prospect, locations by priority, then code; None: no such item."""
        ...
