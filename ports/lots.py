"""Lots, part of a transaction. A lot is held before its balances are: whoever holds both never waits in a circle."""

from collections.abc import Collection, Mapping, Sequence
from typing import Protocol

from core.inventory.balance import BalanceKey
from core.inventory.lot import Lot
from core.kernel.ids import ItemId, LotId
from core.kernel.value import value

LotName = tuple[ItemId, str]
"""An item and the code of one of its lots."""


class Lots(Protocol):
    """The tenant's lots."""

    async def lock(self, names: Collection[LotName]) -> Mapping[LotName, Lot]:
        """Those of ``names`` that exist, held against others in the order of their names."""
        ...

    async def opened(self, lots: Sequence[Lot]) -> Mapping[LotName, Lot]:
        """Each of ``lots`` by its name, kept unless the item has one with its code already; held either way."""
        ...

    async def change(self, lot: Lot) -> None:
        """Keep a held lot as it is now. Raises TransactionConflict when another version was before."""
        ...

    async def places(self, lots: Collection[LotId]) -> Mapping[LotId, Collection[BalanceKey]]:
        """Every balance there is of each of ``lots``, in whatever state; nothing is held by asking."""
        ...


@value
class LotRow:
    """A lot as a person reads it; ``on_hand`` is what stands of it anywhere, in base units."""

    sku: str
    scale: int
    lot: Lot
    on_hand: int
