"""The one transaction behind every slice's view."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

from adapters.memory.acceptance import MemoryAcceptance
from adapters.memory.allotments import MemoryAllotments
from adapters.memory.catalogue import MemoryItems
from adapters.memory.configuration import MemoryFlags, MemoryPolicies
from adapters.memory.credit import MemoryAccounts
from adapters.memory.database import MemoryDatabase
from adapters.memory.demand import MemoryDemand
from adapters.memory.execution import MemoryDossiers
from adapters.memory.expected import MemoryExpectedReceipts
from adapters.memory.idempotency import MemoryAnswers
from adapters.memory.identity import MemoryApiKeys, MemoryTenants
from adapters.memory.inbox import MemoryInbox
from adapters.memory.ingress import MemoryNotices, MemorySources
from adapters.memory.intake import MemorySubmissions
from adapters.memory.inventory import MemoryLedger, MemoryLocations
from adapters.memory.journal import MemoryJournal
from adapters.memory.lots import MemoryLots
from adapters.memory.queue import MemoryDeadLetters, MemoryQueue
from adapters.memory.reservations import MemoryReservations
from adapters.memory.sagas import MemorySagas
from adapters.memory.schedule import MemorySchedule
from adapters.memory.session import Session
from adapters.memory.supply import MemorySupply
from adapters.memory.transfers import MemoryTransfers
from adapters.memory.webhooks import MemoryDeliveries, MemoryEndpoints
from core.kernel.context import Context
from core.kernel.ids import NewId, TenantId
from ports.storage import StorageUnavailable


class MemoryTransaction:
    """Satisfies every slice's transaction view. Lives between begin and commit."""

    def __init__(self, session: Session, context: Context, new_id: NewId) -> None:
        self._session = session
        self._context = context
        self._new_id = new_id
        self.journal = MemoryJournal(session, context)
        self.items = MemoryItems(session, context)
        self.locations = MemoryLocations(session, context)
        self.ledger = MemoryLedger(session, context, new_id)
        self.lots = MemoryLots(session, context)
        self.reservations = MemoryReservations(session, context)
        self.transfers = MemoryTransfers(session, context)
        self.expected = MemoryExpectedReceipts(session, context)
        self.supply = MemorySupply(session, context)
        self.allotments = MemoryAllotments(session, context)
        self.sagas = MemorySagas(session, context)
        self.accounts = MemoryAccounts(session, context)
        self.dossiers = MemoryDossiers(session, context)
        self.flags = MemoryFlags(session, context)
        self.policies = MemoryPolicies(session, context)
        self.api_keys = MemoryApiKeys(session, context)
        self.tenants = MemoryTenants(session, context)
        self.answers = MemoryAnswers(session, context)
        self.acceptance = MemoryAcceptance(session, context, new_id)
        self.intake = MemorySubmissions(session, context)
        self.queue = MemoryQueue(session, context)
        self.schedule = MemorySchedule(session)
        self.dead_letters = MemoryDeadLetters(session, context)
        self.inbox = MemoryInbox(session)
        self.demand = MemoryDemand(session)
        self.endpoints = MemoryEndpoints(session, context)
        self.deliveries = MemoryDeliveries(session, context)
        self.sources = MemorySources(session, context)
        self.notices = MemoryNotices(session, context)

    def of(self, tenant: TenantId) -> "MemoryTransaction":
        """See ports.acceptance.AcceptanceTransaction."""
        return MemoryTransaction(self._session, replace(self._context, tenants=(tenant,)), self._new_id)

    @asynccontextmanager
    async def savepoint(self) -> AsyncIterator[None]:
        """See ports.savepoint."""
        await self._session.statement()
        mark = self._session.mark()
        try:
            yield
        except StorageUnavailable:
            raise
        except Exception:
            self._session.back_to(mark)
            raise


class MemoryTransactions:
    """Begins transactions in ``database``."""

    def __init__(self, database: MemoryDatabase, new_id: NewId) -> None:
        self._database = database
        self._new_id = new_id

    @asynccontextmanager
    async def begin(self, context: Context) -> AsyncIterator[MemoryTransaction]:
        """See ports.transaction."""
        async with self._database.begin(context.tenants) as session:
            yield MemoryTransaction(session, context, self._new_id)
