"""Loops: at once while there is more, later each time there was nothing, and never over because of one failure."""

import asyncio
from collections.abc import Awaitable, Iterator

import pytest

from adapters.memory.telemetry import MemoryTelemetry
from entrypoints.worker.pace import DOWN_SECONDS, Pace, Repeater
from ports.broker import BrokerUnavailable, QueueFull
from ports.storage import CommitUnknown, StorageUnavailable, TransactionConflict
from tests.support.given import NOW

PACE = Pace(idle_first_seconds=1.0, idle_last_seconds=4.0, linger_seconds=0.5, worth_it=10)


class NappingClock:
    """Remembers how long was slept."""

    def __init__(self) -> None:
        self.naps: list[float] = []

    def now(self) -> object:
        return NOW

    async def sleep(self, seconds: float) -> None:
        self.naps.append(seconds)


def naps(*results: int | Exception) -> list[float]:
    """How long a loop sleeps between steps with these results."""
    return played(*results)[0]


def played(*results: int | Exception) -> tuple[list[float], list[str]]:
    """The same, and at which level it tells of what went wrong."""
    clock, telemetry = NappingClock(), MemoryTelemetry()
    repeater = Repeater(clock, telemetry)  # type: ignore[arg-type]
    left: Iterator[int | Exception] = iter(results)
    done = 0

    async def step() -> int:
        nonlocal done
        result = next(left)
        done += 1
        if done == len(results):
            repeater.stop()
        if isinstance(result, Exception):
            raise result
        return result

    asyncio.run(_bounded(repeater.repeat(step, PACE)))
    assert done == len(results)
    return clock.naps, [level for level, _, _ in telemetry.messages]


async def _bounded(run: Awaitable[None]) -> None:
    async with asyncio.timeout(10):
        await run


def test_a_loop_waits_longer_each_time_there_is_nothing_up_to_a_bound() -> None:
    assert naps(0, 0, 0, 0) == [1.0, 2.0, 4.0, 4.0]


def test_a_loop_goes_on_at_once_after_a_full_batch_and_lingers_after_a_small_one() -> None:
    assert naps(10, 3, 11) == [0.5]


def test_work_begins_the_waiting_anew() -> None:
    assert naps(0, 0, 10, 0) == [1.0, 2.0, 1.0]


def test_a_loop_may_be_woken_from_its_rest() -> None:
    """It rests, instead of sleeping, after there was nothing; a rest that fails is a step that fails."""
    clock, telemetry, rests = NappingClock(), MemoryTelemetry(), list[float]()
    repeater = Repeater(clock, telemetry)  # type: ignore[arg-type]

    async def nothing() -> int:
        return 0

    async def rest(seconds: float) -> None:
        rests.append(seconds)
        if len(rests) == 3:
            repeater.stop()
            raise BrokerUnavailable("down")

    asyncio.run(_bounded(repeater.repeat(nothing, PACE, rest)))
    assert (rests, clock.naps) == ([1.0, 2.0, 4.0], [DOWN_SECONDS])


@pytest.mark.parametrize(
    ("error", "level"),
    [
        (StorageUnavailable("down"), "warning"),
        (CommitUnknown("lost"), "warning"),
        (TransactionConflict("race"), "warning"),
        (BrokerUnavailable("down"), "warning"),
        (QueueFull("behind"), "warning"),
        (ZeroDivisionError(), "error"),
    ],
)
def test_a_step_that_fails_is_tried_again_and_only_a_defect_is_told_as_one(error: Exception, level: str) -> None:
    assert played(error, error, 10) == ([DOWN_SECONDS, DOWN_SECONDS], [level, level])
