"""Every table: its name, what it keeps, and the bound each of its rows must meet.

A key begins with the tenant, as in the database, unless the table belongs to no tenant. Secondary unique keys are
tables of their own, from the unique key to the primary one.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any, Generic, TypeVar

from core.catalogue.item import Item
from core.credit.account import CreditAccount
from core.identity.api_key import ApiKey
from core.ingress.notice import Notice, Subject
from core.ingress.source import Source
from core.intake.submission import Lane, Submission
from core.inventory.allotment import Allotment
from core.inventory.balance import Balance, Movement
from core.inventory.expected import ExpectedReceipt
from core.inventory.history import SnapshotDays
from core.inventory.location import Location
from core.inventory.lot import Lot
from core.inventory.reservation import Reservation
from core.inventory.stock import violation
from core.inventory.transfer import Transfer
from core.kernel.ids import LotId, StreamId
from core.kernel.value import value
from core.orders.fulfilment import Fulfilment
from core.orders.order import Order
from core.orders.returns import Return
from core.risk.assessment import CustomerHistory
from core.sagas.saga import MOVING, Saga
from core.tenants.tenant import Tenant
from core.webhooks.delivery import Attempt, Delivery
from core.webhooks.endpoint import Endpoint

Row = TypeVar("Row")
Key = tuple[Any, ...]


class Table(Generic[Row]):
    """``check`` says in words which bound a row breaks, or None."""

    def __init__(
        self, name: str, *, shared: bool = False, check: Callable[[Row], str | None] = lambda row: None
    ) -> None:
        self.name = name
        self.shared = shared
        self.check = check

    def __repr__(self) -> str:
        return self.name


@value
class BalanceRow:
    """A balance, the stream of its history, when it last changed."""

    balance: Balance
    stream: StreamId
    updated_at: datetime


@value
class LedgerRow:
    """One entry."""

    movement: Movement
    cause: str | None
    actor: str
    recorded_at: datetime


@value
class SnapshotRow:
    """A balance at the end of a day, and when it last changed until then."""

    balance: Balance
    updated_at: datetime


@value
class JournalRow:
    """One event on the wire, with its place in reading order."""

    name: str
    payload: bytes
    actor: str
    correlation: str
    recorded_at: datetime
    place: tuple[int, int]


@value
class QueueRow:
    """One waiting job. ``run_at`` None: parked. While ``leased``, ``run_at`` is when the lease ends."""

    queue: str
    payload: bytes
    correlation: str
    max_attempts: int
    run_at: datetime | None
    key: str | None = None
    place: int = 0
    attempts: int = 0
    failures: int = 0
    leased: bool = False
    fence: int = 0


@value
class DeadRow:
    """One dead letter."""

    job: QueueRow
    code: str
    detail: str
    trace: str
    failed_at: datetime
    forgiven: bool = False


@value
class AnswerRow:
    """One answer given before."""

    fingerprint: bytes
    status: int
    body: bytes
    created_at: datetime


@value
class SettingRow:
    """A flag or a policy."""

    body: bytes
    version: int


@value
class SagaRow:
    """A saga and when it last changed."""

    saga: Saga
    updated_at: datetime


@value
class RelayRow:
    """Where a relay stands and who it is."""

    place: tuple[int, int]
    holder: str
    held_until: datetime


def _lines_in_bounds(order: Order) -> str | None:
    for line in order.facts.lines:
        if not line.shipped <= line.allocated <= line.ordered - line.cancelled:
            return f"line {line.number}: shipped <= allocated <= ordered - cancelled does not hold"
        if max(line.returned, line.delivered) > line.shipped:
            return f"line {line.number}: more came back or arrived than was sent"
    return None


def _within_itself(account: CreditAccount) -> str | None:
    return "negative" if account.exposure < 0 or account.limit.minor < 0 else None


def _moves_something(row: LedgerRow) -> str | None:
    movement = row.movement
    return None if movement.quantity > 0 and movement.source is not movement.target else "an entry that moves nothing"


def _waits_while_it_moves(row: SagaRow) -> str | None:
    moves = row.saga.status in MOVING
    return None if moves == (row.saga.waits_for is not None) else "a saga waits for a job while it moves, and only then"


TENANTS: Table[Tenant] = Table("tenant")
API_KEYS: Table[ApiKey] = Table("api_key")
SETTINGS: Table[SettingRow] = Table("setting")
ANSWERS: Table[AnswerRow] = Table("answer")
ITEMS: Table[Item] = Table("item")
ITEM_SKUS: Table[str] = Table("item_sku")
LOCATIONS: Table[Location] = Table("location")
LOCATION_CODES: Table[str] = Table("location_code")
BALANCES: Table[BalanceRow] = Table("stock_balance", check=lambda row: violation(row.balance))
ENTRIES: Table[LedgerRow] = Table("stock_entry", check=_moves_something)
SNAPSHOTS: Table[SnapshotRow] = Table("stock_snapshot")
SNAPSHOT_DAYS: Table[SnapshotDays] = Table("snapshot_day")
LOTS: Table[Lot] = Table("lot")
LOT_CODES: Table[LotId] = Table("lot_code")
RESERVATIONS: Table[Reservation] = Table("reservation")
TRANSFERS: Table[Transfer] = Table("transfer")
EXPECTED: Table[ExpectedReceipt] = Table("expected_receipt")
ALLOTMENTS: Table[Allotment] = Table("channel_allotment")
SAGA_KEYS: Table[bool] = Table("saga_key")
SAGAS: Table[SagaRow] = Table("saga", check=_waits_while_it_moves)
DEMAND: Table[tuple[int, int]] = Table("demand_daily")
HISTORIES: Table[CustomerHistory] = Table("customer_history")
ACCOUNTS: Table[CreditAccount] = Table("credit_account", check=_within_itself)
INTAKE: Table[Submission] = Table("intake")
INTAKE_KEYS: Table[str] = Table("intake_key")
INTAKE_EXTERNAL: Table[str] = Table("intake_external")
INTAKE_JOBS: Table[tuple[int, Lane]] = Table("intake_job")
ORDERS: Table[Order] = Table("orders", check=_lines_in_bounds)
RETURNS: Table[tuple[int, Return]] = Table("order_return")
FULFILMENTS: Table[tuple[int, Fulfilment]] = Table("fulfilment")
AT_REST: Table[datetime] = Table("order_at_rest")
JOURNAL: Table[JournalRow] = Table("journal")
INBOX: Table[bool] = Table("inbox")
JOBS: Table[QueueRow] = Table("queue_job")
DEAD: Table[DeadRow] = Table("dead_letter")
RELAYS: Table[RelayRow] = Table("relay_position", shared=True)
SCHEDULE: Table[datetime] = Table("schedule", shared=True)
ENDPOINTS: Table[Endpoint] = Table("webhook_endpoint")
DELIVERIES: Table[Delivery] = Table("webhook_delivery")
ATTEMPTS: Table[Attempt] = Table("webhook_attempt")
SOURCES: Table[Source] = Table("webhook_source")
NOTICES: Table[Notice] = Table("notice")
NOTICE_IDENTITIES: Table[bool] = Table("notice_identity")
SUBJECTS: Table[Subject] = Table("notice_subject")
WORKERS: Table[tuple[datetime, int]] = Table("worker", shared=True)
