"""Two storages under one roof: the ports of each, and the few things a test must be able to do to them from outside."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any, Protocol

import asyncpg

from adapters.memory import tables
from adapters.memory.allotments import MemoryAllotmentsView
from adapters.memory.catalogue import MemoryCatalogueView
from adapters.memory.configuration import MemoryConfigurationView
from adapters.memory.credit import MemoryCreditView
from adapters.memory.database import MemoryDatabase
from adapters.memory.execution import MemoryDossiersView
from adapters.memory.expected import MemoryExpectedReceiptsView
from adapters.memory.health import MemoryHealth
from adapters.memory.identity import MemoryCredentials, MemoryTenantsView
from adapters.memory.ingress import MemoryIngressView
from adapters.memory.intake import MemoryIntakeLog, MemoryIntakeView
from adapters.memory.invariants import MemoryInvariants
from adapters.memory.journal import MemoryJournalFeed
from adapters.memory.queue import MemoryJobSource
from adapters.memory.relay import MemoryRelayPosition
from adapters.memory.reservations import MemoryReservationsView
from adapters.memory.sagas import MemorySagasView
from adapters.memory.snapshots import MemorySnapshots
from adapters.memory.store import Fate, Faults, Store
from adapters.memory.supply import MemorySupplyView
from adapters.memory.transaction import MemoryTransactions
from adapters.memory.transfers import MemoryTransfersView
from adapters.memory.views.chores import MemoryOrderChores
from adapters.memory.views.history import MemoryStockHistory
from adapters.memory.views.inventory import MemoryInventoryView
from adapters.memory.views.orders import MemoryOrdersView
from adapters.memory.views.past import MemoryPast
from adapters.memory.views.queue import MemoryQueueView
from adapters.memory.webhooks import MemoryWebhooksView
from adapters.memory.work import MemoryWork, MemoryWorkers
from adapters.postgres.allotments import PostgresAllotmentsView
from adapters.postgres.catalogue import PostgresCatalogueView
from adapters.postgres.configuration import PostgresConfigurationView
from adapters.postgres.credit import PostgresCreditView
from adapters.postgres.engine import APP_ROLE, Database
from adapters.postgres.expected import PostgresExpectedReceiptsView
from adapters.postgres.health import PostgresHealth
from adapters.postgres.identity import PostgresCredentials, PostgresTenantsView
from adapters.postgres.intake import PostgresIntakeLog, PostgresIntakeView
from adapters.postgres.invariants import PostgresInvariants
from adapters.postgres.job_source import PostgresJobSource
from adapters.postgres.journal import PostgresJournalFeed
from adapters.postgres.relay import PostgresRelayPosition
from adapters.postgres.reservations import PostgresReservationsView
from adapters.postgres.sagas import PostgresSagasView
from adapters.postgres.snapshots import PostgresSnapshots
from adapters.postgres.supply import PostgresSupplyView
from adapters.postgres.transaction import PostgresTransactions
from adapters.postgres.transfers import PostgresTransfersView
from adapters.postgres.views.chores import PostgresOrderChores
from adapters.postgres.views.dossiers import PostgresDossiersView
from adapters.postgres.views.history import PostgresStockHistory
from adapters.postgres.views.ingress import PostgresIngressView
from adapters.postgres.views.inventory import PostgresInventoryView
from adapters.postgres.views.orders import PostgresOrdersView
from adapters.postgres.views.past import PostgresPast
from adapters.postgres.views.queue import PostgresQueueView
from adapters.postgres.views.webhooks import PostgresWebhooksView
from adapters.postgres.work import PostgresWork, PostgresWorkers
from tests.support.given import numbered_ids

EMPTY = """
DO $$ DECLARE name regclass; BEGIN
    FOR name IN SELECT oid FROM pg_class WHERE relkind IN ('r', 'p') AND NOT relispartition
        AND relnamespace = 'public'::regnamespace AND relname <> 'alembic_version'
        ORDER BY CASE relname WHEN 'tenant' THEN 2 WHEN 'item' THEN 1 WHEN 'location' THEN 1 ELSE 0 END
    LOOP EXECUTE format('DELETE FROM %s', name); END LOOP;
END $$
"""
"""Leaves the schema and takes every row; what others refer to goes last."""


class Storage(Protocol):
    """What every conformance test is written against."""

    transactions: Any
    catalogue: Any
    configuration: Any
    credit: Any
    credentials: Any
    tenants: Any
    webhooks: Any
    ingress: Any
    intake_log: Any
    intake: Any
    work: Any
    workers: Any
    jobs: Any
    queue: Any
    feed: Any
    inventory: Any
    orders: Any
    dossiers: Any
    chores: Any
    invariants: Any
    health: Any
    reservations: Any
    history: Any
    past: Any
    snapshots: Any
    transfers: Any
    expected: Any
    supply: Any
    allotments: Any
    sagas: Any

    @asynccontextmanager
    async def opened(self) -> AsyncIterator[None]:
        """Ready for use."""
        yield

    def relay(self, holder: str) -> Any:
        """The relay position as the process ``holder`` reaches it."""

    def next_commit_unknown(self, *, done: bool) -> None:
        """The next commit raises CommitUnknown, and happened or not."""

    def next_statement_breaks(self) -> None:
        """The connection breaks at the next statement."""

    async def someone_waits(self) -> None:
        """Return when a transaction waits for another's lock."""

    async def silence(self, worker: str, seconds: int = 11) -> None:
        """Let ``worker`` not have been heard of for so long."""

    async def let_relay_go(self) -> None:
        """Let the time the relay was held for be over."""

    async def let_hold_run_out(self, reservation: str) -> None:
        """Let the time of a hold be over."""

    async def make_due(self) -> None:
        """Let every job that waits for its time be due, and every lease over."""

    async def demand(self) -> dict[Any, tuple[int, int]]:
        """(ordered, promised) by (tenant, item, day)."""
        ...

    async def snapshot_days(self) -> list[tuple[str, date, int]]:
        """(location, day, available) of every snapshot, in order."""
        return []

    async def spoil_snapshots(self, day: date, change: int | None) -> None:
        """Let what the snapshots of ``day`` say is available be off by ``change``; None: let them be gone."""


class ChosenFate(Faults):
    """Goes wrong once, as chosen."""

    def __init__(self) -> None:
        self.next = Fate.DONE
        self.breaks = False

    def reachable(self, process: str) -> bool:
        """See Faults."""
        breaks, self.breaks = self.breaks, False
        return not breaks

    def fate(self, process: str, writes: Any) -> Fate:
        """See Faults."""
        fate, self.next = self.next, Fate.DONE
        return fate


class MemoryStorage:
    """The twin."""

    def __init__(self) -> None:
        self.store = Store()
        self.faults = self.store.faults = ChosenFate()
        database = self._database = MemoryDatabase(self.store)
        new_id = numbered_ids(900_000)
        self.transactions = MemoryTransactions(database, new_id)
        self.catalogue = MemoryCatalogueView(database)
        self.configuration = MemoryConfigurationView(database)
        self.credit = MemoryCreditView(database)
        self.credentials = MemoryCredentials(database)
        self.tenants = MemoryTenantsView(database)
        self.webhooks = MemoryWebhooksView(database)
        self.ingress = MemoryIngressView(database)
        self.intake_log = MemoryIntakeLog(database)
        self.intake = MemoryIntakeView(database)
        self.work = MemoryWork(database, new_id)
        self.workers = MemoryWorkers(database)
        self.jobs = MemoryJobSource(database)
        self.queue = MemoryQueueView(database)
        self.feed = MemoryJournalFeed(database)
        self.inventory = MemoryInventoryView(database)
        self.orders = MemoryOrdersView(database)
        self.dossiers = MemoryDossiersView(database)
        self.chores = MemoryOrderChores(database)
        self.invariants = MemoryInvariants(database)
        self.health = MemoryHealth(database)
        self.reservations = MemoryReservationsView(database)
        self.history = MemoryStockHistory(database)
        self.past = MemoryPast(database)
        self.snapshots = MemorySnapshots(database)
        self.transfers = MemoryTransfersView(database)
        self.expected = MemoryExpectedReceiptsView(database)
        self.supply = MemorySupplyView(database)
        self.allotments = MemoryAllotmentsView(database)
        self.sagas = MemorySagasView(database)

    @asynccontextmanager
    async def opened(self) -> AsyncIterator[None]:
        """Nothing to open."""
        yield

    def relay(self, holder: str) -> MemoryRelayPosition:
        """See Storage."""
        return MemoryRelayPosition(self._database, holder)

    def next_commit_unknown(self, *, done: bool) -> None:
        """See Storage."""
        self.faults.next = Fate.UNKNOWN_DONE if done else Fate.UNKNOWN_LOST

    def next_statement_breaks(self) -> None:
        """See Storage."""
        self.faults.breaks = True

    async def someone_waits(self) -> None:
        """See Storage."""
        while not self.store.locks.waiting():
            await asyncio.sleep(0)

    async def silence(self, worker: str, seconds: int = 11) -> None:
        """See Storage."""
        seen_at, crashes = self.store.table(tables.WORKERS)[worker,]
        self.store.table(tables.WORKERS)[worker,] = (seen_at - timedelta(seconds=seconds), crashes)

    async def let_relay_go(self) -> None:
        """See Storage."""
        rows = self.store.table(tables.RELAYS)
        for key, row in rows.items():
            rows[key] = replace(row, held_until=datetime(2000, 1, 1, tzinfo=UTC))

    async def let_hold_run_out(self, reservation: str) -> None:
        """See Storage."""
        rows = self.store.table(tables.RESERVATIONS)
        for key in [key for key in rows if key[1] == reservation]:
            rows[key] = replace(rows[key], expires_at=datetime(2000, 1, 1, tzinfo=UTC))

    async def make_due(self) -> None:
        """See Storage."""
        rows = self.store.table(tables.JOBS)
        for key in [key for key, row in rows.items() if row.run_at is not None]:
            rows[key] = replace(rows[key], run_at=datetime(2000, 1, 1, tzinfo=UTC))

    async def demand(self) -> dict[Any, tuple[int, int]]:
        """See Storage."""
        return dict(self.store.table(tables.DEMAND))

    async def snapshot_days(self) -> list[tuple[str, date, int]]:
        """See Storage."""
        rows = self.store.table(tables.SNAPSHOTS)
        return sorted((key[2], key[4], row.balance.available) for key, row in rows.items())

    async def spoil_snapshots(self, day: date, change: int | None) -> None:
        """See Storage."""
        rows = self.store.table(tables.SNAPSHOTS)
        for key in [key for key in rows if key[4] == day]:
            row = rows.pop(key)
            if change is not None:
                balance = replace(row.balance, available=row.balance.available + change)
                rows[key] = replace(row, balance=balance)


class PostgresStorage:
    """The real one. ``url`` is a migrated database of its owner, for the tests of one module in turn."""

    def __init__(self, url: str) -> None:
        self._url = url
        database = self._database = BreakableDatabase(url, 8)
        new_id = numbered_ids(900_000)
        self.transactions = PostgresTransactions(database, new_id)
        self.catalogue = PostgresCatalogueView(database)
        self.configuration = PostgresConfigurationView(database)
        self.credit = PostgresCreditView(database)
        self.credentials = PostgresCredentials(database)
        self.tenants = PostgresTenantsView(database)
        self.webhooks = PostgresWebhooksView(database)
        self.ingress = PostgresIngressView(database)
        self.intake_log = PostgresIntakeLog(database)
        self.intake = PostgresIntakeView(database)
        self.work = PostgresWork(database, new_id)
        self.workers = PostgresWorkers(database)
        self.jobs = PostgresJobSource(database)
        self.queue = PostgresQueueView(database)
        self.feed = PostgresJournalFeed(database)
        self.inventory = PostgresInventoryView(database)
        self.orders = PostgresOrdersView(database)
        self.dossiers = PostgresDossiersView(database)
        self.chores = PostgresOrderChores(database)
        self.invariants = PostgresInvariants(database)
        self.health = PostgresHealth(database)
        self.reservations = PostgresReservationsView(database)
        self.history = PostgresStockHistory(database)
        self.past = PostgresPast(database)
        self.snapshots = PostgresSnapshots(database)
        self.transfers = PostgresTransfersView(database)
        self.expected = PostgresExpectedReceiptsView(database)
        self.supply = PostgresSupplyView(database)
        self.allotments = PostgresAllotmentsView(database)
        self.sagas = PostgresSagasView(database)

    @asynccontextmanager
    async def opened(self) -> AsyncIterator[None]:
        """With a pool, and an owner's connection to look on from outside."""
        await self._database.open()
        self._owner = self._database.owner = await asyncpg.connect(self._url)
        try:
            await self._owner.execute(EMPTY)
            yield
        finally:
            await self._owner.close()
            await self._database.close()

    def relay(self, holder: str) -> PostgresRelayPosition:
        """See Storage."""
        return PostgresRelayPosition(self._database, holder)

    def next_commit_unknown(self, *, done: bool) -> None:
        """See Storage."""
        self._database.breaks = "after" if done else "before"

    def next_statement_breaks(self) -> None:
        """See Storage."""
        self._database.breaks = "statement"

    async def someone_waits(self) -> None:
        """See Storage."""
        while not await self._owner.fetchval("SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted)"):
            await asyncio.sleep(0)

    async def silence(self, worker: str, seconds: int = 11) -> None:
        """See Storage."""
        await self._owner.execute(
            "UPDATE worker SET seen_at = seen_at - $2 * interval '1 s' WHERE id = $1", worker, seconds
        )

    async def let_relay_go(self) -> None:
        """See Storage."""
        await self._owner.execute("UPDATE relay_position SET held_until = now() - interval '1 s'")

    async def let_hold_run_out(self, reservation: str) -> None:
        """See Storage."""
        await self._owner.execute(
            "UPDATE reservation SET expires_at = now() - interval '1 s' WHERE id = $1", reservation
        )

    async def make_due(self) -> None:
        """See Storage."""
        await self._owner.execute("UPDATE queue_job SET run_at = now() - interval '1 s' WHERE run_at < 'infinity'")

    async def demand(self) -> dict[Any, tuple[int, int]]:
        """See Storage."""
        rows = await self._owner.fetch("SELECT * FROM demand_daily")
        return {
            (str(row["tenant_id"]), str(row["item_id"]), row["day"]): (row["ordered"], row["promised"]) for row in rows
        }

    async def snapshot_days(self) -> list[tuple[str, date, int]]:
        """See Storage."""
        rows = await self._owner.fetch("SELECT location_id, day, available FROM stock_snapshot ORDER BY 1, 2, 3")
        return [(str(row[0]), row[1], row[2]) for row in rows]

    async def spoil_snapshots(self, day: date, change: int | None) -> None:
        """See Storage."""
        if change is None:
            await self._owner.execute("DELETE FROM stock_snapshot WHERE day = $1", day)
        else:
            await self._owner.execute(
                "UPDATE stock_snapshot SET available = available + $2 WHERE day = $1", day, change
            )


class BreakableDatabase(Database):
    """Its server process dies at the next COMMIT: before it hears of it, or between doing it and saying so."""

    breaks: str | None = None
    owner: Any = None

    @asynccontextmanager
    async def acquire(self, role: str = APP_ROLE) -> AsyncIterator[Any]:
        """See Database."""
        async with super().acquire(role) as connection:
            yield _Breakable(connection, self)


class _Breakable:
    def __init__(self, connection: Any, database: BreakableDatabase) -> None:
        self._connection = connection
        self._database = database

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connection, name)

    async def execute(self, statement: str, *arguments: Any, **options: Any) -> Any:
        breaks = self._database.breaks
        if breaks == "statement" or (statement == "COMMIT" and breaks == "before"):
            await self._break()
        result = await self._connection.execute(statement, *arguments, **options)
        if statement == "COMMIT" and breaks == "after":
            await self._break()
            await self._connection.execute("the answer that never comes")
        return result

    async def fetchrow(self, statement: str, *arguments: Any, **options: Any) -> Any:
        if self._database.breaks == "statement":
            await self._break()
        return await self._connection.fetchrow(statement, *arguments, **options)

    async def _break(self) -> None:
        self._database.breaks = None
        pid = self._connection.get_server_pid()
        await self._database.owner.execute("SELECT pg_terminate_backend($1, 5000)", pid)
