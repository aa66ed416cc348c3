"""What was read of the balances a batch is promised from."""

from collections.abc import Iterable, Sequence
from typing import Any

from adapters.postgres.engine import Connection
from adapters.postgres.lots import lots_by_id
from core.acceptance.facts import LotOnShelf
from core.catalogue.item import Item
from core.kernel.ids import ItemId, LocationId, LotId, TenantId


class Shelves:
    """``wanted`` are the items asked for, by the place their rows name; ``tracked`` those kept by lot."""

    def __init__(self, wanted: Sequence[tuple[TenantId, ItemId]], tracked: Iterable[Item]) -> None:
        self.available: dict[ItemId, dict[LocationId, int]] = {}
        self.reserved: dict[TenantId, set[ItemId]] = {}
        self._wanted = wanted
        self._tracked = {item.id for item in tracked}
        self._of_lots: list[tuple[TenantId, ItemId, LotId, LocationId, int]] = []

    def read(self, rows: Iterable[Any]) -> None:
        """Take in (place, location, available, reserved, lot if any) of held balances."""
        for place, location, units, reserved, lot in rows:
            tenant, item = self._wanted[place - 1]
            if lot is None:
                self.available.setdefault(item, {})[LocationId(str(location))] = units
            else:
                self._of_lots.append((tenant, item, LotId(str(lot)), LocationId(str(location)), units))
            if reserved:
                self.reserved.setdefault(tenant, set()).add(item)

    async def lots(self, connection: Connection) -> dict[ItemId, list[LotOnShelf]]:
        """What stands of lots. They are read only now that their balances are held: whoever blocks one holds those."""
        stands: dict[ItemId, list[LotOnShelf]] = {item: [] for item in self._tracked}
        if self._of_lots:
            known = await lots_by_id(connection, {(tenant, lot) for tenant, _, lot, _, _ in self._of_lots})
            for _, item, lot, location, units in self._of_lots:
                stands[item].append(LotOnShelf(lot=known[lot], location=location, available=units))
        return stands
