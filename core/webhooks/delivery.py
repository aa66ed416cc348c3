"""A delivery: one event on its way to one endpoint."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from enum import StrEnum

from core.kernel.event import RecordedEvent
from core.kernel.ids import DeliveryId, JobId, TenantId, WebhookId, derived_id
from core.kernel.job import LeasedJob, NewJob
from core.kernel.value import value
from core.webhooks.endpoint import Endpoint

WEBHOOKS = "webhooks"
"""The queue of deliveries that wait; a job's id is its delivery's, its payload the endpoint's."""
HOUR = 3600.0
SCHEDULE = (0.0, 5.0, 300.0, HOUR / 2, 2 * HOUR, 5 * HOUR, 10 * HOUR, 14 * HOUR, 20 * HOUR, 24 * HOUR)
"""Seconds before each attempt, after the one before it: ten within some three days (Standard Webhooks, "Operational
considerations"), unless the endpoint asks for longer waits."""
RESPONSE_MAX = 4096
"""Bytes of an answer that are kept."""
WORDS_MAX = 200
"""Characters of what went wrong that are kept: part of it may be the other side's."""


class DeliveryState(StrEnum):
    """Where a delivery stands."""

    WAITING = "waiting"
    DELIVERED = "delivered"
    FAILED = "failed"


class Happening(StrEnum):
    """What can happen to a delivery."""

    TAKEN = "taken"
    REFUSED = "refused"
    GIVEN_UP = "given up"
    ASKED_AGAIN = "asked again"


NEXT: Mapping[tuple[DeliveryState, Happening], DeliveryState] = {
    (DeliveryState.WAITING, Happening.TAKEN): DeliveryState.DELIVERED,
    (DeliveryState.WAITING, Happening.REFUSED): DeliveryState.WAITING,
    (DeliveryState.WAITING, Happening.GIVEN_UP): DeliveryState.FAILED,
    (DeliveryState.DELIVERED, Happening.ASKED_AGAIN): DeliveryState.WAITING,
    (DeliveryState.FAILED, Happening.ASKED_AGAIN): DeliveryState.WAITING,
}


@value
class Delivery:
    """``body`` is what is sent, and gone once it is delivered: the journal has it, and need not have it twice.

    ``attempts`` counts those made, in all; ``detail`` says what came of the last one.
    """

    id: DeliveryId
    tenant: TenantId
    endpoint: WebhookId
    event: str
    name: str
    body: bytes
    correlation: str
    created_at: datetime
    state: DeliveryState = DeliveryState.WAITING
    attempts: int = 0
    detail: str = ""


@value
class Answer:
    """What came of a call: a ``status``, or where there was none an ``error``. ``retry_after`` in seconds."""

    status: int | None
    error: str | None
    body: bytes
    took_ms: int
    retry_after: float | None = None

    @property
    def taken(self) -> bool:
        """Whether the endpoint has it."""
        return self.status is not None and 200 <= self.status < 300

    @property
    def words(self) -> str:
        """What came of it, in short."""
        return f"HTTP {self.status}" if self.error is None else self.error[:WORDS_MAX]


@value
class Attempt:
    """One call of an endpoint, as the log keeps it; ``response`` is at most RESPONSE_MAX bytes."""

    delivery: DeliveryId
    number: int
    at: datetime
    took_ms: int
    status: int | None
    error: str | None
    response: bytes


@value
class SpreadEvents:
    """Let a delivery of each of ``events`` begin to each endpoint that wants it. They may come again."""

    events: tuple[RecordedEvent, ...]


@value
class ReplayEvents:
    """Deliver those of ``events`` that endpoint ``id`` wants to it, also where they were before."""

    id: WebhookId
    events: tuple[RecordedEvent, ...]


@value
class SettleDelivery:
    """Write down what came of calling the endpoint for the delivery of ``job``; None: it was not called."""

    job: LeasedJob
    answer: Answer | None


@value
class RepeatFailed:
    """Let every delivery to endpoint ``id`` that was given up and began at ``since`` or later begin anew."""

    id: WebhookId
    since: datetime


def delivery_of(event: RecordedEvent, endpoint: Endpoint, body: bytes, now: datetime) -> Delivery:
    """The one delivery of ``event`` to ``endpoint``."""
    return Delivery(
        id=DeliveryId(derived_id(event.id, f"{endpoint.id}:{event.id}")),
        tenant=event.tenant,
        endpoint=endpoint.id,
        event=event.id,
        name=event.name,
        body=body,
        correlation=event.correlation,
        created_at=now,
    )


def job_of(delivery: Delivery) -> NewJob:
    """What waits until the delivery is tried for the first time."""
    return NewJob(
        id=JobId(delivery.id),
        tenant=delivery.tenant,
        queue=WEBHOOKS,
        payload=delivery.endpoint.encode(),
        correlation=delivery.correlation,
        max_attempts=len(SCHEDULE),
    )


def attempt_of(delivery: Delivery, answer: Answer, now: datetime) -> Attempt:
    """The attempt that got ``answer``, for the log."""
    return Attempt(
        delivery=delivery.id,
        number=delivery.attempts + 1,
        at=now,
        took_ms=answer.took_ms,
        status=answer.status,
        error=answer.error and answer.error[:WORDS_MAX],
        response=answer.body[:RESPONSE_MAX],
    )


def asked_again(delivery: Delivery, body: bytes, now: datetime) -> Delivery:
    """A delivery that has ended, before the first attempt of a new schedule that begins ``now``, with ``body``."""
    return replace(moved(delivery, Happening.ASKED_AGAIN, "asked for again"), body=body, created_at=now)


def moved(delivery: Delivery, happening: Happening, detail: str) -> Delivery:
    """The delivery after that happened to it. Raises KeyError for what cannot."""
    return replace(delivery, state=NEXT[delivery.state, happening], detail=detail)
