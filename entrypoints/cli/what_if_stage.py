"""Everything a replay begins with, read page by page from the session's views."""

from datetime import datetime

from core.acceptance.what_if import Stage
from core.catalogue.item import Item
from core.inventory.balance import BalanceKey
from core.inventory.lot import Lot, first_expired_first
from core.kernel.ids import ItemId, LotId, TenantId
from entrypoints.cli.session import Session

PAGE = 2000


async def stage_at(session: Session, tenant: TenantId, at: datetime) -> Stage:
    """The tenant's items, places and lots as they are, and its stock as of ``at``."""
    places = await session.inventory.locations(tenant)
    return Stage(
        tenant=tenant,
        items=await _items(session, tenant),
        locations=[place for place in places if place.sellable],
        lots=await _lots(session, tenant),
        available=await _available(session, tenant, at),
    )


async def _items(session: Session, tenant: TenantId) -> dict[ItemId, Item]:
    items: dict[ItemId, Item] = {}
    after = ""
    while page := await session.catalogue.items(tenant, sku=None, after=after, limit=PAGE):
        items.update({item.id: item for item in page})
        after = page[-1].sku
    return items


async def _lots(session: Session, tenant: TenantId) -> dict[LotId, Lot]:
    lots: dict[LotId, Lot] = {}
    after = None
    while page := await session.inventory.lots(tenant, sku=None, expires_before=None, after=after, limit=PAGE):
        lots.update({row.lot.id: row.lot for row in page})
        after = first_expired_first(page[-1].lot)
    return lots


async def _available(session: Session, tenant: TenantId, at: datetime) -> dict[BalanceKey, int]:
    available: dict[BalanceKey, int] = {}
    after = ("", "", "")
    while page := await session.history.as_of(tenant, at, sku=None, location=None, after=after, limit=PAGE):
        available.update({row.balance.key: row.balance.available for row in page})
        last = page[-1]
        after = (last.sku, last.location, last.lot or "")
    return available
