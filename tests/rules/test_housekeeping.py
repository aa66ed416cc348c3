"""Chores: each when it is due, and one that fails keeps none of the others waiting."""

import asyncio
from collections.abc import Mapping
from typing import Any

import pytest

from adapters.memory.telemetry import MemoryTelemetry
from composition import housekeeping
from composition.housekeeping import Housekeeping


@pytest.mark.parametrize("broken", ["partitions", "tidy", "sweep", "depths", "snapshots", None])
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

    class Parts:
        step = staticmethod(chore("sweep"))
        depth = staticmethod(chore("depths"))

        def pool_use(self) -> Mapping[str, int]:
            return {}

    monkeypatch.setattr(housekeeping, "partitions", chore("partitions"))
    monkeypatch.setattr(housekeeping, "tidy", chore("tidy"))
    parts, telemetry = Parts(), MemoryTelemetry()
    house = Housekeeping("postgresql://owner/", parts, parts, parts, Snapshots(), telemetry)  # type: ignore[arg-type]
    asyncio.run(house.turn(hourly=True))
    assert done == ["partitions", "tidy", "sweep", "depths", "snapshots"]
    done.clear()
    asyncio.run(house.turn(hourly=False))
    assert done == ["sweep", "depths"]
