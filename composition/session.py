"""A command's session: every part it may need, on an open database."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial

from dependency_injector import providers

from adapters.postgres.engine import Database
from composition.broker import opened_broker
from composition.place import database_place
from composition.settings import Settings
from composition.telemetry import telemetry_of
from composition.worker import RELAY, Worker
from entrypoints.cli.session import Session

CLI_CONNECTIONS = 6


@asynccontextmanager
async def cli_session(settings: Settings) -> AsyncIterator[Session]:
    """A session on the database of these settings; see composition.place."""
    async with database_place(settings) as place, open_session(settings, place.url) as session:
        yield session


@asynccontextmanager
async def open_session(settings: Settings, url: str) -> AsyncIterator[Session]:
    """A session on the database at ``url``, which is migrated. Raises StorageUnavailable."""
    database = Database(url, CLI_CONNECTIONS)
    async with AsyncExitStack() as stack:
        await database.open()
        stack.push_async_callback(database.close)
        telemetry = telemetry_of(settings, "fluxor-cli")
        broker = await stack.enter_async_context(opened_broker(settings, database))
        container = Worker(
            database=database,
            telemetry=telemetry,
            close_after_days=settings.close_after_days,
            broker=providers.Object(broker),
        )
        ports = container.adapters
        yield Session(
            dispatch=container.door.dispatch(),
            clock=ports.clock(),
            new_id=ports.new_id(),
            intake_log=ports.intake_log(),
            catalogue=ports.catalogue_view(),
            inventory=ports.inventory_view(),
            orders=ports.orders_view(),
            intake=ports.intake_view(),
            queue=container.queues(),
            sagas=ports.sagas_view(),
            tenants=ports.tenants_view(),
            feed=ports.feed(),
            invariants=ports.invariants(),
            history=ports.stock_history(),
            snapshots=ports.snapshots(),
            policies=ports.configuration_view(),
            past=ports.past(),
            redeliver=partial(ports.relay_position().rewind, RELAY),
            worker=container.loops,
        )
