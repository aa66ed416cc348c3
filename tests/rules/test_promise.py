"""What can be promised when: never what a later moment needs."""

from datetime import datetime, timedelta

import pytest

from core.inventory.promise import Flow, Shelf, atp_now, counted, promise
from tests.support.given import NOW


def day(number: int) -> datetime:
    return NOW + timedelta(days=number)


def flow(number: int, change: int, cause: str = "c") -> Flow:
    return Flow(at=day(number), change=change, cause=cause)


def atp(available: int, flows: list[Flow], at: int) -> int:
    return promise([Shelf(available=available, flows=tuple(flows))], 0, day(at)).atp


@pytest.mark.parametrize(
    ("available", "limit", "now"),
    [
        ([5], 0, 5),
        ([5], 3, 8),
        ([0], 3, 3),
        ([-2], 3, 1),
        ([-3], 3, 0),
        ([-4], 3, 0),
        ([], 0, 0),
        ([5, 2], 3, 10),
        ([5, -2], 3, 6),
        ([5, -4], 3, 5),
    ],
)
def test_now_it_is_what_is_available_and_what_may_still_be_owed(available: list[int], limit: int, now: int) -> None:
    assert atp_now(available, limit) == now


def test_supply_counts_from_the_day_it_is_due() -> None:
    flows = [flow(3, 4)]
    assert [atp(5, flows, at) for at in (0, 2, 3, 9)] == [5, 5, 9, 9]


def test_demand_is_kept_free_for_from_now_on() -> None:
    flows = [flow(3, -4)]
    assert [atp(5, flows, at) for at in (0, 3, 9)] == [1, 1, 1]


def test_supply_after_a_demand_does_not_help_before_it() -> None:
    flows = [flow(2, -5), flow(4, 10)]
    assert [atp(6, flows, at) for at in (0, 2, 3, 4)] == [1, 1, 1, 11]


def test_supply_before_a_demand_is_promised_only_as_far_as_the_demand_leaves_it() -> None:
    flows = [flow(2, 10), flow(4, -7)]
    assert [atp(1, flows, at) for at in (0, 1, 2, 4)] == [1, 1, 4, 4]


def test_what_comes_and_leaves_in_the_same_moment_is_taken_together() -> None:
    assert [atp(0, [flow(2, -5), flow(2, 6)], at) for at in (0, 2)] == [0, 1]


def test_nothing_is_promised_of_what_is_overdrawn() -> None:
    assert [atp(-3, [flow(2, 2)], at) for at in (0, 2)] == [0, 0]
    assert atp(-3, [flow(2, 5)], 2) == 2


def test_the_steps_say_why() -> None:
    shelf = Shelf(available=3, flows=(flow(4, -2, "transfer:1"), flow(2, 5, "expected:1"), flow(4, 1, "expected:2")))
    told = promise([shelf], 1, day(3))
    assert (told.now, told.at, told.atp) == (4, day(3), 7)
    assert [(step.at, step.change, step.cause, step.projected, step.atp) for step in told.steps] == [
        (day(2), 5, "expected:1", 8, 7),
        (day(4), 1, "expected:2", 7, 7),
        (day(4), -2, "transfer:1", 7, 7),
    ]


def test_shelves_promise_each_for_itself() -> None:
    """What one shelf will lack cannot be promised from another, nor be owed by it."""
    left, right = Shelf(available=2, flows=(flow(2, -5),)), Shelf(available=4, flows=(flow(3, 1),))
    told = promise([left, right], 0, day(3))
    assert told.atp == 0 + 5
    assert [(step.projected, step.atp) for step in told.steps] == [(-3 + 4, 0 + 4), (-3 + 5, 0 + 5)]
    assert promise([left, right], 0, day(0)).atp == 0 + 4


def test_of_nothing_nothing_is_promised() -> None:
    assert promise([], 0, NOW).atp == 0


def test_what_is_late_to_come_does_not_count_and_what_is_late_to_leave_does() -> None:
    flows = (flow(-1, 3), flow(0, 2), flow(-1, -1), flow(1, 4))
    assert counted(flows, NOW) == (flow(0, 2), flow(-1, -1), flow(1, 4))
