"""What composition hands to the HTTP API, all of it finished."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from core.intake.submission import Receipt, Submission
from core.kernel.errors import DomainError
from core.kernel.ids import NewId
from entrypoints.dispatch import Dispatch
from ports.allotments import AllotmentsView
from ports.cache import Cache
from ports.catalogue import CatalogueView
from ports.clock import Clock
from ports.configuration import ConfigurationView
from ports.credit import CreditView
from ports.execution import DossiersView
from ports.expected import ExpectedReceiptsView
from ports.health import Health
from ports.history import StockHistory
from ports.identity import Credentials
from ports.ingress import IngressView
from ports.intake import IntakeView
from ports.inventory import InventoryView
from ports.journal import JournalFeed
from ports.orders import OrdersView
from ports.policies import PoliciesView
from ports.queue import QueueView
from ports.reservations import ReservationsView
from ports.sagas import SagasView
from ports.supply import SupplyView
from ports.telemetry import Telemetry
from ports.transfers import TransfersView
from ports.webhooks import WebhookCaller, WebhooksView


class TakesIn(Protocol):
    """Makes submissions durable; see entrypoints.http.intake_writer."""

    async def submit(self, submissions: Sequence[Submission]) -> Sequence[Receipt | DomainError]:
        """One answer each, in order, once all of them are durable. Raises IntakeOverloaded."""
        ...


class Signal(Protocol):
    """Set once, when the process is to end."""

    def is_set(self) -> bool:
        """Whether the end has begun."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Views:
    """The reading side of every slice."""

    catalogue: CatalogueView
    inventory: InventoryView
    orders: OrdersView
    dossiers: DossiersView
    intake: IntakeView
    credit: CreditView
    configuration: ConfigurationView
    policies: PoliciesView
    queue: QueueView
    reservations: ReservationsView
    history: StockHistory
    transfers: TransfersView
    expected: ExpectedReceiptsView
    supply: SupplyView
    allotments: AllotmentsView
    sagas: SagasView
    webhooks: WebhooksView
    ingress: IngressView


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpParts:
    """Everything the API talks to."""

    dispatch: Dispatch
    clock: Clock
    new_id: NewId
    credentials: Credentials
    views: Views
    feed: JournalFeed
    webhook_caller: WebhookCaller
    intake_writer: TakesIn
    telemetry: Telemetry
    health: Health
    caches: Sequence[Cache]
    cursor_secret: bytes
    shutdown: Signal
    environment: str
    version: str
