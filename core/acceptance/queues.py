"""The queues a submission can wait in, and the commands that take it on.

A submission's job has the submission's own id, so that it waits in one place at most.
"""

from collections import Counter
from collections.abc import Iterable

from core.acceptance.events import OrderAccepted, OrderHeld
from core.acceptance.facts import Outcome, Requested
from core.kernel.job import LeasedJob
from core.kernel.value import value

RETRY = "accept-order"
"""Orders that failed in a batch, or are suspected of killing workers: tried one by one."""

REVIEW = "review"
"""Orders held for a person; replaying one says that the person let it pass."""


@value
class AcceptOrders:
    """Decide each of ``batch``, in order."""

    batch: tuple[Requested, ...]


@value
class AcceptQueued:
    """Decide the submission whose id is ``job``'s payload, and end the job."""

    job: LeasedJob


def status_of(outcome: Outcome) -> str:
    """``completed``, ``needs_review`` or ``rejected``."""
    if isinstance(outcome.event, OrderAccepted):
        return "completed"
    return "needs_review" if isinstance(outcome.event, OrderHeld) else "rejected"


def tally(outcomes: Iterable[Outcome]) -> Counter[str]:
    """How many of each status."""
    return Counter(map(status_of, outcomes))
