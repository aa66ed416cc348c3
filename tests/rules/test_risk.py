"""The risk score: each rule, the two thresholds, and what counts as history."""

from dataclasses import replace
from datetime import timedelta

import pytest

from core.risk.assessment import (
    DEFAULT,
    RULES,
    CustomerHistory,
    RiskAssessment,
    RiskDecision,
    RiskPolicy,
    Signals,
    UnknownRiskRule,
    assess,
    check_policy,
    established,
    remember,
)
from tests.support.given import NOW

HARMLESS = Signals(established_orders=3, recent_orders=0, total=100, units=2, new_ship_to=False, credit_used_permille=0)


def test_an_ordinary_order_of_a_known_customer_scores_nothing() -> None:
    assert assess(HARMLESS, DEFAULT) == RiskAssessment(score=0, hits=(), decision=RiskDecision.ACCEPT)


@pytest.mark.parametrize(
    ("rule", "weight", "at_the_limit", "over_it"),
    [
        ("first_order", 300, replace(HARMLESS, established_orders=1), replace(HARMLESS, established_orders=0)),
        ("large_total", 200, replace(HARMLESS, total=10_000), replace(HARMLESS, total=10_001)),
        ("many_units", 100, replace(HARMLESS, units=50), replace(HARMLESS, units=51)),
        ("burst", 200, replace(HARMLESS, recent_orders=4), replace(HARMLESS, recent_orders=5)),
        ("new_ship_to", 100, HARMLESS, replace(HARMLESS, new_ship_to=True)),
        (
            "credit_nearly_used",
            100,
            replace(HARMLESS, credit_used_permille=800),
            replace(HARMLESS, credit_used_permille=801),
        ),
    ],
)
def test_a_rule_fires_past_its_limit_with_its_weight(
    rule: str, weight: int, at_the_limit: Signals, over_it: Signals
) -> None:
    assert assess(at_the_limit, DEFAULT).hits == ()
    assert assess(over_it, DEFAULT).hits == ((rule, weight),)
    assert assess(over_it, DEFAULT).score == weight


def test_the_default_policy_accepts_reviews_and_rejects() -> None:
    first_large = replace(HARMLESS, established_orders=0, total=20_000, units=60)
    assert (assess(first_large, DEFAULT).score, assess(first_large, DEFAULT).decision) == (600, RiskDecision.ACCEPT)
    in_a_burst = replace(first_large, recent_orders=5)
    assert (assess(in_a_burst, DEFAULT).score, assess(in_a_burst, DEFAULT).decision) == (800, RiskDecision.REVIEW)
    elsewhere = replace(in_a_burst, new_ship_to=True)
    assert (assess(elsewhere, DEFAULT).score, assess(elsewhere, DEFAULT).decision) == (900, RiskDecision.REJECT)


def test_a_score_at_a_threshold_is_not_above_it() -> None:
    policy = RiskPolicy(weights={"new_ship_to": 500}, review_above=500, reject_above=500)
    assert assess(replace(HARMLESS, new_ship_to=True), policy).decision is RiskDecision.ACCEPT
    lower = replace(policy, review_above=499)
    assert assess(replace(HARMLESS, new_ship_to=True), lower).decision is RiskDecision.REVIEW


def test_a_score_is_at_most_one_thousand() -> None:
    policy = RiskPolicy(weights=dict.fromkeys(RULES, 1000))
    worst = Signals(
        established_orders=0, recent_orders=9, total=99_999, units=99, new_ship_to=True, credit_used_permille=1000
    )
    assessment = assess(worst, policy)
    assert assessment.score == 1000
    assert len(assessment.hits) == len(RULES)


def test_a_rule_without_weight_never_hits() -> None:
    policy = RiskPolicy(weights={"new_ship_to": 0})
    assert assess(replace(HARMLESS, new_ship_to=True), policy).hits == ()


@pytest.mark.parametrize(("rule", "weight"), [("horoscope", 1), ("burst", -1), ("burst", 1001)])
def test_a_policy_weighs_only_rules_there_are_within_bounds(rule: str, weight: int) -> None:
    with pytest.raises(UnknownRiskRule) as refused:
        check_policy(RiskPolicy(weights={rule: weight}))
    assert refused.value.path == f"$.weights.{rule}"


def test_a_weight_may_be_anything_from_nothing_to_all() -> None:
    check_policy(RiskPolicy(weights={"burst": 0, "first_order": 1000}))


def test_orders_of_the_running_hour_are_a_burst_older_ones_a_history() -> None:
    history = CustomerHistory()
    for minute in (0, 10, 59):
        history = remember(history, NOW + timedelta(minutes=minute), None)
    assert established(history, NOW + timedelta(minutes=59)) == (0, 3)
    assert established(history, NOW + timedelta(minutes=60)) == (3, 0)


def test_an_order_after_the_hour_begins_a_new_one() -> None:
    history = remember(CustomerHistory(), NOW, None)
    later = remember(history, NOW + timedelta(minutes=60), None)
    assert (later.window_started_at, later.window_orders, later.orders) == (NOW + timedelta(minutes=60), 1, 2)
    assert established(later, NOW + timedelta(minutes=61)) == (1, 1)


def test_an_order_without_an_address_keeps_the_last_one_known() -> None:
    history = remember(remember(CustomerHistory(), NOW, "1 high street"), NOW, None)
    assert history.ship_to == "1 high street"
    assert remember(history, NOW, "2 low road").ship_to == "2 low road"


def test_what_is_imported_out_of_order_counts_by_how_far_apart_it_was() -> None:
    """An hour is an hour in both directions: an older order, imported later, is a burst only with what is near it."""
    kept = remember(CustomerHistory(), NOW, None)
    assert established(kept, NOW - timedelta(minutes=30)) == (0, 1)
    assert established(kept, NOW - timedelta(hours=2)) == (1, 0)
