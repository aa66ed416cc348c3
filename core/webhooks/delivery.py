"""A delivery: one event on its way to one endpoint, and what becomes of it after each attempt."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from enum import StrEnum

from core.kernel.event import RecordedEvent
from core.kernel.ids import DeliveryId, JobId, TenantId, WebhookId, derived_id
from core.kernel.job import LeasedJob, NewJob
from core.kernel.retry import jittered
from core.kernel.value import value
from core.webhooks.endpoint import Endpoint, WebhookDisabled, disabled

WEBHOOKS = "webhooks"
"""The queue of deliveries that wait; a job's id is its delivery's, its payload the endpoint's."""
HOUR = 3600.0
SCHEDULE = (0.0, 5.0, 300.0, HOUR / 2, 2 * HOUR, 5 * HOUR, 10 * HOUR, 14 * HOUR, 20 * HOUR, 24 * HOUR)
"""Seconds before each attempt, after the one before it: ten within some three days (Standard Webhooks, "Operational
considerations"), unless the endpoint asks for longer waits."""
JITTER = 0.1
WAIT_MAX = 24 * HOUR
"""However long an endpoint asks to be left alone."""
SUSTAINED = timedelta(days=3)
"""An endpoint that took nothing for so long, and let a delivery run through its whole schedule, is called no more."""
RESPONSE_MAX = 4096
"""Bytes of an answer that are kept."""
WORDS_MAX = 200
"""Characters of what went wrong that are kept: part of it may be the other side's."""
GONE = 410


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


@value
class Settled:
    """What becomes of a delivery and its endpoint; ``again`` is in how many seconds it is tried again, if it is.

    Unless ``counted`` the attempt was none.
    """

    delivery: Delivery
    endpoint: Endpoint | None
    again: float | None = None
    counted: bool = True
    announced: WebhookDisabled | None = None


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


def settle(delivery: Delivery, endpoint: Endpoint | None, answer: Answer | None, made: int, now: datetime) -> Settled:
    """What becomes of ``delivery`` after ``made`` attempts of its schedule, the last of which got ``answer``.

    ``endpoint`` None: it was removed. No answer: nobody called, because of that or because it was disabled, or whoever
    called did not live to say what came of it.
    """
    if answer is None and endpoint is not None and endpoint.disabled is None and made <= len(SCHEDULE):
        # It was disabled when somebody would have called, and is not any more.
        return Settled(delivery=delivery, endpoint=endpoint, again=0.0, counted=False)
    if answer is None:
        return Settled(delivery=_moved(delivery, Happening.GIVEN_UP, _why_uncalled(endpoint)), endpoint=endpoint)
    tried = replace(delivery, attempts=delivery.attempts + 1)
    if answer.taken:
        well = replace(endpoint, failing_since=None) if endpoint and endpoint.failing_since else endpoint
        return Settled(delivery=replace(_moved(tried, Happening.TAKEN, answer.words), body=b""), endpoint=well)
    if endpoint is None or endpoint.disabled is not None:
        return Settled(delivery=_moved(tried, Happening.GIVEN_UP, _why_uncalled(endpoint)), endpoint=endpoint)
    failing = endpoint if endpoint.failing_since else replace(endpoint, failing_since=now)
    if answer.status == GONE:
        return _and_disable(_moved(tried, Happening.GIVEN_UP, answer.words), failing, "it answered 410 Gone")
    if made < len(SCHEDULE):
        again = wait_seconds(made, answer.retry_after, delivery.id)
        return Settled(delivery=_moved(tried, Happening.REFUSED, answer.words), endpoint=failing, again=again)
    given_up = _moved(tried, Happening.GIVEN_UP, answer.words)
    assert failing.failing_since is not None, "it has failed just now"
    if now - failing.failing_since >= SUSTAINED:
        return _and_disable(given_up, failing, f"it took nothing for {SUSTAINED.days} days: {answer.words}")
    return Settled(delivery=given_up, endpoint=failing)


def wait_seconds(made: int, retry_after: float | None, delivery: str) -> float:
    """How long to wait after attempt number ``made`` (1 to 9): as scheduled, or as long as was asked for, if longer."""
    scheduled = jittered(SCHEDULE[made], JITTER, f"{delivery}:{made}")
    return max(scheduled, min(retry_after or 0.0, WAIT_MAX))


def asked_again(delivery: Delivery, body: bytes, now: datetime) -> Delivery:
    """A delivery that has ended, before the first attempt of a new schedule that begins ``now``, with ``body``."""
    return replace(_moved(delivery, Happening.ASKED_AGAIN, "asked for again"), body=body, created_at=now)


def _why_uncalled(endpoint: Endpoint | None) -> str:
    if endpoint is None:
        return "the webhook was removed"
    return f"the webhook is disabled: {endpoint.disabled}" if endpoint.disabled else "nobody survived calling it"


def _moved(delivery: Delivery, happening: Happening, detail: str) -> Delivery:
    return replace(delivery, state=NEXT[delivery.state, happening], detail=detail)


def _and_disable(delivery: Delivery, endpoint: Endpoint, reason: str) -> Settled:
    off, event = disabled(endpoint, reason)
    return Settled(delivery=delivery, endpoint=off, announced=event)
