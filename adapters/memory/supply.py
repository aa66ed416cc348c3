"""What is to come and to leave: expected receipts and transfers, put together."""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping

from adapters.memory.database import MemoryDatabase
from adapters.memory.session import Session
from adapters.memory.tables import BALANCES, EXPECTED, ITEM_SKUS, ITEMS, LOCATIONS, TRANSFERS
from core.inventory.balance import BalanceKey
from core.inventory.expected import ExpectedState
from core.inventory.promise import Flow, Shelf
from core.inventory.transfer import Transfer, TransferState
from core.inventory.transfer_events import TransferLine
from core.kernel.context import Context
from core.kernel.ids import ItemId, LocationId, TenantId
from ports.supply import Prospect

OPEN = (TransferState.PLANNED, TransferState.IN_TRANSIT)


class MemorySupply:
    """See ports.supply.Supply."""

    def __init__(self, session: Session, context: Context) -> None:
        self._session = session
        self._context = context

    async def incoming(self, keys: Collection[BalanceKey]) -> Mapping[BalanceKey, int]:
        """See the port."""
        if not keys:
            return {}
        await self._session.statement()
        found = incoming_of(self._session, self._context.tenant)
        return {key: found[key] for key in keys if key in found}


class MemorySupplyView:
    """See ports.supply.SupplyView."""

    def __init__(self, database: MemoryDatabase) -> None:
        self._database = database

    async def prospect(self, tenant: TenantId, sku: str) -> Prospect | None:
        """See the port."""
        async with self._database.reading(tenant) as session:
            known = session.get(ITEM_SKUS, (tenant, sku))
            item = session.get(ITEMS, (tenant, known)) if known else None
            if item is None:
                return None
            available: Counter[LocationId] = Counter()
            for _, row in session.scan(BALANCES):
                if row.balance.key.item == item.id:
                    available[row.balance.key.location] += row.balance.available
            flows = list(_flows(session, tenant, item.id))
            places = [place for _, place in session.scan(LOCATIONS) if place.id in available]
        return Prospect(
            sku=item.sku,
            scale=item.scale,
            backorder_limit=item.backorder_limit,
            shelves=[
                (place, Shelf(available=available[place.id], flows=tuple(f for at, f in flows if at == place.id)))
                for place in sorted(places, key=lambda place: (place.priority, place.code))
            ],
            available_on=item.available_on,
        )


def incoming_of(session: Session, tenant: TenantId) -> Mapping[BalanceKey, int]:
    """What is to come, by shelf."""
    found: Counter[BalanceKey] = Counter()
    for key, one in session.scan(EXPECTED):
        if key[0] == tenant and one.state is ExpectedState.OPEN:
            found[BalanceKey(item=one.item, location=one.location)] += one.outstanding
    for transfer, line in _open_lines(session, tenant):
        found[BalanceKey(item=line.item, location=transfer.target, lot=line.lot)] += line.left
    return found


def _open_lines(session: Session, tenant: TenantId) -> Iterator[tuple[Transfer, TransferLine]]:
    for key, one in session.scan(TRANSFERS):
        if key[0] == tenant and one.state in OPEN:
            for line in one.lines:
                yield one, line


def _flows(session: Session, tenant: TenantId, item: ItemId) -> Iterator[tuple[LocationId, Flow]]:
    for key, one in session.scan(EXPECTED):
        if key[0] == tenant and one.item == item and one.state is ExpectedState.OPEN and one.due is not None:
            yield one.location, Flow(at=one.due, change=one.outstanding, cause=f"expected:{one.id}")
    for transfer, line in _open_lines(session, tenant):
        if line.item != item:
            continue
        cause = f"transfer:{transfer.id}"
        if transfer.due is not None and line.left:
            yield transfer.target, Flow(at=transfer.due, change=line.left, cause=cause)
        if transfer.state is TransferState.PLANNED and transfer.ship_on is not None:
            yield transfer.source, Flow(at=transfer.ship_on, change=-line.left, cause=cause)
