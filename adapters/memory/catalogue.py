"""Items."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import date

from adapters.memory.database import MemoryDatabase
from adapters.memory.session import BoundBroken, Session
from adapters.memory.tables import BALANCES, ITEM_SKUS, ITEMS
from core.catalogue.item import Item
from core.catalogue.terms import InvalidItem
from core.kernel.context import Context
from core.kernel.ids import ItemId, TenantId


class MemoryItems:
    """See ports.catalogue.Items."""

    def __init__(self, session: Session, context: Context) -> None:
        self._session = session
        self._context = context

    async def add(self, items: Sequence[Item]) -> Sequence[str]:
        """See the port."""
        if items:
            await self._session.statement()
        tenant, taken = self._context.tenant, []
        for item in items:
            if await self._session.insert(ITEM_SKUS, (tenant, item.sku), item.id):
                await self._session.insert(ITEMS, (tenant, item.id), item)
            else:
                taken.append(item.sku)
        return taken

    async def by_sku(self, skus: Collection[str]) -> Mapping[str, Item]:
        """See the port."""
        if not skus:
            return {}
        await self._session.statement()
        tenant, found = self._context.tenant, {}
        for sku in skus:
            known = self._session.get(ITEM_SKUS, (tenant, sku))
            item = self._session.get(ITEMS, (tenant, known)) if known else None
            if item is not None:
                found[sku] = item
        return found

    async def lock(self, item: ItemId) -> Item | None:
        """See the port."""
        await self._session.statement()
        key = (self._context.tenant, item)
        if self._session.get(ITEMS, key) is None:
            return None
        await self._session.lock(ITEMS, key)
        return self._session.get(ITEMS, key)

    async def hold(self, skus: Collection[str]) -> Mapping[str, Item]:
        """See the port."""
        found = await self.by_sku(skus)
        for item in sorted(found.values(), key=lambda item: item.id):
            await self._session.lock(ITEMS, (self._context.tenant, item.id))
        held = [self._session.get(ITEMS, (self._context.tenant, item.id)) for item in found.values()]
        return {item.sku: item for item in held if item is not None}

    async def change_prices(self, items: Sequence[Item]) -> None:
        """See the port."""
        if items:
            await self._session.statement()
        for item in items:
            key = (self._context.tenant, item.id)
            held = self._session.get(ITEMS, key)
            assert held is not None, "an item is never deleted"
            await self._session.put(ITEMS, key, replace(held, price=item.price, version=item.version))

    async def change(self, item: Item) -> None:
        """See the port."""
        session, tenant = self._session, self._context.tenant
        await session.statement()
        await session.lock(ITEMS, (tenant, item.id))
        held = session.get(ITEMS, (tenant, item.id))
        if held is None or held.version != item.version - 1:
            raise session.refuse("the item was changed by somebody else")
        await session.put(ITEMS, (tenant, item.id), item)
        await session.statement()
        keys = sorted(key for key, row in session.scan(BALANCES) if key[:2] == (tenant, item.id))
        try:
            for key in keys:
                await session.lock(BALANCES, key)
                row = session.get(BALANCES, key)
                assert row is not None, "a balance is never deleted"
                balance = replace(row.balance, backorder_limit=item.backorder_limit)
                await session.put(BALANCES, key, replace(row, balance=balance))
        except BoundBroken as error:
            raise InvalidItem("more is owed already than this limit allows", path="$.backorder_limit") from error


class MemoryCatalogueView:
    """See ports.catalogue.CatalogueView."""

    def __init__(self, database: MemoryDatabase) -> None:
        self._database = database

    async def item(self, tenant: TenantId, item: ItemId) -> Item | None:
        """See the port."""
        async with self._database.reading(tenant) as session:
            return session.get(ITEMS, (tenant, item))

    async def available_on(self, tenant: TenantId, items: Collection[ItemId]) -> Mapping[ItemId, date]:
        """See the port."""
        async with self._database.reading(tenant) as session:
            return days_of(session, tenant, items)

    async def items(self, tenant: TenantId, *, sku: str | None, after: str, limit: int) -> Sequence[Item]:
        """See the port."""
        async with self._database.reading(tenant) as session:
            found = [item for _, item in session.scan(ITEMS) if item.sku > after and sku in (None, item.sku)]
        return sorted(found, key=lambda item: item.sku)[:limit]


def days_of(session: Session, tenant: TenantId, items: Collection[ItemId]) -> Mapping[ItemId, date]:
    """From which day on items are sent, where they have one."""
    found = [session.get(ITEMS, (tenant, item)) for item in items]
    return {item.id: item.available_on for item in found if item and item.available_on}
