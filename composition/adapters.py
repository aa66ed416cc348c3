"""Ports bound to PostgreSQL, the system's clock and this process's telemetry."""

from typing import Any

from dependency_injector import containers, providers

from adapters.postgres.allotments import PostgresAllotmentsView
from adapters.postgres.catalogue import PostgresCatalogueView
from adapters.postgres.configuration import PostgresConfigurationView
from adapters.postgres.credit import PostgresCreditView
from adapters.postgres.engine import Database
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
from adapters.system.clock import SystemClock
from adapters.system.ids import Uuid7, new_secret
from adapters.webhooks.caller import HttpCaller
from adapters.webhooks.guarded import GuardedCaller
from composition.telemetry import VERSION


class Adapters(containers.DeclarativeContainer):
    """Everything outside the core, finished; ``database`` is opened and closed by the process's main function."""

    database = providers.Dependency(instance_of=Database)
    telemetry: providers.Dependency[Any] = providers.Dependency()
    webhook_networks: providers.Dependency[Any] = providers.Dependency(default=())

    clock = providers.Singleton(SystemClock)
    new_id = providers.Singleton(Uuid7)
    new_secret = providers.Object(new_secret)

    transactions = providers.Singleton(PostgresTransactions, database, new_id)
    work = providers.Singleton(PostgresWork, database, new_id)
    workers = providers.Singleton(PostgresWorkers, database)
    jobs = providers.Singleton(PostgresJobSource, database)
    intake_log = providers.Singleton(PostgresIntakeLog, database)
    feed = providers.Singleton(PostgresJournalFeed, database)
    relay_position = providers.Singleton(PostgresRelayPosition, database)
    credentials = providers.Singleton(PostgresCredentials, database)
    health = providers.Singleton(PostgresHealth, database)
    invariants = providers.Singleton(PostgresInvariants, database)

    catalogue_view = providers.Singleton(PostgresCatalogueView, database)
    inventory_view = providers.Singleton(PostgresInventoryView, database)
    orders_view = providers.Singleton(PostgresOrdersView, database)
    dossiers_view = providers.Singleton(PostgresDossiersView, database)
    order_chores = providers.Singleton(PostgresOrderChores, database)
    intake_view = providers.Singleton(PostgresIntakeView, database)
    reservations_view = providers.Singleton(PostgresReservationsView, database)
    stock_history = providers.Singleton(PostgresStockHistory, database)
    snapshots = providers.Singleton(PostgresSnapshots, database)
    past = providers.Singleton(PostgresPast, database)
    transfers_view = providers.Singleton(PostgresTransfersView, database)
    expected_view = providers.Singleton(PostgresExpectedReceiptsView, database)
    supply_view = providers.Singleton(PostgresSupplyView, database)
    allotments_view = providers.Singleton(PostgresAllotmentsView, database)
    sagas_view = providers.Singleton(PostgresSagasView, database)
    credit_view = providers.Singleton(PostgresCreditView, database)
    configuration_view = providers.Singleton(PostgresConfigurationView, database)
    queue_view = providers.Singleton(PostgresQueueView, database)
    webhooks_view = providers.Singleton(PostgresWebhooksView, database)
    ingress_view = providers.Singleton(PostgresIngressView, database)
    http_caller = providers.Singleton(HttpCaller, webhook_networks, f"Fluxor/{VERSION} (webhooks)")
    webhook_caller = providers.Singleton(GuardedCaller, http_caller, clock, telemetry)
    tenants_view = providers.Singleton(PostgresTenantsView, database)
