"""Stock as it was, from the latest snapshots and the entries after them."""

from collections.abc import Sequence
from datetime import datetime

from adapters.memory.database import MemoryDatabase
from adapters.memory.session import Session
from adapters.memory.snapshots import entries_of, folded, shelves_at_end
from adapters.memory.tables import (
    ENTRIES,
    ITEM_SKUS,
    ITEMS,
    LOCATIONS,
    ORDERS,
    RESERVATIONS,
    RETURNS,
    SNAPSHOT_DAYS,
    TRANSFERS,
)
from adapters.memory.views.inventory import live_stock, place_of, to_stock
from core.inventory.cause import Cause, OrderCause, ReservationCause, ReturnCause, TransferCause, cause_of
from core.inventory.history import Chain, PastEntry, cut, follow, snapshot_day, start_after, with_causes
from core.kernel.ids import ItemId, TenantId
from ports.history import StockStory
from ports.inventory import StockRow


class MemoryStockHistory:
    """See ports.history.StockHistory."""

    def __init__(self, database: MemoryDatabase) -> None:
        self._database = database

    async def as_of(
        self,
        tenant: TenantId,
        at: datetime,
        *,
        sku: str | None,
        location: str | None,
        after: tuple[str, str, str],
        limit: int,
    ) -> Sequence[StockRow]:
        """See the port."""
        async with self._database.reading(tenant) as session:
            rows = _as_of(session, tenant, at, sku, location)
        return [row for row in rows if place_of(row) > after][:limit]

    async def explain(
        self, tenant: TenantId, sku: str, *, location: str | None, at: datetime | None, limit: int
    ) -> StockStory | None:
        """See the port."""
        async with self._database.reading(tenant) as session:
            item = session.get(ITEMS, (tenant, session.get(ITEM_SKUS, (tenant, sku))))
            if item is None:
                return None
            shelves = live_stock(session, tenant) if at is None else _as_of(session, tenant, at, sku, location)
            shelves = [row for row in shelves if row.sku == sku and location in (None, row.location)]
            chain = Chain(before={row.balance.key: row.balance for row in shelves})
            steps, ends = cut(follow(chain, _entries(session, tenant, item.id, at)), limit)
            known = {cause: _known(session, tenant, cause) for step in steps if (cause := step.entry.cause)}
        told = with_causes(steps, known)
        return StockStory(sku=sku, scale=item.scale, shelves=tuple(shelves), steps=told, ends=ends)


def _as_of(session: Session, tenant: TenantId, at: datetime, sku: str | None, location: str | None) -> list[StockRow]:
    day = snapshot_day(session.get(SNAPSHOT_DAYS, (tenant,)), at)
    before = {} if day is None else shelves_at_end(session, tenant, day)
    since = start_after(day)
    shelves = folded(before, (entry for entry in entries_of(session, tenant) if since <= entry.recorded_at <= at))
    rows = [to_stock(session, tenant, row.balance, row.updated_at) for row in shelves.values()]
    wanted = [row for row in rows if sku in (None, row.sku) and location in (None, row.location)]
    return sorted(wanted, key=place_of)


def _entries(session: Session, tenant: TenantId, item: ItemId, at: datetime | None) -> list[PastEntry]:
    found = []
    for (_, _, group, number), row in session.scan(ENTRIES):
        if row.movement.key.item != item or (at is not None and row.recorded_at > at):
            continue
        place = session.get(LOCATIONS, (tenant, row.movement.key.location))
        assert place is not None, "an entry is at a location"
        found.append(
            PastEntry(
                group=group,
                number=number,
                location=place.code,
                movement=row.movement,
                cause=cause_of(row.cause),
                actor=row.actor,
                recorded_at=row.recorded_at,
            )
        )
    return sorted(found, key=lambda entry: (entry.recorded_at, entry.group, entry.number), reverse=True)


def _known(session: Session, tenant: TenantId, cause: Cause) -> Cause:
    if isinstance(cause, OrderCause) and (order := session.get(ORDERS, (tenant, cause.order))):
        facts = order.facts
        return OrderCause(
            order=cause.order,
            channel=facts.channel,
            external_id=facts.external_id,
            customer=facts.customer,
            received_at=facts.received_at,
        )
    if isinstance(cause, ReservationCause) and (hold := session.get(RESERVATIONS, (tenant, cause.reservation))):
        return ReservationCause(reservation=cause.reservation, holder=hold.holder, reference=hold.reference)
    if isinstance(cause, ReturnCause) and (back := session.get(RETURNS, (tenant, cause.one))):
        order = session.get(ORDERS, (tenant, back[1].order))
        assert order is not None, "a return is of an order"
        facts = order.facts
        return ReturnCause(one=cause.one, order=facts.order_id, channel=facts.channel, external_id=facts.external_id)
    if isinstance(cause, TransferCause) and (way := session.get(TRANSFERS, (tenant, cause.transfer))):
        return TransferCause(transfer=cause.transfer, source=way.source_code, target=way.target_code)
    return cause
