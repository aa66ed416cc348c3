"""What becomes of a delivery, and of its endpoint, after an attempt."""

from dataclasses import replace
from datetime import datetime, timedelta

from core.kernel.retry import jittered
from core.kernel.value import value
from core.webhooks.delivery import HOUR, SCHEDULE, Answer, Delivery, Happening, moved
from core.webhooks.endpoint import Endpoint, WebhookDisabled, disabled

JITTER = 0.1
WAIT_MAX = 24 * HOUR
"""However long an endpoint asks to be left alone."""
SUSTAINED = timedelta(days=3)
"""An endpoint that took nothing for so long, and let a delivery run through its whole schedule, is called no more."""
GONE = 410


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


def settle(delivery: Delivery, endpoint: Endpoint | None, answer: Answer | None, made: int, now: datetime) -> Settled:
    """What becomes of ``delivery`` after ``made`` attempts of its schedule, the last of which got ``answer``.

    ``endpoint`` None: it was removed. No answer: nobody called, because of that or because it was disabled, or whoever
    called did not live to say what came of it.
    """
    if answer is None and endpoint is not None and endpoint.disabled is None and made <= len(SCHEDULE):
        # It was disabled when somebody would have called, and is not any more.
        return Settled(delivery=delivery, endpoint=endpoint, again=0.0, counted=False)
    if answer is None:
        return Settled(delivery=moved(delivery, Happening.GIVEN_UP, _why_uncalled(endpoint)), endpoint=endpoint)
    tried = replace(delivery, attempts=delivery.attempts + 1)
    if answer.taken:
        well = replace(endpoint, failing_since=None) if endpoint and endpoint.failing_since else endpoint
        return Settled(delivery=replace(moved(tried, Happening.TAKEN, answer.words), body=b""), endpoint=well)
    if endpoint is None or endpoint.disabled is not None:
        return Settled(delivery=moved(tried, Happening.GIVEN_UP, _why_uncalled(endpoint)), endpoint=endpoint)
    failing = endpoint if endpoint.failing_since else replace(endpoint, failing_since=now)
    if answer.status == GONE:
        return _and_disable(moved(tried, Happening.GIVEN_UP, answer.words), failing, "it answered 410 Gone")
    if made < len(SCHEDULE):
        again = wait_seconds(made, answer.retry_after, delivery.id)
        return Settled(delivery=moved(tried, Happening.REFUSED, answer.words), endpoint=failing, again=again)
    given_up = moved(tried, Happening.GIVEN_UP, answer.words)
    assert failing.failing_since is not None, "it has failed just now"
    if now - failing.failing_since >= SUSTAINED:
        return _and_disable(given_up, failing, f"it took nothing for {SUSTAINED.days} days: {answer.words}")
    return Settled(delivery=given_up, endpoint=failing)


def wait_seconds(made: int, retry_after: float | None, delivery: str) -> float:
    """How long to wait after attempt number ``made`` (1 to 9): as scheduled, or as long as was asked for, if longer."""
    scheduled = jittered(SCHEDULE[made], JITTER, f"{delivery}:{made}")
    return max(scheduled, min(retry_after or 0.0, WAIT_MAX))


def _why_uncalled(endpoint: Endpoint | None) -> str:
    if endpoint is None:
        return "the webhook was removed"
    return f"the webhook is disabled: {endpoint.disabled}" if endpoint.disabled else "nobody survived calling it"


def _and_disable(delivery: Delivery, endpoint: Endpoint, reason: str) -> Settled:
    off, event = disabled(endpoint, reason)
    return Settled(delivery=delivery, endpoint=off, announced=event)
