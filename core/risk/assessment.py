"""Signals, rules, score, decision."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from enum import StrEnum

from core.kernel.errors import Rejected
from core.kernel.value import maker, value

SCORE_MAX = 1000
WINDOW = timedelta(hours=1)
"""Orders younger than this are a burst, older ones a history."""


class UnknownRiskRule(Rejected):
    """A risk policy weighs a rule there is none of, or out of range."""

    code = "unknown_rule"


class RiskOutOfRange(Rejected):
    """A limit or a threshold of a risk policy that no order can be compared with."""

    code = "out_of_range"


class RiskDecision(StrEnum):
    """What the score means."""

    ACCEPT = "accept"
    REVIEW = "review"
    REJECT = "reject"


@value
class CustomerHistory:
    """What is known of a customer: orders ever, orders in the running window, where the last one shipped."""

    orders: int = 0
    window_started_at: datetime | None = None
    window_orders: int = 0
    ship_to: str | None = None


@value
class Signals:
    """Facts about one order. ``total`` in whole units of its currency, ``units`` in whole units of measure, both
    rounded up, so that the first fraction over a limit is over it."""

    established_orders: int
    recent_orders: int
    total: int
    units: int
    new_ship_to: bool
    credit_used_permille: int


@value
class RiskPolicy:
    """Weights by rule in thousandths, the limits rules compare with, and the two thresholds."""

    weights: Mapping[str, int]
    large_total: int = 10_000
    many_units: int = 50
    burst_orders: int = 5
    credit_used_permille: int = 800
    review_above: int = 700
    reject_above: int = 800


@value
class RiskAssessment:
    """``hits`` are (rule, weight) of what fired; the score is their sum, capped."""

    score: int
    hits: tuple[tuple[str, int], ...]
    decision: RiskDecision


_assessment = maker(RiskAssessment)
RULES: Mapping[str, Callable[[Signals, RiskPolicy], bool]] = {
    "first_order": lambda signals, policy: signals.established_orders == 0,
    "large_total": lambda signals, policy: signals.total > policy.large_total,
    "many_units": lambda signals, policy: signals.units > policy.many_units,
    "burst": lambda signals, policy: signals.recent_orders >= policy.burst_orders,
    "new_ship_to": lambda signals, policy: signals.new_ship_to,
    "credit_nearly_used": lambda signals, policy: signals.credit_used_permille > policy.credit_used_permille,
}

_MOST: Mapping[str, int] = {
    "large_total": 10**12,
    "many_units": 10**12,
    "burst_orders": 10**12,
    "credit_used_permille": 10**12,
    "review_above": SCORE_MAX,
    "reject_above": SCORE_MAX,
}

DEFAULT = RiskPolicy(
    weights={
        "first_order": 300,
        "large_total": 200,
        "many_units": 100,
        "burst": 200,
        "new_ship_to": 100,
        "credit_nearly_used": 100,
    }
)


def check_policy(policy: RiskPolicy) -> None:
    """Raise UnknownRiskRule when a weight names no rule or is outside 0..1000, RiskOutOfRange for another number."""
    for name, weight in policy.weights.items():
        if name not in RULES or not 0 <= weight <= SCORE_MAX:
            raise UnknownRiskRule(
                f"'{name}' must be one of {', '.join(RULES)} with 0..{SCORE_MAX}", path=f"$.weights.{name}"
            )
    for name, most in _MOST.items():
        if not 0 <= getattr(policy, name) <= most:
            raise RiskOutOfRange(f"{name} must be 0..{most}", path=f"$.{name}")


def assess(signals: Signals, policy: RiskPolicy) -> RiskAssessment:
    """Score ``signals``: SPEC RSK-01 with the tenant's weights."""
    hits = [(name, weight) for name, weight in policy.weights.items() if weight and RULES[name](signals, policy)]
    score = min(SCORE_MAX, sum([weight for _, weight in hits]))
    return _assessment(score=score, hits=tuple(hits), decision=_decision(score, policy))


def remember(history: CustomerHistory, now: datetime, ship_to: str | None) -> CustomerHistory:
    """The history after one more order at ``now``, shipping to ``ship_to`` (a digest, or None when unknown)."""
    running = _running(history, now)
    return CustomerHistory(
        orders=history.orders + 1,
        window_started_at=history.window_started_at if running else now,
        window_orders=history.window_orders + 1 if running else 1,
        ship_to=ship_to or history.ship_to,
    )


def established(history: CustomerHistory, now: datetime) -> tuple[int, int]:
    """(orders older than the running window, orders within it)."""
    recent = history.window_orders if _running(history, now) else 0
    return history.orders - recent, recent


def _running(history: CustomerHistory, now: datetime) -> bool:
    return history.window_started_at is not None and abs(now - history.window_started_at) < WINDOW


def _decision(score: int, policy: RiskPolicy) -> RiskDecision:
    if score > policy.reject_above:
        return RiskDecision.REJECT
    return RiskDecision.REVIEW if score > policy.review_above else RiskDecision.ACCEPT
