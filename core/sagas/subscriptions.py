"""Which events concern sagas: those that begin one, and those after which a wait is worth another look.

What a wait looks at is the state itself, so an event that comes twice, late, or out of order does no harm. The names
are those on the wire; a test holds them to the types they stand for.
"""

from collections.abc import Iterable, Mapping

from core.inventory.transfer_events import TransferCancelled, TransferClosed, TransferReceived
from core.kernel.event import RecordedEvent
from core.kernel.ids import LocationId, OrderId, TenantId
from core.kernel.value import value
from core.orders.changes import (
    FulfilmentAccepted,
    FulfilmentCancelled,
    FulfilmentProposed,
    FulfilmentRejected,
    FulfilmentShipped,
    LinesCancelled,
    LinesCovered,
)
from core.orders.fulfilment import fulfilment_id
from core.orders.return_events import RefundRefused, RefundSettled, ReturnInspected, ReturnMoved
from core.sagas.fulfil_order import Followed

ACCEPTED, PROPOSED, COVERED = "order.accepted.v1", "fulfilment.proposed.v1", "order.lines_covered.v1"
BEGINNING = (ACCEPTED, PROPOSED, COVERED)
"""A location is asked to send something, or has what it was asked for."""

WAKING: Mapping[str, type] = {
    "fulfilment.accepted.v1": FulfilmentAccepted,
    "fulfilment.rejected.v1": FulfilmentRejected,
    "fulfilment.shipped.v1": FulfilmentShipped,
    "fulfilment.cancelled.v1": FulfilmentCancelled,
    "order.lines_cancelled.v1": LinesCancelled,
    "return.moved.v1": ReturnMoved,
    "return.inspected.v1": ReturnInspected,
    "refund.settled.v1": RefundSettled,
    "refund.refused.v1": RefundRefused,
    "transfer.received.v1": TransferReceived,
    "transfer.closed.v1": TransferClosed,
    "transfer.cancelled.v1": TransferCancelled,
}
"""What somebody may be waiting for has happened to the thing whose stream it is."""


@value
class _Part:
    location: LocationId
    backordered: int = 0


@value
class _Line:
    parts: tuple[_Part, ...]


@value
class _Facts:
    order_id: OrderId
    lines: tuple[_Line, ...]


@value
class _Accepted:
    facts: _Facts


@value
class WakeSagas:
    """Begin and wake whatever these events concern. They come as delivered: perhaps again, perhaps out of order."""

    events: tuple[RecordedEvent, ...]


def concerning(events: Iterable[RecordedEvent]) -> WakeSagas | None:
    """The command for those of ``events`` that concern sagas; None: none of them does."""
    chosen = tuple(event for event in events if event.name in BEGINNING or event.name in WAKING)
    return WakeSagas(events=chosen) if chosen else None


def by_tenant(events: Iterable[RecordedEvent]) -> Mapping[TenantId, list[RecordedEvent]]:
    """Each tenant's, in the order they came."""
    found: dict[TenantId, list[RecordedEvent]] = {}
    for event in events:
        found.setdefault(event.tenant, []).append(event)
    return found


def followed(event: RecordedEvent) -> list[Followed]:
    """The fulfilment orders that ``event`` asks locations for, of goods that are there.

    Nobody can send what is still to come, and to take it from a location for that would help nobody: what was waited
    for is followed once it is covered.
    """
    if event.name == ACCEPTED:
        facts = event.read_as(_Accepted).facts
        parts = [part for line in facts.lines for part in line.parts]
        waiting = {part.location for part in parts if part.backordered}
        return [
            Followed(order=facts.order_id, fulfilment=fulfilment_id(facts.order_id, location))
            for location in dict.fromkeys(part.location for part in parts)
            if location not in waiting
        ]
    if event.name == PROPOSED:
        proposed = event.read_as(FulfilmentProposed)
        there = not any(units.backordered for units in proposed.units)
        return [Followed(order=proposed.order_id, fulfilment=proposed.fulfilment_id)] if there else []
    if event.name == COVERED:
        covered = event.read_as(LinesCovered)
        return [Followed(order=covered.order_id, fulfilment=one) for one in covered.ready]
    return []
