"""Chores: each when it is due, and one that fails keeps none of the others waiting."""

import asyncio
from collections.abc import Mapping
from typing import Any

import pytest

from adapters.memory.telemetry import MemoryTelemetry
from composition import housekeeping
from composition.housekeeping import Housekeeping


@pytest.mark.parametrize(
    "broken", ["partitions", "tidy", "sweep", "depths", "stuck", "snapshots", "coverage", "closing", None]
)
def test_a_chore_that_fails_keeps_none_of_the_others_waiting(
    broken: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[str] = []

    def chore(name: str) -> Any:
        async def run(*arguments: object) -> Mapping[str, object]:
            done.append(name)
            if name == broken:
                raise ZeroDivisionError
            return {}

        return run

    class Snapshots:
        step = staticmethod(chore("snapshots"))

    class Coverage:
        step = staticmethod(chore("coverage"))

    class Closing:
        step = staticmethod(chore("closing"))

    class Parts:
        step = staticmethod(chore("sweep"))
        depth = staticmethod(chore("depths"))
        stuck = staticmethod(chore("stuck"))

        def pool_use(self) -> Mapping[str, int]:
            return {}

    monkeypatch.setattr(housekeeping, "partitions", chore("partitions"))
    monkeypatch.setattr(housekeeping, "tidy", chore("tidy"))
    parts, telemetry = Parts(), MemoryTelemetry()
    snapshots = Snapshots()
    house = Housekeeping(
        "postgresql://owner/",
        parts,
        parts,
        parts,
        parts,
        snapshots,
        Coverage(),
        Closing(),
        telemetry,  # type: ignore[arg-type]
    )
    asyncio.run(house.turn(hourly=True))
    assert done == ["partitions", "tidy", "sweep", "depths", "stuck", "snapshots", "coverage", "closing"]
    done.clear()
    asyncio.run(house.turn(hourly=False))
    assert done == ["sweep", "depths", "stuck"]


def test_a_saga_that_is_no_longer_stuck_is_told_so() -> None:
    telemetry, counted = MemoryTelemetry(), [{"a": 2, "b": 1}, {"b": 3}, {}]

    class Parts:
        async def stuck(self) -> Mapping[str, int]:
            return counted.pop(0)

    house = Housekeeping("postgresql://owner/", None, None, Parts(), None, None, None, None, telemetry)  # type: ignore[arg-type]
    told = []
    telemetry.gauge = lambda name, amount, **labels: told.append((name, labels["saga"], amount))  # type: ignore[method-assign]
    for _ in range(3):
        asyncio.run(house._report_stuck())
    assert sorted(told[2:4]) == [("sagas_stuck", "a", 0), ("sagas_stuck", "b", 3)]
    assert sorted(told[4:]) == [("sagas_stuck", "a", 0), ("sagas_stuck", "b", 0)]
