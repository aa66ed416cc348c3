"""Allocation: never more than there is, the same total whatever the order of requests or of facts."""

from collections.abc import Sequence
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from core.inventory.allocation import Allocation, Why, allocate, seen_by
from core.inventory.counterfactual import counterfactual
from core.inventory.ranking import RULES, AllocationPolicy, Candidate
from tests.laws.strategies import ALLOCATION_POLICIES, CHANNELS, COUNTRIES, candidates

DEMANDS = st.integers(1, 30)
LIMITS = st.integers(0, 8)


def promisable(found: Sequence[Candidate], limit: int) -> int:
    if not found:
        return 0
    owed = sum(max(0, -candidate.available) for candidate in found)
    return sum(max(0, candidate.available) for candidate in found) + max(0, limit - owed)


def after(found: Sequence[Candidate], allocation: Allocation) -> list[Candidate]:
    taken = {part.location: part.quantity for part in allocation.parts}
    return [
        replace(candidate, available=candidate.available - taken.get(candidate.location.id, 0)) for candidate in found
    ]


@given(found=candidates(), policy=ALLOCATION_POLICIES, demand=DEMANDS, limit=LIMITS, country=COUNTRIES)
def test_as_much_as_there_is_and_never_more(
    found: list[Candidate], policy: AllocationPolicy, demand: int, limit: int, country: str | None
) -> None:
    allocation = allocate(demand, found, policy, backorder_limit=limit, country=country)
    assert allocation.quantity == min(demand, promisable(found, limit))


@given(found=candidates(), policy=ALLOCATION_POLICIES, demand=DEMANDS, limit=LIMITS)
def test_parts_add_up_and_take_only_what_their_location_has_or_may_owe(
    found: list[Candidate], policy: AllocationPolicy, demand: int, limit: int
) -> None:
    allocation = allocate(demand, found, policy, backorder_limit=limit)
    available = {candidate.location.id: candidate.available for candidate in found}
    assert sum(part.quantity for part in allocation.parts) == demand - allocation.short
    assert len({part.location for part in allocation.parts}) == len(allocation.parts)
    for part in allocation.parts:
        assert 0 <= part.backordered <= part.quantity > 0
        assert part.quantity - part.backordered <= max(0, available[part.location])
    for left in after(found, allocation):
        assert left.available >= min(available[left.location.id], -limit)


@given(
    found=candidates(),
    policy=ALLOCATION_POLICIES,
    demands=st.lists(DEMANDS, max_size=5).flatmap(lambda d: st.tuples(st.just(d), st.permutations(d))),
    limit=LIMITS,
)
def test_the_total_promised_does_not_depend_on_the_order_of_requests(
    found: list[Candidate], policy: AllocationPolicy, demands: tuple[list[int], list[int]], limit: int
) -> None:
    totals = []
    for ordered in demands:
        left, total = list(found), 0
        for demand in ordered:
            allocation = allocate(demand, left, policy, backorder_limit=limit)
            total += allocation.quantity
            left = after(left, allocation)
        totals.append(total)
    assert totals[0] == totals[1] == min(sum(demands[0]), promisable(found, limit))


@given(
    found=candidates().flatmap(lambda c: st.tuples(st.just(c), st.permutations(c))),
    policy=ALLOCATION_POLICIES,
    demand=DEMANDS,
    limit=LIMITS,
    country=COUNTRIES,
)
def test_the_answer_does_not_depend_on_the_order_of_the_facts(
    found: tuple[list[Candidate], list[Candidate]],
    policy: AllocationPolicy,
    demand: int,
    limit: int,
    country: str | None,
) -> None:
    one, other = (allocate(demand, some, policy, backorder_limit=limit, country=country) for some in found)
    assert one == other


@given(found=candidates(), policy=ALLOCATION_POLICIES, demand=DEMANDS, country=COUNTRIES)
def test_candidates_are_tried_by_rank_then_by_code(
    found: list[Candidate], policy: AllocationPolicy, demand: int, country: str | None
) -> None:
    by_id = {candidate.location.id: candidate for candidate in found}
    tried = allocate(demand, found, policy, country=country).tried
    keys = [
        (
            *(RULES[name](by_id[one.location], demand, country, policy) for name in policy.rules),
            by_id[one.location].location.code,
        )
        for one in tried
    ]
    assert keys == sorted(keys)
    assert {one.location: one.available for one in tried} == {
        candidate.location.id: candidate.available for candidate in found
    }


@given(found=candidates(), demand=DEMANDS)
def test_a_line_one_location_covers_is_never_split_by_default(found: list[Candidate], demand: int) -> None:
    parts = allocate(demand, found, AllocationPolicy()).parts
    assert len(parts) <= 1 or all(candidate.available < demand for candidate in found)


@given(found=candidates(), policy=ALLOCATION_POLICIES, demand=DEMANDS, limit=LIMITS, channel=CHANNELS)
def test_a_channel_gets_nothing_it_is_shut_out_of_and_leaves_what_is_kept_for_others(
    found: list[Candidate], policy: AllocationPolicy, demand: int, limit: int, channel: str | None
) -> None:
    allocation = allocate(demand, found, policy, backorder_limit=limit, channel=channel)
    open_to = found if channel is None else seen_by(channel, found, policy)[0]
    kept = {one.location.id: min(one.kept, max(0, one.available)) for one in open_to}
    left = {one.location.id: one.available for one in after(found, allocation)}
    for part in allocation.parts:
        assert left[part.location] >= kept[part.location] or (part.backordered and kept[part.location] == 0)
    owing = sum(max(0, -one.available) for one in found)
    allowed = max(0, limit - owing) if any(one.free == one.available for one in open_to) else 0
    assert allocation.quantity == min(demand, sum(max(0, one.free) for one in open_to) + allowed)


@given(found=candidates(), policy=ALLOCATION_POLICIES, demand=DEMANDS, country=COUNTRIES, channel=CHANNELS)
def test_each_candidate_says_why_it_did_not_cover_what_was_left(
    found: list[Candidate], policy: AllocationPolicy, demand: int, country: str | None, channel: str | None
) -> None:
    allocation = allocate(demand, found, policy, country=country, channel=channel)
    taken = {part.location: part.quantity for part in allocation.parts}
    shut = policy.excluded.get(channel or "", ())
    left = demand
    for one in allocation.tried:
        got = taken.get(one.location, 0)
        if one.code in shut:
            assert (one.why, got) == (Why.EXCLUDED, 0)
        elif left == 0:
            assert (one.why, got) == (Why.NOT_NEEDED, 0)
        elif got == left:
            assert one.why is None
        else:
            assert one.why is (Why.KEPT if one.kept and one.available > 0 else Why.SHORT)
        left -= got


@given(found=candidates(), policy=ALLOCATION_POLICIES, demand=DEMANDS, country=COUNTRIES, channel=CHANNELS)
def test_a_counterfactual_is_what_would_have_been_and_none_is_missing(
    found: list[Candidate], policy: AllocationPolicy, demand: int, country: str | None, channel: str | None
) -> None:
    said = {
        one.location: one.missing
        for one in counterfactual(allocate(demand, found, policy, country=country, channel=channel))
    }

    def sends_all(place: Candidate, more: int) -> bool:
        stocked = replace(place, available=place.available + more, covers=place.covers + 1)
        others = [stocked if one is place else one for one in found]
        done = allocate(demand, others, policy, country=country, channel=channel)
        return [(part.location, part.quantity) for part in done.parts] == [(place.location.id, demand)]

    for one in found if channel is None else seen_by(channel, found, policy)[0]:
        place = next(other for other in found if other.location == one.location)
        missing = demand + one.kept - one.available
        if missing <= 0:
            assert one.location.id not in said
            continue
        assert said.get(one.location.id) == (missing if sends_all(place, missing) else None)
        assert not sends_all(place, missing - 1)
    assert set(said) <= {one.location.id for one in found}
