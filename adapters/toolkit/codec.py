"""Values on the wire: an explicit name and version for every event, JSON for its body.

A class may be renamed or moved; its wire name may not. A changed body is a new version beside the old one.
"""

from functools import cache
from typing import Any, TypeVar, cast

import msgspec

from core.acceptance.events import ACCEPTED, HELD, REJECTED, OrderAccepted, OrderHeld, OrderRejected
from core.acceptance.policies import POLICY_TYPES, Policy, PolicySet
from core.catalogue.item import ItemAmended, ItemCreated
from core.configuration.flag import FlagSet
from core.credit.account import CreditLimitSet
from core.identity.api_key import ApiKeyIssued, ApiKeyRevoked
from core.ingress.notice import NoticeAccepted
from core.ingress.source import SourceAdded, SourceRemoved, SourceSecretReplaced
from core.inventory.allotment import ChannelAllotmentWithdrawn, ChannelAllotted
from core.inventory.balance import MOVED, StockMoved
from core.inventory.delivery import LinesReceived
from core.inventory.expected import ExpectedReceived, ExpectedWithdrawn, ReceiptAmended, ReceiptAnnounced
from core.inventory.location import LocationCreated
from core.inventory.lot import LotCreated, LotReclassified
from core.inventory.reservation import (
    ReservationCommitted,
    ReservationConsumed,
    ReservationExpired,
    ReservationExtended,
    ReservationReleased,
    StockReserved,
)
from core.inventory.transfer_events import (
    TransferCancelled,
    TransferClosed,
    TransferPlanned,
    TransferReceived,
    TransferShipped,
)
from core.orders.changes import (
    FulfilmentAccepted,
    FulfilmentAsked,
    FulfilmentCancelled,
    FulfilmentDelivered,
    FulfilmentPacked,
    FulfilmentPicked,
    FulfilmentProposed,
    FulfilmentRejected,
    FulfilmentShipped,
    LineAmended,
    LinesCancelled,
    LinesCovered,
    LotSwapped,
    OrderCancelled,
    OrderClosed,
    OrderHoldPlaced,
    OrderHoldReleased,
    OrderReopened,
)
from core.orders.return_events import (
    RefundRefused,
    RefundRequested,
    RefundSettled,
    ReturnInspected,
    ReturnMoved,
    ReturnReceived,
    ReturnReplaced,
    ReturnRequested,
)
from core.sagas.events import SagaAdvanced, SagaEnded, SagaStarted, SagaStuck
from core.tenants.tenant import TenantCreated
from core.webhooks.endpoint import (
    TESTED,
    WebhookAdded,
    WebhookDisabled,
    WebhookEnabled,
    WebhookRemoved,
    WebhookSecretRotated,
    WebhookTested,
)

Type = TypeVar("Type")

EVENTS: dict[str, type] = {
    ACCEPTED: OrderAccepted,
    REJECTED: OrderRejected,
    HELD: OrderHeld,
    "order.hold_placed.v1": OrderHoldPlaced,
    "order.hold_released.v1": OrderHoldReleased,
    "order.line_amended.v1": LineAmended,
    "order.lines_cancelled.v1": LinesCancelled,
    "order.lines_covered.v1": LinesCovered,
    "order.cancelled.v1": OrderCancelled,
    "order.closed.v1": OrderClosed,
    "order.reopened.v1": OrderReopened,
    "fulfilment.proposed.v1": FulfilmentProposed,
    "fulfilment.asked.v1": FulfilmentAsked,
    "fulfilment.accepted.v1": FulfilmentAccepted,
    "fulfilment.rejected.v1": FulfilmentRejected,
    "fulfilment.picked.v1": FulfilmentPicked,
    "fulfilment.packed.v1": FulfilmentPacked,
    "fulfilment.shipped.v1": FulfilmentShipped,
    "fulfilment.delivered.v1": FulfilmentDelivered,
    "fulfilment.cancelled.v1": FulfilmentCancelled,
    "fulfilment.lot_swapped.v1": LotSwapped,
    "return.requested.v1": ReturnRequested,
    "return.moved.v1": ReturnMoved,
    "return.replaced.v1": ReturnReplaced,
    "return.received.v1": ReturnReceived,
    "return.inspected.v1": ReturnInspected,
    "refund.requested.v1": RefundRequested,
    "refund.settled.v1": RefundSettled,
    "refund.refused.v1": RefundRefused,
    MOVED: StockMoved,
    "stock.reserved.v1": StockReserved,
    "delivery.lines_received.v1": LinesReceived,
    "lot.created.v1": LotCreated,
    "lot.reclassified.v1": LotReclassified,
    "reservation.extended.v1": ReservationExtended,
    "reservation.released.v1": ReservationReleased,
    "reservation.expired.v1": ReservationExpired,
    "reservation.committed.v1": ReservationCommitted,
    "reservation.consumed.v1": ReservationConsumed,
    "transfer.planned.v1": TransferPlanned,
    "transfer.shipped.v1": TransferShipped,
    "transfer.received.v1": TransferReceived,
    "transfer.closed.v1": TransferClosed,
    "transfer.cancelled.v1": TransferCancelled,
    "expected_receipt.announced.v1": ReceiptAnnounced,
    "expected_receipt.amended.v1": ReceiptAmended,
    "expected_receipt.received.v1": ExpectedReceived,
    "expected_receipt.withdrawn.v1": ExpectedWithdrawn,
    "channel.allotted.v1": ChannelAllotted,
    "channel.allotment_withdrawn.v1": ChannelAllotmentWithdrawn,
    "saga.started.v1": SagaStarted,
    "saga.advanced.v1": SagaAdvanced,
    "saga.ended.v1": SagaEnded,
    "saga.stuck.v1": SagaStuck,
    "item.created.v1": ItemCreated,
    "item.amended.v1": ItemAmended,
    "location.created.v1": LocationCreated,
    "tenant.created.v1": TenantCreated,
    "api_key.issued.v1": ApiKeyIssued,
    "api_key.revoked.v1": ApiKeyRevoked,
    "credit_limit.set.v1": CreditLimitSet,
    "flag.set.v1": FlagSet,
    "policy.set.v1": PolicySet,
    "webhook.added.v1": WebhookAdded,
    "webhook.removed.v1": WebhookRemoved,
    "webhook.secret_rotated.v1": WebhookSecretRotated,
    "webhook.enabled.v1": WebhookEnabled,
    "webhook.disabled.v1": WebhookDisabled,
    TESTED: WebhookTested,
    "webhook_source.added.v1": SourceAdded,
    "webhook_source.secret_replaced.v1": SourceSecretReplaced,
    "webhook_source.removed.v1": SourceRemoved,
    "notice.accepted.v1": NoticeAccepted,
}
_NAMES = {kind: name for name, kind in EVENTS.items()}
_encoder = msgspec.json.Encoder()


class UnknownMessage(Exception):
    """A message whose name this version does not know: never guessed at."""


def encode(body: object) -> bytes:
    """``body`` as JSON."""
    return _encoder.encode(body)


def decode(kind: type[Type], data: bytes) -> Type:
    """JSON as ``kind``. Raises msgspec.ValidationError, naming the path, when it does not fit."""
    answer: Type = decoder_of(cast(Any, kind)).decode(data)
    return answer


@cache
def decoder_of(kind: Any) -> msgspec.json.Decoder[Any]:
    """The one decoder of ``kind``."""
    return msgspec.json.Decoder(kind)


def name_of(body: object) -> str:
    """The wire name of an event's type. Raises UnknownMessage for a type that has none."""
    try:
        return _NAMES[type(body)]
    except KeyError:
        raise UnknownMessage(f"{type(body).__name__} has no name on the wire") from None


def encode_event(body: object) -> tuple[str, bytes]:
    """(wire name, JSON) of an event."""
    return name_of(body), _encoder.encode(body)


def decode_event(name: str, payload: bytes) -> object:
    """The event called ``name`` on the wire. Raises UnknownMessage."""
    kind = EVENTS.get(name)
    if kind is None:
        raise UnknownMessage(f"there is no message called '{name}'")
    if kind is PolicySet:
        return _decode_policy_set(payload)
    return decode(kind, payload)


class JsonWire:
    """See core.kernel.event.Wire."""

    def read(self, name: str, payload: bytes) -> object:
        """See the protocol. Raises UnknownMessage, msgspec.ValidationError."""
        return decode_event(name, payload)

    def read_as(self, kind: type[Type], payload: bytes) -> Type:
        """See the protocol. Raises msgspec.ValidationError."""
        return decode(kind, payload)


WIRE = JsonWire()


def decode_policy(name: str, body: bytes) -> Policy:
    """The policy stored under ``name``."""
    policy: Policy = decode(POLICY_TYPES[name], body)
    return policy


class _PolicySetOnWire(msgspec.Struct):
    name: str
    policy: msgspec.Raw


def _decode_policy_set(payload: bytes) -> PolicySet:
    wire = decode(_PolicySetOnWire, payload)
    return PolicySet(name=wire.name, policy=decode_policy(wire.name, bytes(wire.policy)))
