"""Which chores there are, and what a worker tells of itself."""

import asyncio
from collections.abc import Mapping
from typing import Any

import pytest

from adapters.memory.telemetry import MemoryTelemetry
from composition import housekeeping
from composition.housekeeping import Watching, chores_of
from ports.queue import Depth


def test_every_chore_does_what_it_is_called(monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[str] = []

    def chore(name: str) -> Any:
        async def run(*arguments: object) -> Any:
            done.append(name)
            return ["p1", "p2"] if name == "partitions" else 1

        return run

    monkeypatch.setattr(housekeeping, "partitions", chore("partitions"))
    monkeypatch.setattr(housekeeping, "tidy", chore("tidy"))
    steps = {name: chore(name) for name in ("sweep", "snapshots", "coverage", "closing")}
    chores = chores_of("postgresql://owner/", None, **steps)  # type: ignore[arg-type]
    for name, does in {
        "make-partitions": "partitions",
        "end-expired-holds": "sweep",
        "tidy": "tidy",
        "make-snapshots": "snapshots",
        "cover-backorders": "coverage",
        "close-orders": "closing",
    }.items():
        assert asyncio.run(chores.pop(name).do()) == (2 if does == "partitions" else 1)  # type: ignore[attr-defined]
        assert done.pop() == does
    assert not chores


class Parts:
    """A database, queues and sagas that say what they are told to."""

    def __init__(self, stuck: list[Mapping[str, int]]) -> None:
        self._stuck = stuck

    def pool_use(self) -> Mapping[str, int]:
        return {"idle": 3}

    async def depth(self) -> Mapping[str, Depth]:
        return {"q": Depth(ready=1, leased=2, delayed=3, parked=4, dead=5)}

    async def stuck(self) -> Mapping[str, int]:
        return self._stuck.pop(0)


def told_by(parts: Any, turns: int = 1) -> tuple[list[tuple[str, float, dict[str, str]]], MemoryTelemetry]:
    telemetry, told = MemoryTelemetry(), []
    telemetry.gauge = lambda name, amount, **labels: told.append((name, amount, labels))  # type: ignore[method-assign]
    watching = Watching(parts, parts, parts, telemetry)
    for _ in range(turns):
        asyncio.run(watching.turn())
    return told, telemetry


def test_depths_and_connections_are_told() -> None:
    told, _ = told_by(Parts([{}]))
    assert told == [
        ("database_pool_connections", 3, {"state": "idle"}),
        *(
            ("queue_depth", amount, {"queue": "q", "state": state})
            for amount, state in enumerate(("ready", "leased", "delayed", "parked", "dead"), start=1)
        ),
    ]


def test_a_saga_that_is_no_longer_stuck_is_told_so() -> None:
    told, _ = told_by(Parts([{"a": 2, "b": 1}, {"b": 3}, {}]), turns=3)
    stuck = [(labels["saga"], amount) for name, amount, labels in told if name == "sagas_stuck"]
    assert sorted(stuck[:2]) == [("a", 2), ("b", 1)]
    assert sorted(stuck[2:4]) == [("a", 0), ("b", 3)]
    assert sorted(stuck[4:]) == [("a", 0), ("b", 0)]


def test_what_cannot_be_told_keeps_nothing_else_from_being_told() -> None:
    class Away(Parts):
        async def depth(self) -> Mapping[str, Depth]:
            raise ConnectionError

    told, telemetry = told_by(Away([{"a": 1}]))
    assert ("sagas_stuck", 1, {"saga": "a"}) in told
    assert [message for _, message, _ in telemetry.messages] == ["watching failed; trying again"]
