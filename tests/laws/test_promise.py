"""Promises about any supply and demand: keeping one never breaks what was kept before."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from core.inventory.promise import Flow, Shelf, promise
from tests.support.given import NOW

DAYS = range(-1, 7)
days = st.integers(0, 5)
changes = st.integers(-9, 9).filter(bool)
available = st.integers(-5, 12)


def flow(day: int, change: int) -> Flow:
    return Flow(at=NOW + timedelta(days=day), change=change, cause="c")


flows = st.lists(st.builds(flow, days, changes), max_size=6).map(tuple)
shelves = st.lists(st.builds(Shelf, available=available, flows=flows), max_size=3)


def projected(shelf: Shelf, day: int) -> int:
    """The running projection, the long way."""
    return shelf.available + sum(one.change for one in shelf.flows if one.at <= NOW + timedelta(days=day))


def atp(shelf: Shelf, day: int) -> int:
    return promise([shelf], 0, NOW + timedelta(days=day)).atp


@given(available=available, flows=flows, day=days)
def test_it_is_what_the_least_of_all_later_moments_leaves(available: int, flows: tuple[Flow, ...], day: int) -> None:
    shelf = Shelf(available=available, flows=flows)
    assert atp(shelf, day) == max(0, min(projected(shelf, later) for later in DAYS if later >= day))


@given(available=available, flows=flows, day=days)
def test_a_promise_kept_makes_no_later_moment_short(available: int, flows: tuple[Flow, ...], day: int) -> None:
    shelf = Shelf(available=available, flows=flows)
    kept = Shelf(available=available, flows=(*flows, flow(day, -atp(shelf, day))))
    for later in DAYS:
        assert projected(kept, later) >= 0 or projected(shelf, later) < 0
    assert atp(kept, day) == 0


@given(available=available, flows=flows, day=days)
def test_one_more_than_that_would(available: int, flows: tuple[Flow, ...], day: int) -> None:
    shelf = Shelf(available=available, flows=flows)
    over = Shelf(available=available, flows=(*flows, flow(day, -atp(shelf, day) - 1)))
    assert any(projected(over, later) < 0 for later in DAYS if later >= day)


@given(available=available, flows=flows, more=st.integers(1, 9), day=days, at=days)
def test_supply_never_takes_a_promise_away_and_demand_never_gives_one(
    available: int, flows: tuple[Flow, ...], more: int, day: int, at: int
) -> None:
    before = atp(Shelf(available=available, flows=flows), at)
    assert atp(Shelf(available=available, flows=(*flows, flow(day, more))), at) >= before
    assert atp(Shelf(available=available + more, flows=flows), at) >= before
    assert atp(Shelf(available=available, flows=(*flows, flow(day, -more))), at) <= before


@given(some=shelves, day=days)
def test_shelves_together_promise_what_they_promise_one_by_one(some: list[Shelf], day: int) -> None:
    at = NOW + timedelta(days=day)
    together = promise(some, 0, at)
    assert together.atp == sum(atp(shelf, day) for shelf in some)
    assert together.now == sum(max(0, shelf.available) for shelf in some)
    assert len(together.steps) == sum(len(shelf.flows) for shelf in some)
    assert [step.at for step in together.steps] == sorted(one.at for shelf in some for one in shelf.flows)


@given(available=available, flows=flows, day=days)
def test_what_can_be_promised_later_is_never_less(available: int, flows: tuple[Flow, ...], day: int) -> None:
    shelf = Shelf(available=available, flows=flows)
    assert atp(shelf, day) <= atp(shelf, day + 1)
