"""The swarm: what may go wrong in a seed is drawn from its number, never more than was asked for."""

import pytest

from composition.simulation.many import report
from composition.simulation.plan import KINDS, Rates, plan_of
from composition.simulation.run import simulate


def test_half_of_the_seeds_have_everything_and_each_kind_is_left_out_of_some() -> None:
    plans = [plan_of(seed, KINDS) for seed in range(1, 401)]
    whole = [plan for plan in plans if plan.kinds == KINDS and plan.rates == Rates()]
    assert 160 < len(whole) < 240
    for kind in KINDS:
        assert any(kind not in plan.kinds for plan in plans)
    assert any(plan.rates.outage > Rates().outage for plan in plans)
    assert all(plan.rates.pause == Rates().pause for plan in plans), "what a saga can bear is not drawn"


@pytest.mark.parametrize("kinds", [(), ("crash",), ("skew", "crash")])
def test_a_plan_has_only_what_was_asked_for(kinds: tuple[str, ...]) -> None:
    for seed in range(1, 50):
        plan = plan_of(seed, kinds)
        assert set(plan.kinds) <= set(kinds)
        assert plan == plan_of(seed, kinds)
        assert len(kinds) > 1 or plan.kinds == kinds, "one kind alone is never left out"


def test_the_report_says_each_plan() -> None:
    seed = next(seed for seed in range(1, 50) if 1 < len(plan_of(seed, KINDS).kinds) < len(KINDS))
    plan = plan_of(seed, KINDS)
    said = report([simulate(seed)], KINDS)["plans"][str(seed)]
    assert said == plan.words
    assert said.startswith(", ".join(plan.kinds))
    assert set(simulate(seed).faults) <= set(plan.kinds)
