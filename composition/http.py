"""The API process: its container, and the main function that opens and closes what it stands on."""

import asyncio
import gc
import hashlib
import os
import signal
import socket
from collections.abc import Iterator, Sequence
from contextlib import AsyncExitStack, contextmanager
from typing import Any

import uvicorn
from dependency_injector import containers, providers

from adapters.memory.cache import MemoryCache
from adapters.postgres.engine import Database
from adapters.redis.cache import open_redis_cache
from composition.adapters import Adapters
from composition.door import Door
from composition.settings import Settings
from composition.telemetry import VERSION, telemetry_of
from composition.watch import exit_with_parent
from entrypoints.http.app import create_app
from entrypoints.http.intake_writer import IntakeWriter
from entrypoints.http.parts import HttpParts, Views
from ports.cache import Cache
from ports.clock import Clock

API_CONNECTIONS = 6


def caches_of(clock: Clock, shared: Sequence[Cache]) -> Sequence[Cache]:
    """What this process remembers, then what all of them do."""
    return MemoryCache(clock.now), *shared


class Http(containers.DeclarativeContainer):
    """Everything the API is made of."""

    settings = providers.Dependency(instance_of=Settings)
    database = providers.Dependency(instance_of=Database)
    telemetry: providers.Dependency[Any] = providers.Dependency()
    stopping: providers.Dependency[Any] = providers.Dependency()
    cursor_secret = providers.Dependency(instance_of=bytes)
    shared_caches: providers.Dependency[Any] = providers.Dependency(default=())

    adapters = providers.Container(
        Adapters, database=database, telemetry=telemetry, webhook_networks=settings.provided.own_networks
    )
    door = providers.Container(
        Door,
        transactions=adapters.transactions,
        telemetry=telemetry,
        new_id=adapters.new_id,
        new_secret=adapters.new_secret,
    )
    caches = providers.Singleton(caches_of, adapters.clock, shared_caches)
    intake_writer = providers.Singleton(IntakeWriter, adapters.intake_log)
    views = providers.Singleton(
        Views,
        catalogue=adapters.catalogue_view,
        inventory=adapters.inventory_view,
        orders=adapters.orders_view,
        dossiers=adapters.dossiers_view,
        intake=adapters.intake_view,
        credit=adapters.credit_view,
        configuration=adapters.configuration_view,
        policies=adapters.configuration_view,
        queue=adapters.queue_view,
        reservations=adapters.reservations_view,
        history=adapters.stock_history,
        transfers=adapters.transfers_view,
        expected=adapters.expected_view,
        supply=adapters.supply_view,
        allotments=adapters.allotments_view,
        sagas=adapters.sagas_view,
        webhooks=adapters.webhooks_view,
        ingress=adapters.ingress_view,
    )
    parts = providers.Singleton(
        HttpParts,
        dispatch=door.dispatch,
        clock=adapters.clock,
        new_id=adapters.new_id,
        credentials=adapters.credentials,
        views=views,
        feed=adapters.feed,
        webhook_caller=adapters.webhook_caller,
        intake_writer=intake_writer,
        telemetry=telemetry,
        health=adapters.health,
        caches=caches,
        cursor_secret=cursor_secret,
        shutdown=stopping,
        environment=settings.provided.environment,
        version=VERSION,
    )
    app = providers.Singleton(create_app, parts)


def cursor_secret_of(database_url: str, settings: Settings) -> bytes:
    """Signs cursors: the same for every API process of one installation, and kept nowhere."""
    return hashlib.sha256(f"cursor:{settings.cursor_secret or database_url}".encode()).digest()


async def serve(settings: Settings, database_url: str, listener: socket.socket) -> None:
    """Serve until SIGTERM or SIGINT: take nothing more, answer what is in hand, close."""
    async with AsyncExitStack() as stack:
        telemetry = telemetry_of(settings, "fluxor-api")
        database = Database(
            database_url, API_CONNECTIONS, lambda: telemetry.count("database_pool_exhausted_total"), name="fluxor-api"
        )
        await database.open()
        stack.push_async_callback(database.close)
        stopping = asyncio.Event()
        urls = [settings.cache_url] if settings.cache_url else []
        shared = [await stack.enter_async_context(open_redis_cache(url)) for url in urls]
        container = Http(
            settings=settings,
            database=database,
            telemetry=telemetry,
            stopping=stopping,
            shared_caches=shared,
            cursor_secret=cursor_secret_of(database_url, settings),
        )
        server = _Server(_config(container.app(), settings), stopping)
        exit_with_parent(lambda: os.kill(os.getpid(), signal.SIGTERM))
        gc.collect()
        gc.freeze()
        gc.set_threshold(50_000, 20, 20)
        await server.serve(sockets=[listener])
        await container.intake_writer().drain()


class _Server(uvicorn.Server):
    """Tells the application when the end begins, so that event streams let go."""

    def __init__(self, config: uvicorn.Config, stopping: asyncio.Event) -> None:
        super().__init__(config)
        self._stopping = stopping

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Stop on SIGINT and SIGTERM. The original raises the signal once more afterwards, which would end the
        process before it could close what it opened."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self._stop)
        yield
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.remove_signal_handler(number)

    def _stop(self) -> None:
        self._stopping.set()
        self.should_exit = True


def _config(app: object, settings: Settings) -> uvicorn.Config:
    return uvicorn.Config(
        app,  # type: ignore[arg-type]
        http="httptools",
        loop="none",
        lifespan="off",
        access_log=False,
        log_config=None,
        server_header=False,
        proxy_headers=False,
        date_header=False,
        timeout_keep_alive=75,
        timeout_graceful_shutdown=max(1, int(settings.shutdown_timeout_seconds)),
    )
