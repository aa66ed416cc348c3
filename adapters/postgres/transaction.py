"""The one transaction behind every slice's view: the repositories it lends, its savepoints, its end."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import asyncpg

from adapters.postgres.acceptance import PostgresAcceptance
from adapters.postgres.allotments import PostgresAllotments
from adapters.postgres.catalogue import PostgresItems
from adapters.postgres.configuration import PostgresFlags, PostgresPolicies
from adapters.postgres.credit import PostgresAccounts
from adapters.postgres.demand import PostgresDemand
from adapters.postgres.engine import UNREACHABLE, Connection, Database, begin_as, drop, rollback
from adapters.postgres.execution import PostgresDossiers
from adapters.postgres.expected import PostgresExpectedReceipts
from adapters.postgres.idempotency import PostgresAnswers
from adapters.postgres.identity import PostgresApiKeys, PostgresTenants
from adapters.postgres.inbox import PostgresInbox
from adapters.postgres.ingress import PostgresNotices, PostgresSources
from adapters.postgres.inventory import PostgresLedger, PostgresLocations
from adapters.postgres.journal import PostgresJournal
from adapters.postgres.lots import PostgresLots
from adapters.postgres.queue import PostgresDeadLetters, PostgresQueue
from adapters.postgres.reservations import PostgresReservations
from adapters.postgres.sagas import PostgresSagas
from adapters.postgres.schedule import PostgresSchedule
from adapters.postgres.supply import PostgresSupply
from adapters.postgres.taking_in import PostgresSubmissions
from adapters.postgres.transfers import PostgresTransfers
from adapters.postgres.webhooks import PostgresDeliveries, PostgresEndpoints
from core.kernel.context import Context
from core.kernel.errors import Rejected
from core.kernel.ids import NewId, TenantId
from ports.transaction import CommitUnknown, StorageUnavailable, TransactionConflict

LOST_RACES = (
    asyncpg.SerializationError,
    asyncpg.DeadlockDetectedError,
    asyncpg.UniqueViolationError,
    asyncpg.CheckViolationError,
    asyncpg.LockNotAvailableError,
)


class UnstorableText(Rejected):
    """Text or a number the database cannot keep, such as a NUL character."""

    code = "unstorable_value"


class PostgresTransaction:
    """Satisfies every slice's transaction view. Lives between begin and commit."""

    def __init__(self, connection: Connection, context: Context, new_id: NewId) -> None:
        self._connection = connection
        self._context = context
        self._new_id = new_id
        self.journal = PostgresJournal(connection, context)
        self.items = PostgresItems(connection, context)
        self.locations = PostgresLocations(connection, context)
        self.ledger = PostgresLedger(connection, context, new_id)
        self.lots = PostgresLots(connection, context)
        self.reservations = PostgresReservations(connection, context)
        self.transfers = PostgresTransfers(connection, context)
        self.expected = PostgresExpectedReceipts(connection, context)
        self.supply = PostgresSupply(connection, context)
        self.allotments = PostgresAllotments(connection, context)
        self.sagas = PostgresSagas(connection, context)
        self.accounts = PostgresAccounts(connection, context)
        self.dossiers = PostgresDossiers(connection, context)
        self.flags = PostgresFlags(connection, context)
        self.policies = PostgresPolicies(connection, context)
        self.api_keys = PostgresApiKeys(connection, context)
        self.tenants = PostgresTenants(connection, context)
        self.answers = PostgresAnswers(connection, context)
        self.acceptance = PostgresAcceptance(connection, context, new_id)
        self.intake = PostgresSubmissions(connection, context)
        self.queue = PostgresQueue(connection, context)
        self.schedule = PostgresSchedule(connection)
        self.dead_letters = PostgresDeadLetters(connection, context)
        self.inbox = PostgresInbox(connection)
        self.demand = PostgresDemand(connection)
        self.endpoints = PostgresEndpoints(connection, context)
        self.deliveries = PostgresDeliveries(connection, context)
        self.sources = PostgresSources(connection, context)
        self.notices = PostgresNotices(connection, context)

    def of(self, tenant: TenantId) -> "PostgresTransaction":
        """See ports.acceptance.AcceptanceTransaction."""
        return PostgresTransaction(self._connection, replace(self._context, tenants=(tenant,)), self._new_id)

    @asynccontextmanager
    async def savepoint(self) -> AsyncIterator[None]:
        """See ports.savepoint."""
        await self._connection.execute("SAVEPOINT part")
        try:
            yield
        except UNREACHABLE as error:
            raise StorageUnavailable(f"the database went away: {error}") from error
        except Exception as error:
            await self._connection.execute("ROLLBACK TO SAVEPOINT part; RELEASE SAVEPOINT part")
            if isinstance(error, LOST_RACES):
                raise TransactionConflict(str(error)) from error
            raise
        await self._connection.execute("RELEASE SAVEPOINT part")


class PostgresTransactions:
    """Begins transactions on connections of ``database``."""

    def __init__(self, database: Database, new_id: NewId) -> None:
        self._database = database
        self._new_id = new_id

    @asynccontextmanager
    async def begin(self, context: Context) -> AsyncIterator[PostgresTransaction]:
        """See ports.transaction."""
        async with self._database.acquire() as connection, committed(connection, begin_as(context.tenants)):
            yield PostgresTransaction(connection, context, self._new_id)


@asynccontextmanager
async def committed(connection: Connection, begin: str) -> AsyncIterator[None]:
    """Run ``begin``, then commit, or roll back on any exception; the driver's errors become the port's."""
    try:
        await connection.execute(begin)
        yield
    except LOST_RACES as error:
        await rollback(connection)
        raise TransactionConflict(str(error)) from error
    except (asyncpg.DataError, asyncpg.CharacterNotInRepertoireError) as error:
        await rollback(connection)
        raise UnstorableText(str(error)) from error
    except UNREACHABLE as error:
        drop(connection)
        raise StorageUnavailable(f"the database went away: {error}") from error
    except BaseException:
        await rollback(connection)
        raise
    await commit(connection)


async def commit(connection: Connection) -> None:
    """Commit. Raises CommitUnknown when the answer never came, TransactionConflict when it was no."""
    try:
        tag = await connection.execute("COMMIT")
    except LOST_RACES as error:
        raise TransactionConflict(str(error)) from error
    except (*UNREACHABLE, asyncpg.QueryCanceledError) as error:
        drop(connection)
        raise CommitUnknown(f"no answer to the commit: {error}") from error
    except BaseException:
        drop(connection)
        raise
    if tag != "COMMIT":
        raise TransactionConflict("the transaction had already failed")
