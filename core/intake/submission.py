"""A request for an order, its lane, and the answer its sender gets."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from enum import IntEnum, StrEnum

from core.kernel.errors import Conflict, NotFound, Rejected
from core.kernel.ids import IntakeId, OrderId, TenantId
from core.kernel.money import Money
from core.kernel.value import value


class KeyReused(Rejected):
    """The Idempotency-Key was used before for another body."""

    code = "idempotency_key_reused"


class KeyInUse(Conflict):
    """A request with this Idempotency-Key is still running."""

    code = "idempotency_key_in_use"


class ExternalIdReused(Conflict):
    """The channel's order id was used before for another body."""

    code = "external_id_reused"


class SubmissionNotFound(NotFound):
    """No such job."""

    code = "job_not_found"


class IntakeOverloaded(Conflict):
    """More requests wait for the database than it can take in soon: try again later."""

    code = "overloaded"


class Lane(IntEnum):
    """Priority: a lane is served before the next, each lane in order of arrival."""

    HIGH = 0
    NORMAL = 1
    LOW = 2


class IntakeStatus(StrEnum):
    """How far a submission has come, as its sender sees it."""

    PENDING = "pending"
    PROCESSING = "processing"
    COMPLETED = "completed"
    REJECTED = "rejected"
    NEEDS_REVIEW = "needs_review"
    FAILED = "failed"


@value
class Address:
    """Where an order ships to. ``country`` is ISO 3166 alpha-2, upper case."""

    name: str | None = None
    company: str | None = None
    line1: str | None = None
    line2: str | None = None
    city: str | None = None
    region: str | None = None
    postcode: str | None = None
    country: str | None = None
    phone: str | None = None
    email: str | None = None


@value
class RequestedLine:
    """So much of one item, named by SKU or by id; ``quantity`` and ``unit_price`` are in ``unit``.

    A line without a unit is in the item's unit of measure.
    """

    quantity: Decimal
    sku: str | None = None
    product_id: str | None = None
    unit_price: Money | None = None
    unit: str | None = None


@value
class OrderRequest:
    """What a channel or a buyer asks for. ``text`` is an order in free words, when there are no lines yet."""

    items: tuple[RequestedLine, ...]
    channel: str = "api"
    external_id: str | None = None
    customer: str | None = None
    vendor_id: str | None = None
    currency: str | None = None
    ship_to: Address | None = None
    text: str | None = None
    placed_at: datetime | None = None
    refusal: str | None = None
    """Why this can never be an order (a cancellation row of an import): recorded as rejected, not lost."""


def as_before_units(body: bytes) -> bytes:
    """A request on the wire without the units its lines do not name: the very bytes written before lines had units.

    An order is told to be the same by its body, whichever version took it in. Inside a JSON text the quotes would be
    escaped, so no words of a caller can look like this.
    """
    return body.replace(b',"unit":null', b"")


@value
class Submission:
    """One request as taken in. ``body`` is the request on the wire.

    ``body_hash`` is of everything its Idempotency-Key stands for: for an order in a batch, of the whole batch.
    """

    tenant: TenantId
    id: IntakeId
    order_id: OrderId
    lane: Lane
    channel: str
    external_id: str | None
    key_hash: bytes | None
    body_hash: bytes
    body: bytes
    received_at: datetime
    actor: str
    correlation: str


def same_request(new: Submission, known: Submission, *, by_key: bool) -> bool:
    """Whether ``new`` asks for what ``known`` did: a key vouches for its whole call, an external id for one order."""
    return known.id == new.id or (known.body_hash == new.body_hash if by_key else known.body == new.body)


@value
class Receipt:
    """Proof that a submission is durable: the answer to its sender, the same however often it is asked."""

    id: IntakeId
    order_id: OrderId


@value
class LanePolicy:
    """Which channels, and which customers, are served first or last. The request's own wish comes before both."""

    channels: Mapping[str, str]
    customers: Mapping[str, str]


def lane_of(policy: LanePolicy, *, channel: str, customer: str | None, wish: str | None) -> Lane:
    """The lane a request goes in: its wish, else its customer's, else its channel's, else normal."""
    name = wish or policy.customers.get(customer or "") or policy.channels.get(channel) or "normal"
    return Lane[name.upper()]
