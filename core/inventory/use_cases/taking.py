"""Taking from held shelves in memory, one demand after the other: kits by their components, lots by their day."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date

from core.inventory.allocation import Allocation, allocate
from core.inventory.balance import BalanceKey
from core.inventory.covering import RULE, Wanted, covering, telling
from core.kernel.ids import NO_LOT, ItemId, LocationId
from ports.inventory import InventoryTransaction, LockedBalance, Shelves, Stockable


def wants(stockable: Stockable, demand: int) -> list[tuple[ItemId, int]]:
    """What ``demand`` base units of the item take from shelves: its own stock, or its components'."""
    if not stockable.components:
        return [(stockable.item, demand)]
    return [(component.item, demand * component.quantity) for component in stockable.components]


async def hold_shelves(stockables: Iterable[Stockable], tx: InventoryTransaction) -> Sequence[Shelves]:
    """The shelves these items are promised from, held item by item in the order of their ids."""
    found = []
    for item in sorted({item for stockable in stockables for item, _ in wants(stockable, 0)}):
        shelves = await tx.ledger.shelves(item)
        assert shelves is not None, "an item is never deleted"
        found.append(shelves)
    return found


class Taking:
    """What stands on ``shelves`` and may be promised on ``today``, as it is taken from for ``lines``.

    Without a ``channel`` nothing is excluded, and nothing kept for another.
    """

    def __init__(
        self, shelves: Sequence[Shelves], today: date, lines: Sequence[Wanted], *, channel: str | None = None
    ) -> None:
        self.shelves = {found.stockable.item: found for found in shelves}
        self.taken: dict[BalanceKey, int] = {}
        self._today = today
        self._channel = channel
        self._covers: Mapping[LocationId, int] = {}
        if shelves and RULE in shelves[0].policy.rules:
            candidates = {item: found.candidates(today) for item, found in self.shelves.items()}
            self._covers = covering(lines, candidates, shelves[0].policy, channel)

    def locked(self) -> Mapping[BalanceKey, LockedBalance]:
        """Every balance that is held."""
        return {one.balance.key: one for found in self.shelves.values() for _, one in found.places}

    def take(self, item: ItemId, demand: int, *, may_owe: bool) -> Allocation:
        """Where ``demand`` base units come from, after all that was taken before; what is short is not taken."""
        found = self.shelves[item]
        limit = found.stockable.backorder_limit if may_owe else 0
        allocation = allocate(
            demand,
            telling(found.candidates(self._today, self.taken), self._covers),
            found.policy,
            backorder_limit=limit,
            channel=self._channel,
        )
        for part in allocation.parts:
            key = BalanceKey(item=item, location=part.location, lot=part.lot or NO_LOT)
            self.taken[key] = self.taken.get(key, 0) + part.quantity
        return allocation
