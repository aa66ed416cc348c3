"""The worker and the relay process: their container, and main functions that open and close what they stand on."""

import asyncio
import gc
import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from dependency_injector import containers, providers

from adapters.postgres.engine import Database
from adapters.toolkit.carrying import to_message
from adapters.toolkit.envelope import unseal
from adapters.toolkit.feed_ahead import FeedAhead
from composition.adapters import Adapters
from composition.broker import opened_broker, publisher_of, queues_of, receiver_of
from composition.door import Door
from composition.housekeeping import Watching, chores_of
from composition.settings import Settings
from composition.telemetry import telemetry_of
from composition.watch import exit_with_parent
from entrypoints.worker.accept import BatchAcceptance
from entrypoints.worker.aside import Aside, AsideRunner, SettingAside
from entrypoints.worker.chores import Chores
from entrypoints.worker.closing import Closing
from entrypoints.worker.covering import Coverage
from entrypoints.worker.jobs import JobRunner
from entrypoints.worker.loop import WorkerLoops
from entrypoints.worker.notices import NoticeRunner
from entrypoints.worker.pace import Repeater
from entrypoints.worker.relay import Relay, RelayLoop
from entrypoints.worker.sagas import SagaRunner
from entrypoints.worker.snapshotting import Snapshotting
from entrypoints.worker.subscribers import InProcessPublisher
from entrypoints.worker.sweep import Sweep
from entrypoints.worker.tenants import EachTenant
from entrypoints.worker.webhooks import WebhookRunner
from ports.broker import Broker

WORKER_CONNECTIONS = 4
RELAY = "in-process"
"""Its name for good, whoever delivers: another would begin at the beginning of the journal."""


class Worker(containers.DeclarativeContainer):
    """Everything one worker is made of; ``loops`` takes the worker's name."""

    database = providers.Dependency(instance_of=Database)
    telemetry: providers.Dependency[Any] = providers.Dependency()
    webhook_networks: providers.Dependency[Any] = providers.Dependency(default=())
    close_after_days: providers.Dependency[int] = providers.Dependency(instance_of=int)
    broker: providers.Provider[Broker | None] = providers.Object(None)

    adapters = providers.Container(Adapters, database=database, telemetry=telemetry, webhook_networks=webhook_networks)
    door = providers.Container(
        Door,
        transactions=adapters.transactions,
        telemetry=telemetry,
        new_id=adapters.new_id,
        new_secret=adapters.new_secret,
    )
    acceptance = providers.Singleton(BatchAcceptance, adapters.work, door.accept, telemetry)
    jobs = providers.Singleton(JobRunner, adapters.jobs, door.dispatch, telemetry)
    sagas = providers.Singleton(
        SagaRunner, adapters.jobs, door.dispatch, telemetry, adapters.sagas_view, door.saga_definitions
    )
    subscribers = providers.Singleton(InProcessPublisher, door.dispatch, adapters.clock, adapters.new_id, telemetry)
    put_aside = providers.Singleton(Aside, door.dispatch, adapters.clock, telemetry)
    delivery = providers.Singleton(SettingAside, subscribers, put_aside, providers.Object(to_message))
    aside = providers.Singleton(
        AsideRunner, adapters.jobs, door.dispatch, subscribers, providers.Object(unseal), telemetry
    )
    webhooks = providers.Singleton(
        WebhookRunner,
        adapters.jobs,
        door.dispatch,
        adapters.webhooks_view,
        adapters.webhook_caller,
        adapters.clock,
        telemetry,
    )
    notices = providers.Singleton(NoticeRunner, adapters.jobs, door.dispatch, telemetry)
    publisher = providers.Singleton(publisher_of, broker, delivery)
    receiver = providers.Singleton(receiver_of, broker, delivery, put_aside, telemetry)
    relay_feed = providers.Singleton(FeedAhead, adapters.feed)
    relay = providers.Singleton(
        Relay, relay_feed, adapters.relay_position, publisher, adapters.clock, telemetry, name=RELAY
    )
    sweep = providers.Singleton(
        Sweep, adapters.reservations_view, door.dispatch, adapters.clock, adapters.new_id, telemetry
    )
    snapshotting = providers.Singleton(Snapshotting, adapters.snapshots, adapters.tenants_view, telemetry)
    tenants = providers.Singleton(EachTenant, adapters.tenants_view, adapters.clock, adapters.new_id, telemetry)
    coverage = providers.Singleton(Coverage, adapters.order_chores, tenants, door.dispatch)
    closing = providers.Singleton(
        Closing, adapters.order_chores, tenants, door.dispatch, telemetry, days=close_after_days
    )
    relay_loop = providers.Factory(RelayLoop, relay, receiver, providers.Factory(Repeater, adapters.clock, telemetry))
    queues = providers.Singleton(queues_of, broker, adapters.queue_view)
    watching = providers.Singleton(Watching, database, queues, adapters.sagas_view, telemetry)
    chores = providers.Factory(
        Chores, source=adapters.jobs, dispatch=door.dispatch, clock=adapters.clock, telemetry=telemetry
    )
    loops = providers.Factory(
        WorkerLoops,
        workers=adapters.workers,
        acceptance=acceptance,
        jobs=jobs,
        sagas=sagas,
        aside=aside,
        webhooks=webhooks,
        notices=notices,
        relay=relay,
        receiver=receiver,
        chores=None,
        clock=adapters.clock,
        new_id=adapters.new_id,
        telemetry=telemetry,
    )


async def work(settings: Settings, database_url: str, owner_url: str, name: str, *, relaying: bool) -> None:
    """Decide, and relay and deliver events if ``relaying``, until SIGTERM or SIGINT; then finish what is in hand."""
    async with _opened(settings, database_url, "fluxor-worker") as container:
        chores = chores_of(
            owner_url,
            container.database(),
            sweep=container.sweep().step,
            snapshots=container.snapshotting().step,
            coverage=container.coverage().step,
            closing=container.closing().step,
        )
        others: dict[str, Any] = {} if relaying else {"relay": None, "receiver": None}
        watching = asyncio.create_task(container.watching().keep())
        try:
            await _run(container.loops(name, chores=container.chores(chores), **others))
        finally:
            watching.cancel()


async def relay(settings: Settings, database_url: str) -> None:
    """Carry the journal to its subscribers until SIGTERM or SIGINT; then finish the batches in hand."""
    async with _opened(settings, database_url, "fluxor-relay") as container:
        await _run(container.relay_loop())


@asynccontextmanager
async def _opened(settings: Settings, database_url: str, service: str) -> AsyncIterator[Worker]:
    telemetry = telemetry_of(settings, service)
    database = Database(
        database_url, WORKER_CONNECTIONS, lambda: telemetry.count("database_pool_exhausted_total"), name=service
    )
    await database.open()
    try:
        async with opened_broker(settings, database) as broker:
            yield Worker(
                database=database,
                telemetry=telemetry,
                close_after_days=settings.close_after_days,
                webhook_networks=settings.own_networks,
                broker=providers.Object(broker),
            )
    finally:
        await database.close()


async def _run(loops: WorkerLoops | RelayLoop) -> None:
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, loops.stop)
    exit_with_parent(lambda: os.kill(os.getpid(), signal.SIGTERM))
    gc.collect()
    gc.freeze()
    # What a batch of orders is made of lives until it is saved: looked through in between, nothing is found gone.
    gc.set_threshold(250_000, 20, 20)
    await loops.run()
