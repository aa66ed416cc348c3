"""Items as the catalogue keeps them."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from typing import Protocol

from core.catalogue.item import Item
from core.kernel.ids import ItemId, TenantId
from ports.journal import Journal


class Items(Protocol):
    """The tenant's items, part of a transaction."""

    async def add(self, items: Sequence[Item]) -> Sequence[str]:
        """Keep new items; answers the SKUs that were already taken, whose items were not kept."""
        ...

    async def by_sku(self, skus: Collection[str]) -> Mapping[str, Item]:
        """Those of ``skus`` that exist."""
        ...

    async def lock(self, item: ItemId) -> Item | None:
        """The item, held against other writers until the transaction ends."""
        ...

    async def hold(self, skus: Collection[str]) -> Mapping[str, Item]:
        """Those of ``skus`` that exist, held against other writers until the transaction ends."""
        ...

    async def change_prices(self, items: Sequence[Item]) -> None:
        """Replace the prices and versions of ``items``, which the transaction holds; each comes once."""
        ...

    async def change(self, item: Item) -> None:
        """Replace the item's terms; its balances take over the backorder limit.

        Raises TransactionConflict when the stored version is not the one before, and InvalidItem when stock already
        owes more than the new backorder limit allows.
        """
        ...


class CatalogueTransaction(Protocol):
    """What catalogue use cases may touch."""

    @property
    def items(self) -> Items: ...

    @property
    def journal(self) -> Journal: ...


class CatalogueView(Protocol):
    """Reading the catalogue, straight from an entrypoint."""

    async def item(self, tenant: TenantId, item: ItemId) -> Item | None:
        """The item, or None."""
        ...

    async def available_on(self, tenant: TenantId, items: Collection[ItemId]) -> Mapping[ItemId, date]:
        """From which day on those of ``items`` are sent that have such a day."""
        ...

    async def items(self, tenant: TenantId, *, sku: str | None, after: str, limit: int) -> Sequence[Item]:
        """Up to ``limit`` items by SKU order, with a SKU greater than ``after``; only ``sku`` when given."""
        ...
