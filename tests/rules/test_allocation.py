"""Which locations a demand is promised from: each rule, splits, backorders, ties."""

import pytest

from core.inventory.allocation import (
    RULES,
    Allocation,
    AllocationPolicy,
    Candidate,
    Part,
    UnknownRule,
    allocate,
    check_policy,
)
from core.kernel.ids import LocationId
from tests.support.given import a_location, an_id

A, B, C = (LocationId(an_id(number)) for number in (101, 102, 103))
DEFAULT = AllocationPolicy()


def at(
    number: int, available: int, code: str | None = None, *, priority: int = 100, country: str | None = None
) -> Candidate:
    return Candidate(location=a_location(number, code, priority=priority, country=country), available=available)


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
