"""What is nearly always decided one way is decided the other: counted, drawn by the seed, and nothing breaks by it."""

import asyncio
from collections import Counter
from typing import Any

import pytest

from composition.simulation import buggified
from composition.simulation.buggify import KIND, POINTS, Buggify
from composition.simulation.choices import Choice, Choices
from composition.simulation.many import report
from composition.simulation.plan import KINDS, plan_of
from composition.simulation.run import simulate


def test_each_seed_has_some_of_the_points_and_each_point_is_in_some_seed() -> None:
    plans = [plan_of(seed, KINDS) for seed in range(1, 101)]
    assert {point for plan in plans for point in plan.points} == set(POINTS)
    assert any(0 < len(plan.points) < len(POINTS) for plan in plans)
    assert all(bool(plan.points) <= (KIND in plan.kinds) for plan in plans)
    some = next(plan for plan in plans if plan.points)
    assert f"points {', '.join(some.points)}" in some.words


def test_every_point_is_taken_the_other_way_sooner_or_later_and_nothing_breaks_by_that_alone() -> None:
    times: Counter[str] = Counter()
    for seed in range(1, 31):
        result = simulate(seed, (KIND,))
        assert result.violations == (), f"seed {seed}"
        assert set(result.buggified) <= set(plan_of(seed, (KIND,)).points)
        assert result.faults == {}
        times.update(result.buggified)
    assert set(times) == set(POINTS)
    assert report([simulate(1, (KIND,))], (KIND,))["buggified"] == dict(sorted(simulate(1, (KIND,)).buggified.items()))


def test_where_nothing_is_to_go_wrong_nothing_is_perturbed() -> None:
    assert simulate(1, ()).buggified == {}
    assert plan_of(1, ("crash",)).points == ()


def always(point: str, *, resting: bool = False) -> Buggify:
    told = [Choice(point, number, 1) for number in range(1, 9)]
    return Buggify((point,), Choices(1, told), lambda: resting)


class Inner:
    """Remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[Any, ...]] = []

    async def read(self, after: Any, limit: int) -> list[Any]:
        self.asked.append(("read", limit))
        return []

    async def take(self, relay: str) -> str:
        return "cursor"

    async def advance(self, relay: str, to: Any) -> None:
        raise AssertionError

    async def publish(self, events: Any) -> None:
        self.asked.append(("publish", len(events)))


async def _answers(point: str, *, resting: bool = False) -> list[Any]:
    inner: Any = Inner()
    buggify = always(point, resting=resting)
    await buggified.Feed(inner, buggify).read(None, 100)  # type: ignore[arg-type]
    await buggified.Singly(inner, buggify).publish(["one", "two"])  # type: ignore[list-item]
    return [await buggified.Position(inner, buggify).take("relay"), *inner.asked]


@pytest.mark.parametrize(
    ("point", "answers"),
    [
        ("none", ["cursor", ("read", 100), ("publish", 2)]),
        ("relay-reads-one", ["cursor", ("read", 1), ("publish", 2)]),
        ("published-singly", ["cursor", ("read", 100), ("publish", 1), ("publish", 1)]),
        ("relay-gives-way", [None, ("read", 100), ("publish", 2)]),
    ],
)
def test_a_point_does_what_it_is_called(point: str, answers: list[Any]) -> None:
    assert asyncio.run(_answers(point)) == answers
    assert asyncio.run(_answers(point, resting=True)) == ["cursor", ("read", 100), ("publish", 2)]
