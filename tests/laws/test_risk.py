"""Risk: every decision can happen, more signals never mean less risk, what weighs nothing never hits."""

from dataclasses import replace
from datetime import timedelta
from itertools import product

from hypothesis import given
from hypothesis import strategies as st

from core.risk.assessment import (
    DEFAULT,
    RULES,
    SCORE_MAX,
    CustomerHistory,
    RiskDecision,
    RiskPolicy,
    Signals,
    assess,
    check_policy,
    established,
    remember,
)
from tests.laws.strategies import RISK_POLICIES, SIGNALS
from tests.support.given import NOW

SEVERITY = [RiskDecision.ACCEPT, RiskDecision.REVIEW, RiskDecision.REJECT]


def test_the_default_policy_reaches_every_decision() -> None:
    worlds = product([0, 3], [0, 9], [100, 20_000], [1, 60], [False, True], [0, 1000])
    decisions = {
        assess(
            Signals(
                established_orders=old,
                recent_orders=recent,
                total=total,
                units=units,
                new_ship_to=moved,
                credit_used_permille=used,
            ),
            DEFAULT,
        ).decision
        for old, recent, total, units, moved, used in worlds
    }
    assert decisions == set(RiskDecision)
    check_policy(DEFAULT)


@given(
    signals=SIGNALS,
    policy=RISK_POLICIES,
    more=st.integers(0, 100),
    field=st.sampled_from(["recent_orders", "total", "units", "credit_used_permille"]),
)
def test_more_of_a_signal_never_lowers_the_score(signals: Signals, policy: RiskPolicy, more: int, field: str) -> None:
    riskier = replace(signals, **{field: getattr(signals, field) + more})
    assert assess(riskier, policy).score >= assess(signals, policy).score


@given(signals=SIGNALS, policy=RISK_POLICIES)
def test_a_new_address_or_no_history_never_lowers_the_score(signals: Signals, policy: RiskPolicy) -> None:
    score = assess(signals, policy).score
    assert assess(replace(signals, new_ship_to=True), policy).score >= score
    assert assess(replace(signals, established_orders=0), policy).score >= score


@given(signals=SIGNALS, policy=RISK_POLICIES, rule=st.sampled_from(sorted(RULES)))
def test_a_heavier_weight_never_lowers_the_score(signals: Signals, policy: RiskPolicy, rule: str) -> None:
    weight = policy.weights.get(rule, 0)
    heavier = replace(policy, weights={**policy.weights, rule: min(SCORE_MAX, weight + 50)})
    assert assess(signals, heavier).score >= assess(signals, policy).score


@given(signals=SIGNALS, policy=RISK_POLICIES)
def test_what_weighs_nothing_never_hits(signals: Signals, policy: RiskPolicy) -> None:
    assert all(weight > 0 for _, weight in assess(signals, policy).hits)
    assert assess(signals, replace(policy, weights=dict.fromkeys(RULES, 0))).score == 0
    assert assess(signals, replace(policy, weights={})).hits == ()


@given(signals=SIGNALS, policy=RISK_POLICIES)
def test_the_hits_explain_the_score_and_the_score_the_decision(signals: Signals, policy: RiskPolicy) -> None:
    assessment = assess(signals, policy)
    assert assessment.score == min(SCORE_MAX, sum(weight for _, weight in assessment.hits))
    assert (assessment.decision is RiskDecision.REJECT) == (assessment.score > policy.reject_above)
    if assessment.decision is RiskDecision.ACCEPT:
        assert assessment.score <= policy.review_above


@given(low=SIGNALS, high=SIGNALS, policy=RISK_POLICIES)
def test_a_higher_score_is_never_decided_more_kindly(low: Signals, high: Signals, policy: RiskPolicy) -> None:
    one, other = sorted((assess(low, policy), assess(high, policy)), key=lambda assessment: assessment.score)
    assert SEVERITY.index(one.decision) <= SEVERITY.index(other.decision)


@given(gaps=st.lists(st.integers(0, 90), max_size=12))
def test_every_order_is_either_recent_or_established(gaps: list[int]) -> None:
    history, now = CustomerHistory(), NOW
    for orders, minutes in enumerate(gaps, start=1):
        now += timedelta(minutes=minutes)
        history = remember(history, now, None)
        older, recent = established(history, now)
        assert older + recent == history.orders == orders
        assert older >= 0
        assert recent >= 1
