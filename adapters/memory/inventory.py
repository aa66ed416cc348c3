"""The ledger's writing side: locations, held balances, entries."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date

from adapters.memory.catalogue import days_of
from adapters.memory.configuration import policies_of
from adapters.memory.session import Session
from adapters.memory.tables import (
    BALANCES,
    ENTRIES,
    ITEM_SKUS,
    ITEMS,
    LOCATION_CODES,
    LOCATIONS,
    LOTS,
    BalanceRow,
    LedgerRow,
)
from core.catalogue.item import Item
from core.inventory.balance import Balance, BalanceKey, Movement
from core.inventory.location import Location, LocationKind
from core.inventory.stock import evolve
from core.kernel.context import Context
from core.kernel.goods import Tracking
from core.kernel.ids import NO_LOT, GroupId, ItemId, NewId, StreamId, TenantId
from ports.inventory import LockedBalance, NewEntries, Shelves, Stockable


class MemoryLocations:
    """See ports.inventory.Locations."""

    def __init__(self, session: Session, context: Context) -> None:
        self._session = session
        self._context = context

    async def add(self, location: Location) -> bool:
        """See the port."""
        await self._session.statement()
        tenant = self._context.tenant
        if not await self._session.insert(LOCATION_CODES, (tenant, location.code), location.id):
            return False
        return await self._session.insert(LOCATIONS, (tenant, location.id), location)

    async def by_code(self, codes: Collection[str]) -> Mapping[str, Location]:
        """See the port."""
        await self._session.statement()
        tenant = self._context.tenant
        found = {}
        for code in codes:
            known = self._session.get(LOCATION_CODES, (tenant, code))
            location = self._session.get(LOCATIONS, (tenant, known)) if known else None
            if location is not None:
                found[code] = location
        return found

    async def in_transit(self) -> Location | None:
        """See the port."""
        await self._session.statement()
        tenant = self._context.tenant
        places = [place for key, place in self._session.scan(LOCATIONS) if key[0] == tenant]
        ways = [place for place in places if place.kind is LocationKind.IN_TRANSIT]
        return min(ways, key=lambda place: place.code, default=None)


class MemoryLedger:
    """See ports.inventory.Ledger."""

    def __init__(self, session: Session, context: Context, new_id: NewId) -> None:
        self._session = session
        self._context = context
        self._new_id = new_id

    async def stockables(self, skus: Collection[str]) -> Mapping[str, Stockable]:
        """See the port."""
        await self._session.statement()
        found = ((sku, item_named(self._session, self._context.tenant, sku)) for sku in skus)
        return {sku: _to_stockable(item) for sku, item in found if item and item.sku == sku}

    async def available_on(self, items: Collection[ItemId]) -> Mapping[ItemId, date]:
        """See the port."""
        await self._session.statement()
        return days_of(self._session, self._context.tenant, items)

    async def lock(self, keys: Collection[BalanceKey]) -> Mapping[BalanceKey, LockedBalance]:
        """See the port."""
        if not keys:
            return {}
        tenant, ordered = self._context.tenant, sorted(keys, key=in_order)
        await self._session.statement()
        for key in ordered:
            await open_balance(self._session, tenant, key, StreamId(self._new_id()))
        await self._session.statement()
        return {key: await hold_balance(self._session, tenant, key) for key in ordered}

    async def named(self, name: str) -> Stockable | None:
        """See the port."""
        await self._session.statement()
        item = item_named(self._session, self._context.tenant, name)
        return _to_stockable(item) if item else None

    async def shelves(self, name: str) -> Shelves | None:
        """See the port."""
        stockable = await self.named(name)
        if stockable is None:
            return None
        tenant = self._context.tenant
        await self._session.statement()
        places = sellable(self._session, tenant)
        if stockable.components:
            keys = []
        elif stockable.tracking is Tracking.NONE:
            keys = [BalanceKey(item=stockable.item, location=place.id) for place in places]
        else:
            await self._session.statement()
            keys = lots_of(self._session, tenant, stockable.item, places)
        locked = await self.lock(keys)
        lots = {key.lot for key in keys} - {NO_LOT}
        policies = policies_of(self._session, [tenant])
        return Shelves(
            stockable=stockable,
            places=tuple((place, locked[key]) for place in places for key in keys if key.location == place.id),
            policy=policies[tenant].allocation,
            lots={lot: row for lot in lots if (row := self._session.get(LOTS, (tenant, lot))) is not None},
        )

    async def enter(self, groups: Sequence[NewEntries]) -> None:
        """See the port."""
        if not any(group.movements for group in groups):
            return
        await self._session.statement()
        tenant = self._context.tenant
        for group in groups:
            await enter_group(self._session, self._context, tenant, group.group, group.movements, group.cause)
        keys = {movement.key for group in groups for movement in group.movements}
        for key in sorted(keys, key=in_order):
            touching = [group for group in groups if any(movement.key == key for movement in group.movements)]
            moved = [movement for group in touching for movement in group.movements if movement.key == key]
            await move(self._session, self._context, tenant, key, moved, versions=len(touching))


def lots_of(session: Session, tenant: TenantId, item: ItemId, places: Iterable[Location]) -> list[BalanceKey]:
    """Every balance of the item's lots at ``places`` that something can be taken from or is held of, in key order."""
    sellable_ids = {place.id for place in places}
    found = [
        row.balance.key
        for key, row in session.scan(BALANCES)
        if key[:2] == (tenant, item)
        and key[2] in sellable_ids
        and key[3] != NO_LOT
        and (row.balance.available > 0 or row.balance.reserved > 0)
    ]
    return sorted(found, key=in_order)


def item_named(session: Session, tenant: TenantId, name: str) -> Item | None:
    """The item of this SKU or, failing that, this id."""
    known = session.get(ITEM_SKUS, (tenant, name))
    return session.get(ITEMS, (tenant, known or name))


def sellable(session: Session, tenant: TenantId) -> list[Location]:
    """The tenant's sellable locations by priority."""
    places = [place for key, place in session.scan(LOCATIONS) if key[0] == tenant and place.sellable]
    return sorted(places, key=lambda place: (place.priority, place.code))


async def open_balance(session: Session, tenant: TenantId, key: BalanceKey, stream: StreamId) -> None:
    """Begin an empty balance unless there is one, with the limit of its item, held against whoever changes it."""
    place = (tenant, *in_order(key))
    if session.get(BALANCES, place) is not None:
        return
    await session.lock(ITEMS, (tenant, key.item))
    item = session.get(ITEMS, (tenant, key.item))
    if item is not None:
        balance = Balance(key=key, backorder_limit=item.backorder_limit)
        await session.insert(BALANCES, place, BalanceRow(balance=balance, stream=stream, updated_at=session.now))


async def hold_balance(session: Session, tenant: TenantId, key: BalanceKey) -> LockedBalance:
    """The balance as it stands once it is held."""
    place = (tenant, *in_order(key))
    await session.lock(BALANCES, place)
    row = session.get(BALANCES, place)
    assert row is not None, "a balance is never deleted"
    return LockedBalance(balance=row.balance, stream=row.stream)


async def enter_group(
    session: Session,
    context: Context,
    tenant: TenantId,
    group: GroupId,
    movements: Iterable[Movement],
    cause: str | None,
) -> None:
    """Append the entries of one act."""
    for number, movement in enumerate(movements, start=1):
        row = LedgerRow(movement=movement, cause=cause, actor=context.actor, recorded_at=context.now)
        if not await session.insert(ENTRIES, (tenant, movement.key.item, group, number), row):
            raise session.refuse(f"group {group} is already in the ledger")


async def move(
    session: Session,
    context: Context,
    tenant: TenantId,
    key: BalanceKey,
    movements: Iterable[Movement],
    *,
    versions: int = 0,
) -> None:
    """Apply ``movements`` to the balance they are about. Raises TransactionConflict when a bound breaks."""
    place = (tenant, *in_order(key))
    if session.get(BALANCES, place) is None:
        raise session.refuse("a balance was moved that does not exist")
    await session.lock(BALANCES, place)
    row = session.get(BALANCES, place)
    assert row is not None, "a balance is never deleted"
    balance = row.balance
    for movement in movements:
        balance = evolve(balance, movement)
    balance = replace(balance, version=balance.version + versions)
    await session.put(BALANCES, place, replace(row, balance=balance, updated_at=context.now))


def in_order(key: BalanceKey) -> tuple[ItemId, str, str]:
    """The order balances are locked in."""
    return (key.item, key.location, key.lot)


def _to_stockable(item: Item) -> Stockable:
    return Stockable(
        item=item.id,
        sku=item.sku,
        measure=item.measure,
        backorder_limit=item.backorder_limit,
        tracking=item.tracking,
        components=item.components,
    )
