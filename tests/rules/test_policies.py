"""A tenant's policies: their names, their checks, their defaults."""

import pytest

from core.acceptance.policies import DEFAULT, POLICY_TYPES, Policies, Policy, UnknownLane, check, name_of
from core.configuration.flag import Flag
from core.intake.submission import LanePolicy
from core.inventory.ranking import AllocationPolicy, UnknownRule
from core.orders.deadlines import LIMIT_MINUTES, FulfilmentPolicy, InvalidDeadline
from core.risk.assessment import RiskPolicy, UnknownRiskRule
from core.routing.selection import RoutingPolicy

EACH: list[tuple[str, Policy]] = [
    ("risk", RiskPolicy(weights={"burst": 5})),
    ("allocation", AllocationPolicy(rules=("most_stock",))),
    ("routing", RoutingPolicy(by_country={"DE": "berlin"})),
    ("lanes", LanePolicy(channels={"a": "high", "b": "normal"}, customers={"c": "low"})),
    ("fulfilment", FulfilmentPolicy(answer_within_minutes=240)),
]


@pytest.mark.parametrize(("name", "policy"), EACH)
def test_every_policy_has_a_name_and_a_sensible_one_passes(name: str, policy: Policy) -> None:
    assert name_of(policy) == name
    check(policy)


def test_there_is_an_example_of_every_policy() -> None:
    assert [name for name, _ in EACH] == list(POLICY_TYPES)


@pytest.mark.parametrize(
    ("policy", "error", "path"),
    [
        (RiskPolicy(weights={"horoscope": 5}), UnknownRiskRule, "$.weights.horoscope"),
        (AllocationPolicy(rules=("nearest",)), UnknownRule, "$.rules[0]"),
        (LanePolicy(channels={"a": "fast"}, customers={}), UnknownLane, "$.channels.a"),
        (LanePolicy(channels={}, customers={"c": "HIGH"}), UnknownLane, "$.customers.c"),
        (FulfilmentPolicy(answer_within_minutes=0), InvalidDeadline, "$.answer_within_minutes"),
        (FulfilmentPolicy(ship_within_minutes=LIMIT_MINUTES + 1), InvalidDeadline, "$.ship_within_minutes"),
    ],
)
def test_a_policy_that_names_what_there_is_not_is_refused(policy: Policy, error: type[Exception], path: str) -> None:
    with pytest.raises(error) as refused:
        check(policy)
    assert getattr(refused.value, "path", None) == path


def test_a_tenant_that_never_chose_has_defaults_that_pass() -> None:
    assert Policies() == DEFAULT
    for policy in (DEFAULT.risk, DEFAULT.allocation, DEFAULT.routing, DEFAULT.lanes, DEFAULT.fulfilment):
        check(policy)
    assert DEFAULT.flags == dict.fromkeys(Flag, True)
