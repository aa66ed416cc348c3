"""Which locations a demand is promised from: each rule, splits, backorders, ties."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from core.inventory.allocation import Allocation, Part, Why, allocate
from core.inventory.counterfactual import counterfactual
from core.inventory.ranking import (
    COST_MAX,
    RULES,
    AllocationPolicy,
    Candidate,
    InvalidAllocationPolicy,
    StockedLot,
    UnknownRule,
    check_policy,
)
from core.kernel.ids import LocationId, LotId, first_id_at
from tests.support.given import a_location, an_id

A, B, C = (LocationId(an_id(number)) for number in (101, 102, 103))
DEFAULT = AllocationPolicy()


def at(
    number: int,
    available: int,
    code: str | None = None,
    *,
    priority: int = 100,
    country: str | None = None,
    days: tuple[date | None, ...] = (),
    covers: int = 0,
) -> Candidate:
    lots = tuple(
        StockedLot(lot=LotId(an_id(900 + number + n)), available=available, expires_on=day)
        for n, day in enumerate(days)
    )
    return Candidate(
        location=a_location(number, code, priority=priority, country=country),
        available=available * (len(days) or 1),
        lots=lots,
        covers=covers,
    )


def parts(allocation: Allocation) -> list[tuple[LocationId, int, int]]:
    return [(part.location, part.quantity, part.backordered) for part in allocation.parts]


def test_one_location_that_covers_the_line_beats_one_with_better_priority() -> None:
    allocation = allocate(5, [at(101, 3, priority=1), at(102, 5, priority=9)], DEFAULT)
    assert parts(allocation) == [(B, 5, 0)]
    assert allocation.short == 0
    assert allocation.quantity == 5


def test_of_locations_that_cover_the_line_the_smaller_priority_is_taken() -> None:
    assert parts(allocate(5, [at(101, 9, priority=2), at(102, 9, priority=1)], DEFAULT)) == [(B, 5, 0)]


def test_what_no_single_location_covers_is_split_in_order() -> None:
    candidates = [at(101, 2, priority=3), at(102, 3, priority=1), at(103, 4, priority=2)]
    assert parts(allocate(8, candidates, DEFAULT)) == [(B, 3, 0), (C, 4, 0), (A, 1, 0)]


def test_a_tie_is_settled_by_the_location_code_not_by_the_order_of_the_facts() -> None:
    first, second = at(101, 5, "B"), at(102, 5, "A")
    assert parts(allocate(5, [first, second], DEFAULT)) == parts(allocate(5, [second, first], DEFAULT)) == [(B, 5, 0)]


def test_the_country_shipped_to_comes_first_when_the_policy_says_so() -> None:
    policy = AllocationPolicy(rules=("in_country", "priority"))
    candidates = [at(101, 9, priority=1, country="DE"), at(102, 9, priority=2, country="GB"), at(103, 9)]
    assert parts(allocate(5, candidates, policy, country="GB")) == [(B, 5, 0)]
    assert parts(allocate(5, candidates, policy, country="FR")) == [(A, 5, 0)]
    assert parts(allocate(5, candidates, policy)) == [(A, 5, 0)]


def test_the_fullest_location_comes_first_when_the_policy_says_so() -> None:
    policy = AllocationPolicy(rules=("most_stock",))
    assert parts(allocate(2, [at(101, 3), at(102, 8), at(103, 5)], policy)) == [(B, 2, 0)]


def test_a_later_rule_only_settles_ties_of_the_earlier() -> None:
    policy = AllocationPolicy(rules=("priority", "most_stock"))
    candidates = [at(101, 3, priority=1), at(102, 8, priority=1), at(103, 99, priority=2)]
    assert parts(allocate(2, candidates, policy)) == [(B, 2, 0)]


def test_without_rules_locations_are_taken_by_code() -> None:
    assert parts(allocate(2, [at(101, 3, "B"), at(102, 8, "A")], AllocationPolicy(rules=()))) == [(B, 2, 0)]


def test_what_stock_does_not_cover_is_short() -> None:
    allocation = allocate(9, [at(101, 3), at(102, 4)], DEFAULT)
    assert (allocation.quantity, allocation.short) == (7, 2)


def test_without_locations_everything_is_short() -> None:
    assert allocate(3, [], DEFAULT, backorder_limit=5) == Allocation(parts=(), short=3, tried=(), rules=DEFAULT.rules)


def test_a_shortfall_is_owed_at_the_first_location_within_the_backorder_limit() -> None:
    allocation = allocate(9, [at(101, 3, "A"), at(102, 3, "B")], DEFAULT, backorder_limit=3)
    assert parts(allocation) == [(A, 6, 3), (B, 3, 0)]
    assert allocation.short == 0


def test_the_backorder_limit_bounds_what_all_locations_owe_together() -> None:
    allocation = allocate(9, [at(101, -2, "A"), at(102, 0, "B")], DEFAULT, backorder_limit=5)
    assert parts(allocation) == [(A, 3, 3)]
    assert allocation.short == 6


def test_a_used_up_backorder_limit_promises_nothing_more() -> None:
    allocation = allocate(1, [at(101, -5)], DEFAULT, backorder_limit=5)
    assert (allocation.parts, allocation.short) == ((), 1)
    # The limit may have been lowered since the promise.
    assert allocate(1, [at(101, -5)], DEFAULT, backorder_limit=3).short == 1


def test_owing_at_an_empty_location_is_a_part_of_its_own() -> None:
    policy = AllocationPolicy(rules=("priority",))
    candidates = [at(101, 0, priority=1), at(102, 2, priority=2)]
    assert allocate(3, candidates, policy, backorder_limit=1).parts == (
        Part(location=B, quantity=2),
        Part(location=A, quantity=1, backordered=1),
    )


def test_an_allocation_shows_the_candidates_as_they_stood_and_the_rules() -> None:
    poor, rich = at(101, 1, priority=1), at(102, 5, priority=2)
    allocation = allocate(3, [poor, rich], DEFAULT)
    assert [(one.location, one.available) for one in allocation.tried] == [(B, 5), (A, 1)]
    assert allocation.rules == ("whole_line", "priority")


def test_a_policy_may_only_name_rules_there_are() -> None:
    check_policy(AllocationPolicy(rules=tuple(RULES)))
    with pytest.raises(UnknownRule, match="'cheapest' is none of") as refused:
        check_policy(AllocationPolicy(rules=("priority", "cheapest")))
    assert refused.value.path == "$.rules[1]"


def test_preferred_locations_come_first_in_their_order_and_the_others_as_later_rules_say() -> None:
    policy = AllocationPolicy(rules=("preferred", "priority"), preferred=("W103", "W102"))
    candidates = [at(101, 9, priority=1), at(102, 9, priority=2), at(103, 1, priority=3)]
    assert parts(allocate(8, candidates, policy)) == [(C, 1, 0), (B, 7, 0)]
    assert parts(allocate(8, candidates[:1], policy)) == [(A, 8, 0)]


@pytest.mark.parametrize(("country", "first"), [("DE", B), ("FR", A), (None, A)])
def test_the_cheapest_location_for_the_country_comes_first_and_one_without_a_cost_last(
    country: str | None, first: LocationId
) -> None:
    costs = {"W101": {"*": 5}, "W102": {"DE": 0, "*": 6}}
    policy = AllocationPolicy(rules=("cost",), costs=costs)
    candidates = [at(101, 9), at(102, 9), at(103, 9, "A")]
    allocation = allocate(2, candidates, policy, country=country)
    assert parts(allocation) == [(first, 2, 0)]
    assert allocation.tried[-1].code == "A"


def test_the_dearest_location_there_may_be_comes_before_one_without_a_cost() -> None:
    policy = AllocationPolicy(rules=("cost",), costs={"W102": {"*": COST_MAX}})
    assert parts(allocate(2, [at(101, 9), at(102, 9)], policy)) == [(B, 2, 0)]


def test_the_location_that_covers_most_of_the_order_comes_first() -> None:
    policy = AllocationPolicy(rules=("fewest_splits",))
    assert parts(allocate(2, [at(101, 9, covers=1), at(102, 9, covers=2)], policy)) == [(B, 2, 0)]


def test_the_location_whose_first_lot_expires_first_comes_first() -> None:
    policy = AllocationPolicy(rules=("first_expiring",))
    soon, later = date(2026, 3, 2), date(2026, 4, 1)
    never, empty = at(101, 4, days=(None,)), at(103, 0, days=(soon,))
    assert parts(allocate(2, [never, at(102, 4, days=(later, None)), empty], policy)) == [(B, 2, 0)]
    assert parts(allocate(1, [never, at(102, 1, days=(later,))], policy)) == [(B, 1, 0)]
    assert [one.code for one in allocate(2, [empty, never], policy).tried] == ["W101", "W103"]


def test_lots_of_several_locations_are_taken_together() -> None:
    one, other = at(101, 2, days=(date(2026, 3, 2), None)), at(102, 3, days=(None,))
    allocation = allocate(6, [one, other], AllocationPolicy(rules=("priority",)))
    assert parts(allocation) == [(A, 2, 0), (A, 2, 0), (B, 2, 0)]
    assert [part.lot for part in allocation.parts] == [one.lots[0].lot, one.lots[1].lot, other.lots[0].lot]


def test_the_location_whose_oldest_lot_came_in_first_comes_first() -> None:
    policy = AllocationPolicy(rules=("oldest_stock", "priority"))
    morning, evening, later = (datetime(2026, 3, day, hour, tzinfo=UTC) for day, hour in ((2, 6), (2, 20), (3, 6)))

    def stocked(number: int, priority: int, *came: tuple[datetime, int]) -> Candidate:
        lots = tuple(StockedLot(lot=LotId(first_id_at(day)), available=units) for day, units in came)
        return replace(at(number, sum(units for _, units in came), priority=priority), lots=lots)

    newer, older = stocked(101, 1, (later, 9)), stocked(102, 9, (later, 4), (evening, 5))
    assert parts(allocate(2, [at(103, 9, priority=0), newer, older], policy)) == [(B, 2, 0)]
    assert parts(allocate(1, [stocked(101, 1, (later, 9)), stocked(102, 9, (evening, 1))], policy)) == [(B, 1, 0)]
    assert parts(allocate(2, [stocked(101, 1, (later, 9), (morning, 0)), older], policy)) == [(B, 2, 0)]
    of_one_day = [older, stocked(103, 1, (evening, 9)), stocked(101, 2, (morning, 9))]
    assert parts(allocate(2, of_one_day, policy)) == [(C, 2, 0)]


def test_a_channel_is_promised_nothing_from_locations_it_is_shut_out_of() -> None:
    policy = AllocationPolicy(excluded={"franchise": ("W101", "W103")})
    candidates = [at(103, 9), at(101, 9), at(102, 3)]
    allocation = allocate(5, candidates, policy, channel="franchise")
    assert (parts(allocation), allocation.short) == ([(B, 3, 0)], 2)
    assert [(one.code, one.location, one.available, one.why) for one in allocation.tried] == [
        ("W102", B, 3, Why.SHORT),
        ("W101", A, 9, Why.EXCLUDED),
        ("W103", C, 9, Why.EXCLUDED),
    ]
    assert parts(allocate(5, candidates, policy, channel="web")) == [(A, 5, 0)]
    assert parts(allocate(5, candidates, policy)) == [(A, 5, 0)]


def test_the_last_units_of_a_location_are_for_the_channel_they_are_kept_for() -> None:
    policy = AllocationPolicy(kept={"web": {"W101": 4, "*": 1}})
    candidates = [at(101, 6, priority=1), at(102, 3, priority=2)]
    allocation = allocate(5, candidates, policy, channel="till")
    assert parts(allocation) == [(A, 2, 0), (B, 2, 0)]
    assert allocation.short == 1
    assert [(one.why, one.available, one.kept) for one in allocation.tried] == [(Why.KEPT, 6, 4), (Why.KEPT, 3, 1)]
    assert parts(allocate(5, candidates, policy, channel="web")) == [(A, 5, 0)]
    assert parts(allocate(5, candidates, policy)) == [(A, 5, 0)]


def test_what_is_kept_for_several_channels_adds_up_for_the_others() -> None:
    policy = AllocationPolicy(kept={"web": {"W101": 2}, "till": {"*": 3}})
    assert allocate(9, [at(101, 9)], policy, channel="fair").short == 5
    assert allocate(9, [at(101, 9)], policy, channel="web").short == 3


def test_nothing_is_owed_where_units_are_kept_for_others_because_the_shelf_would_give_them_away() -> None:
    policy = AllocationPolicy(rules=("priority",), kept={"web": {"W101": 4}})
    candidates = [at(101, 2, priority=1), at(102, 0, priority=2)]
    assert parts(allocate(3, candidates, policy, backorder_limit=9, channel="till")) == [(B, 3, 3)]
    assert allocate(3, candidates[:1], policy, backorder_limit=9, channel="till").short == 3


def test_what_an_excluded_location_owes_counts_against_the_limit() -> None:
    policy = AllocationPolicy(excluded={"till": ("W101",)})
    assert allocate(3, [at(101, -2), at(102, 0)], policy, backorder_limit=3, channel="till").short == 2


def test_a_location_passed_over_for_stock_says_how_much_more_it_would_have_needed() -> None:
    allocation = allocate(5, [at(101, 2, priority=1), at(102, 9, priority=2), at(103, 1, priority=3)], DEFAULT)
    (passed,) = counterfactual(allocation)
    assert (passed.code, passed.missing) == ("W101", 3)
    assert passed.words == "would have been W101 with 3 base units more"


def test_a_short_demand_says_what_each_location_would_have_needed() -> None:
    allocation = allocate(9, [at(101, 2), at(102, 4)], DEFAULT)
    assert [(one.code, one.missing) for one in counterfactual(allocation)] == [("W101", 7), ("W102", 5)]
    assert [(one.code, one.missing) for one in counterfactual(allocate(9, [at(101, -2)], DEFAULT))] == [("W101", 11)]


def test_the_location_that_sent_it_was_not_passed_over_even_when_it_gave_its_last() -> None:
    assert counterfactual(allocate(5, [at(101, 5)], DEFAULT)) == ()
    assert counterfactual(allocate(5, [at(101, 5, priority=1), at(102, 9, priority=2)], DEFAULT)) == ()


@pytest.mark.parametrize(("covers", "codes"), [(0, []), (1, ["W101"]), (2, ["W101"])])
def test_with_the_stock_a_location_would_have_covered_one_line_more(covers: int, codes: list[str]) -> None:
    policy = AllocationPolicy(rules=("fewest_splits",))
    allocation = allocate(5, [at(101, 1, covers=covers), at(102, 9, covers=2)], policy)
    assert [one.code for one in counterfactual(allocation)] == codes


def test_of_an_allocation_recorded_without_ranks_nothing_is_claimed() -> None:
    allocation = allocate(5, [at(101, 2, priority=1), at(102, 9, priority=2)], DEFAULT)
    bare = replace(allocation, tried=tuple(replace(one, ranks=()) for one in allocation.tried))
    assert counterfactual(bare) == ()


@pytest.mark.parametrize(
    ("policy", "path"),
    [
        (AllocationPolicy(costs={"W1": {"GB": -1}}), "$.costs.W1.GB"),
        (AllocationPolicy(costs={"W1": {"*": 10**12 + 1}}), "$.costs.W1.*"),
        (AllocationPolicy(kept={"web": {"W1": 3, "W2": -3}}), "$.kept.web.W2"),
    ],
)
def test_numbers_of_a_policy_are_within_bounds(policy: AllocationPolicy, path: str) -> None:
    with pytest.raises(InvalidAllocationPolicy) as refused:
        check_policy(policy)
    assert refused.value.path == path


def test_who_keeps_units_elsewhere_keeps_none_here() -> None:
    policy = AllocationPolicy(kept={"web": {"W102": 5}})
    assert parts(allocate(9, [at(101, 9)], policy, channel="till")) == [(A, 9, 0)]


@pytest.mark.parametrize("number", [0, COST_MAX])
def test_the_bounds_themselves_are_within(number: int) -> None:
    check_policy(AllocationPolicy(costs={"W1": {"*": number}}, kept={"web": {"W1": number}}))
