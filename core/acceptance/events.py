"""What acceptance records of an order: the one decision, and the whole of why."""

from collections.abc import Iterable
from typing import Final

from core.inventory.allocation import Allocation
from core.inventory.counterfactual import PassedOver, counterfactual
from core.kernel.value import value
from core.orders.order import OrderFacts, Reason
from core.risk.assessment import RiskAssessment
from core.routing.selection import RoutingDecision


@value
class LineExplanation:
    """How line ``number`` was allocated: candidates as they stood, rules, parts, what was short.

    The line of a kit has one for each ``component``, by its SKU.
    """

    number: int
    allocation: Allocation
    component: str | None = None


@value
class Explanation:
    """Each step that was taken; a step that was not reached, or is switched off, is None."""

    risk: RiskAssessment | None = None
    credit: str | None = None
    allocation: tuple[LineExplanation, ...] = ()
    routing: RoutingDecision | None = None


@value
class LinePassedOver:
    """A location that line ``number`` would have come from whole had it had more."""

    number: int
    component: str | None
    passed: PassedOver


@value
class OrderAccepted:
    """The order is promised: every line is allocated in full."""

    facts: OrderFacts
    vendor: str
    explanation: Explanation


@value
class OrderRejected:
    """The order will not be; ``reasons`` say why."""

    facts: OrderFacts
    reasons: tuple[Reason, ...]
    explanation: Explanation


@value
class OrderHeld:
    """The order waits for a person; nothing is promised yet."""

    facts: OrderFacts
    reasons: tuple[Reason, ...]
    explanation: Explanation


OrderEvent = OrderAccepted | OrderRejected | OrderHeld


def passed_over(explanation: Explanation) -> list[LinePassedOver]:
    """What would have been, line by line; computed from the record whenever somebody asks."""
    return [
        LinePassedOver(number=line.number, component=line.component, passed=passed)
        for line in explanation.allocation
        for passed in counterfactual(line.allocation)
    ]


def explanation_of(events: Iterable[object]) -> Explanation | None:
    """Of the latest decision among an order's ``events``, oldest first."""
    explanation = None
    for event in events:
        if isinstance(event, OrderEvent):
            explanation = event.explanation
    return explanation


ACCEPTED: Final = "order.accepted.v1"
REJECTED: Final = "order.rejected.v1"
HELD: Final = "order.held.v1"
"""Their names on the wire, for whoever subscribes to them by name."""
