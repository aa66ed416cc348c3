"""Gathering what a batch depends on, saving what was decided."""

from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from contextlib import asynccontextmanager

from adapters.memory.configuration import policies_of
from adapters.memory.inventory import (
    enter_group,
    hold_balance,
    in_order,
    item_named,
    lots_of,
    move,
    open_balance,
    sellable,
)
from adapters.memory.journal import append
from adapters.memory.session import Session
from adapters.memory.tables import (
    ACCOUNTS,
    BALANCES,
    FULFILMENTS,
    HISTORIES,
    INTAKE,
    JOURNAL,
    LOTS,
    ORDERS,
    Row,
    Table,
)
from adapters.toolkit.codec import decoder_of
from core.acceptance.events import OrderAccepted, OrderHeld, OrderRejected
from core.acceptance.facts import Customer, Facts, LotOnShelf, Outcome, Requested, names_of
from core.catalogue.item import Item
from core.intake.submission import OrderRequest
from core.inventory.balance import Balance, BalanceKey, Movement
from core.inventory.location import Location
from core.inventory.lot import Lot
from core.kernel.context import Context
from core.kernel.event import NewEvent
from core.kernel.goods import Tracking
from core.kernel.ids import GroupId, IntakeId, ItemId, LocationId, NewId, StreamId, TenantId
from core.orders.fulfilment import proposed
from core.orders.order import Order
from ports.acceptance import Save


class MemoryAcceptance:
    """See ports.acceptance.Acceptance."""

    def __init__(self, session: Session, context: Context, new_id: NewId) -> None:
        self._session = session
        self._context = context
        self._new_id = new_id

    async def submissions(self, ids: Sequence[IntakeId]) -> Sequence[Requested]:
        """See the port."""
        await self._session.statement()
        found = [self._session.get(INTAKE, (tenant, intake)) for intake in ids for tenant in self._context.tenants]
        decoder = decoder_of(OrderRequest)
        return [Requested(submission=kept, request=decoder.decode(kept.body)) for kept in found if kept is not None]

    async def undecided(self, ids: Sequence[IntakeId]) -> Sequence[IntakeId]:
        """See the port."""
        await self._session.statement()
        return [intake for intake in ids if not self._decided(intake)]

    def _decided(self, intake: IntakeId) -> bool:
        for tenant in self._context.tenants:
            kept = self._session.get(INTAKE, (tenant, intake))
            order = self._session.get(ORDERS, (tenant, kept.order_id)) if kept else None
            if order is not None and order.held_at is None:
                return True
        return False

    async def gather(self, batch: Sequence[Requested]) -> Facts:
        """See the port."""
        session = self._session
        await session.statement()
        tenants = sorted({requested.submission.tenant for requested in batch})
        named = ((name, item_named(session, *name)) for name in sorted(names_of(batch)))
        items = {name: item for name, item in named if item is not None}
        await self._add_components(items)
        locations = {tenant: sellable(session, tenant) for tenant in tenants}
        shelves = await self._shelves(items, locations)
        customers = sorted({(r.submission.tenant, r.request.customer) for r in batch if r.request.customer})
        histories = await self._hold(HISTORIES, customers)
        accounts = await self._hold(ACCOUNTS, customers)
        return Facts(
            items=items,
            locations=locations,
            available=shelves.available,
            lots=shelves.lots,
            today=self._context.now.date(),
            reserved=shelves.reserved,
            histories=histories,
            accounts=accounts,
            policies=policies_of(session, tenants),
        )

    async def _add_components(self, items: dict[tuple[TenantId, str], Item]) -> None:
        """What kits among ``items`` are made of."""
        kits = [(tenant, item) for (tenant, _), item in items.items() if item.components]
        if kits:
            await self._session.statement()
        for tenant, kit in kits:
            for component in kit.components:
                item = item_named(self._session, tenant, component.item)
                assert item is not None, "an item is never deleted"
                items[tenant, item.id] = item

    async def _shelves(
        self, items: Mapping[tuple[TenantId, str], Item], locations: Mapping[TenantId, Sequence[Location]]
    ) -> "_Shelves":
        """What stands where, held in key order; a lot is read when its balance is held."""
        session = self._session
        wanted = sorted({(tenant, item.id): item for (tenant, _), item in items.items()}.items())
        await session.statement()
        for (tenant, _), item in wanted:
            for place in locations[tenant]:
                if item.backorder_limit:
                    key = BalanceKey(item=item.id, location=place.id)
                    await open_balance(session, tenant, key, StreamId(self._new_id()))
        await session.statement()
        shelves = _Shelves()
        for (tenant, _), item in wanted:
            if item.tracking is Tracking.NONE:
                keys = [BalanceKey(item=item.id, location=place.id) for place in locations[tenant]]
            else:
                shelves.lots[item.id] = []
                keys = lots_of(session, tenant, item.id, locations[tenant])
            for key in sorted(keys, key=in_order):
                if session.get(BALANCES, (tenant, *in_order(key))) is not None:
                    balance = (await hold_balance(session, tenant, key)).balance
                    shelves.add(tenant, balance, session.get(LOTS, (tenant, key.lot)))
        return shelves

    async def _hold(self, table: Table[Row], customers: Collection[Customer]) -> dict[Customer, Row]:
        if customers:
            await self._session.statement()
        held: dict[Customer, Row] = {}
        for customer in customers:
            if self._session.get(table, customer) is not None:
                await self._session.lock(table, customer)
                row = self._session.get(table, customer)
                assert row is not None, "histories and accounts are never deleted"
                held[customer] = row
        return held

    @asynccontextmanager
    async def saving(self) -> AsyncIterator[Save]:
        """See the port. Each part is kept when its call returns."""

        async def save(outcomes: Sequence[Outcome]) -> None:
            self._session.busy = False
            try:
                await self.save(outcomes)
            finally:
                self._session.busy = True

        self._session.busy = True
        try:
            yield save
        finally:
            self._session.busy = False

    async def save(self, outcomes: Sequence[Outcome]) -> None:
        """Keep one part."""
        session, context = self._session, self._context
        if not outcomes:
            return
        await session.statement()
        moved: dict[tuple[TenantId, BalanceKey], list[Movement]] = defaultdict(list)
        for outcome in outcomes:
            await self._save_order(outcome)
            group = GroupId(outcome.event.facts.order_id)
            cause = f"order:{group}"
            await enter_group(session, context, outcome.tenant, group, outcome.movements, cause)
            for movement in outcome.movements:
                moved[outcome.tenant, movement.key].append(movement)
            stream = StreamId(outcome.requested.submission.order_id)
            version = self._version(outcome.tenant, stream) if outcome.requested.reviewed else 1
            event = NewEvent(tenant=outcome.tenant, stream=stream, version=version, body=outcome.event)
            await append(session, event, context, outcome.requested.submission.correlation)
        for (tenant, key), movements in moved.items():
            await move(session, context, tenant, key, movements)
        await self._save_customers(outcomes)

    def _version(self, tenant: TenantId, stream: StreamId) -> int:
        """The next of the order's own stream: decided at once it is version 1, after each hold one more."""
        version = 1
        while self._session.get(JOURNAL, (tenant, stream, version)) is not None:
            version += 1
        return version

    async def _save_order(self, outcome: Outcome) -> None:
        session, order = self._session, order_of(outcome, self._context)
        key = (outcome.tenant, order.facts.order_id)
        await session.lock(ORDERS, key)
        held = session.get(ORDERS, key)
        if held is not None and held.held_at is None:
            raise session.refuse("an order of this batch is already decided")
        await session.put(ORDERS, key, order)
        for place, one in enumerate(proposed(order.facts.order_id, order.facts.lines)):
            await session.put(FULFILMENTS, (outcome.tenant, one.id), (place, one))

    async def _save_customers(self, outcomes: Sequence[Outcome]) -> None:
        session = self._session
        histories = {outcome.customer: outcome.history for outcome in outcomes if outcome.customer and outcome.history}
        added = Counter(outcome.customer for outcome in outcomes if outcome.history)
        for customer, history in sorted(histories.items(), key=lambda pair: pair[0]):
            # A history that is there is held since it was gathered; one that was not may have been begun meanwhile.
            first = history.orders == added[customer]
            if not first:
                await session.put(HISTORIES, customer, history)
            elif not await session.insert(HISTORIES, customer, history):
                raise session.refuse("another transaction began this customer's history first")
        accounts = {outcome.customer: outcome.account for outcome in outcomes if outcome.customer and outcome.account}
        for customer, account in sorted(accounts.items(), key=lambda pair: pair[0]):
            await session.put(ACCOUNTS, customer, account)


class _Shelves:
    """What was read of held balances."""

    def __init__(self) -> None:
        self.available: dict[ItemId, dict[LocationId, int]] = {}
        self.lots: dict[ItemId, list[LotOnShelf]] = {}
        self.reserved: dict[TenantId, set[ItemId]] = {}

    def add(self, tenant: TenantId, balance: Balance, lot: Lot | None) -> None:
        """``lot`` is the balance's, None where it has none."""
        item, location = balance.key.item, balance.key.location
        if lot is None:
            self.available.setdefault(item, {})[location] = balance.available
        else:
            self.lots[item].append(LotOnShelf(lot=lot, location=location, available=balance.available))
        if balance.reserved:
            self.reserved.setdefault(tenant, set()).add(item)


def order_of(outcome: Outcome, context: Context) -> Order:
    """The order as this outcome leaves it."""
    match outcome.event:
        case OrderAccepted() as accepted:
            return Order(
                facts=accepted.facts,
                vendor=accepted.vendor,
                accepted_at=context.now,
                on_account=outcome.account is not None,
            )
        case OrderRejected() as rejected:
            return Order(facts=rejected.facts, rejected_at=context.now, reasons=rejected.reasons)
        case OrderHeld() as held:
            return Order(facts=held.facts, held_at=context.now, reasons=held.reasons)
