"""Open orders with their fulfilment orders."""

from collections.abc import Collection, Sequence

from adapters.memory import backlog
from adapters.memory.database import MemoryDatabase
from adapters.memory.session import Session
from adapters.memory.tables import AT_REST, FULFILMENTS, INTAKE, JOURNAL, ORDERS, RETURNS
from adapters.toolkit.codec import decoder_of
from core.execution.covering import Backlog
from core.intake.submission import OrderRequest
from core.inventory.balance import BalanceKey
from core.kernel.context import Context
from core.kernel.ids import FulfilmentId, OrderId, ReturnId, TenantId
from core.kernel.value import value
from core.orders.closing import to_be_done
from core.orders.dossier import Dossier
from core.orders.fulfilment import OPEN, Fulfilment, proposed
from core.orders.order import Order
from core.orders.returns import Return, ReturnState
from ports.execution import ReturnRow, Work, WorkFilter


class MemoryDossiers:
    """See ports.execution.Dossiers."""

    def __init__(self, session: Session, context: Context) -> None:
        self._session = session
        self._context = context

    async def lock(self, order: OrderId) -> Dossier | None:
        """See the port."""
        await self._session.statement()
        tenant = self._context.tenant
        if self._session.get(ORDERS, (tenant, order)) is None:
            return None
        await self._session.lock(ORDERS, (tenant, order))
        await self._session.statement()
        kept = self._session.get(ORDERS, (tenant, order))
        assert kept is not None, "an order is never deleted"
        versions = [key[2] for key, _ in self._session.scan(JOURNAL) if key[:2] == (tenant, order)]
        fulfilments = fulfilments_of(self._session, tenant, kept)
        returns = returns_of(self._session, tenant, order)
        return Dossier(order=kept, fulfilments=fulfilments, returns=returns, version=max(versions, default=0))

    async def lock_of(self, fulfilment: FulfilmentId) -> Dossier | None:
        """See the port."""
        await self._session.statement()
        found = self._session.get(FULFILMENTS, (self._context.tenant, fulfilment))
        return None if found is None else await self.lock(found[1].order)

    async def lock_returned(self, one: ReturnId) -> Dossier | None:
        """See the port."""
        await self._session.statement()
        found = self._session.get(RETURNS, (self._context.tenant, one))
        return None if found is None else await self.lock(found[1].order)

    async def order(self, order: OrderId) -> Order | None:
        """See the port."""
        await self._session.statement()
        return self._session.get(ORDERS, (self._context.tenant, order))

    async def request(self, dossier: Dossier) -> OrderRequest | None:
        """See the port."""
        await self._session.statement()
        submission = self._session.get(INTAKE, (self._context.tenant, dossier.order.facts.intake_id))
        return decoder_of(OrderRequest).decode(submission.body) if submission else None

    async def backlog(self, shelves: Collection[BalanceKey]) -> Backlog:
        """See the port."""
        await self._session.statement()
        return backlog.backlog(self._session, self._context.tenant, shelves)

    async def save(self, dossier: Dossier) -> None:
        """See the port."""
        await self._session.statement()
        tenant = self._context.tenant
        await self._session.put(ORDERS, (tenant, dossier.order.facts.order_id), dossier.order)
        for place, one in enumerate(dossier.fulfilments):
            await self._session.put(FULFILMENTS, (tenant, one.id), (place, one))
        for place, back in enumerate(dossier.returns):
            await self._session.put(RETURNS, (tenant, back.id), (place, back))
        await self._rest(dossier)

    async def _rest(self, dossier: Dossier) -> None:
        """Note since when nothing is to be done about it, or that something is."""
        if not any(line.delivered for line in dossier.order.facts.lines):
            return
        await self._session.statement()
        key = (self._context.tenant, dossier.order.facts.order_id)
        if to_be_done(dossier):
            await self._session.delete(AT_REST, key)
        else:
            await self._session.put(AT_REST, key, self._context.now)


@value
class _Exchanged:
    exchange_of: str | None = None


class MemoryDossiersView:
    """See ports.execution.DossiersView."""

    def __init__(self, database: MemoryDatabase) -> None:
        self._database = database

    async def fulfilments(self, tenant: TenantId, order: OrderId) -> Sequence[Fulfilment]:
        """See the port."""
        async with self._database.reading(tenant) as session:
            kept = session.get(ORDERS, (tenant, order))
            return [] if kept is None else fulfilments_of(session, tenant, kept)

    async def fulfilment(self, tenant: TenantId, one: FulfilmentId) -> Work | None:
        """See the port."""
        async with self._database.reading(tenant) as session:
            found = session.get(FULFILMENTS, (tenant, one))
            order = session.get(ORDERS, (tenant, found[1].order)) if found else None
        return Work(fulfilment=found[1], lines=order.facts.lines) if found and order else None

    async def returns(self, tenant: TenantId, order: OrderId) -> Sequence[Return]:
        """See the port."""
        async with self._database.reading(tenant) as session:
            return returns_of(session, tenant, order)

    async def returned(
        self, tenant: TenantId, *, state: ReturnState | None, after: ReturnId | None, limit: int
    ) -> Sequence[ReturnRow]:
        """See the port."""
        async with self._database.reading(tenant) as session:
            found = [
                ReturnRow(one=one, lines=order.facts.lines, currency=order.facts.currency)
                for _, (_, one) in session.scan(RETURNS)
                if state in (None, one.state)
                and (after is None or one.id > after)
                and (order := session.get(ORDERS, (tenant, one.order))) is not None
            ]
        return sorted(found, key=lambda row: row.one.id)[:limit]

    async def exchange_of(self, tenant: TenantId, order: Order) -> OrderId | None:
        """See the port."""
        async with self._database.reading(tenant) as session:
            submission = session.get(INTAKE, (tenant, order.facts.intake_id))
        exchanged = decoder_of(_Exchanged).decode(submission.body).exchange_of if submission else None
        return None if exchanged is None else OrderId(exchanged)

    async def work(
        self, tenant: TenantId, wanted: WorkFilter, *, after: FulfilmentId | None, limit: int
    ) -> Sequence[Work]:
        """See the port."""
        async with self._database.reading(tenant) as session:
            found = [
                Work(fulfilment=one, lines=order.facts.lines)
                for _, (_, one) in session.scan(FULFILMENTS)
                if one.state in OPEN
                and wanted.location in (None, one.location)
                and wanted.state in (None, one.state)
                and (after is None or one.id > after)
                and (order := session.get(ORDERS, (tenant, one.order))) is not None
            ]
        return sorted(found, key=lambda work: work.fulfilment.id)[:limit]


def fulfilments_of(session: Session, tenant: TenantId, order: Order) -> tuple[Fulfilment, ...]:
    """The order's fulfilment orders; one that nobody has touched yet is as its lines say."""
    known = order.facts.order_id
    mine = [row for key, row in session.scan(FULFILMENTS) if key[0] == tenant and row[1].order == known]
    if not mine and order.accepted_at:
        return proposed(known, order.facts.lines)
    return tuple(one for _, one in sorted(mine, key=lambda row: row[0]))


def returns_of(session: Session, tenant: TenantId, order: OrderId) -> tuple[Return, ...]:
    """The order's returns, as they came about."""
    mine = [row for key, row in session.scan(RETURNS) if key[0] == tenant and row[1].order == order]
    return tuple(one for _, one in sorted(mine, key=lambda row: row[0]))
