"""An endpoint in trouble is left alone, and nobody else is."""

import asyncio
from collections.abc import Mapping
from datetime import timedelta

import pytest

from adapters.memory.telemetry import MemoryTelemetry
from adapters.webhooks.guarded import GuardedCaller
from core.kernel.ids import WebhookId
from core.webhooks.delivery import Answer
from tests.support.given import NOW, an_id

ONE, OTHER = WebhookId(an_id(1)), WebhookId(an_id(2))


class World:
    """An endpoint that answers as it is told, and time."""

    def __init__(self) -> None:
        self.time = NOW
        self.status: int | None = 200
        self.calls = 0
        self.telemetry = MemoryTelemetry()
        self.caller = GuardedCaller(self, self, self.telemetry)  # type: ignore[arg-type]

    def now(self) -> object:
        return self.time

    async def check(self, url: str) -> None:
        raise KeyError(url)

    async def call(self, webhook: WebhookId, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        self.calls += 1
        error = None if self.status else "ConnectError"
        return Answer(status=self.status, error=error, body=b"", took_ms=1)

    def ask(self, webhook: WebhookId = ONE, times: int = 1) -> Answer:
        for _ in range(times):
            answer = asyncio.run(self.caller.call(webhook, "https://h/", {}, b""))
        return answer

    def opened(self) -> float:
        return self.telemetry.gauges.get("circuit_breakers", -1.0)


@pytest.mark.parametrize("status", [None, 500, 503])
def test_after_five_failures_it_is_not_called_for_a_minute(status: int | None) -> None:
    world = World()
    world.status = status
    world.ask(times=5)
    answer = world.ask()
    assert (world.calls, answer.status, answer.retry_after) == (5, None, 60.0)
    assert "failed again and again" in str(answer.error)
    world.status = 200
    assert world.ask(OTHER).taken
    world.time += timedelta(seconds=60)
    assert world.ask().taken
    assert world.ask().taken
    assert world.telemetry.counts["circuit_breaker_total", (("breaker", "webhooks"), ("event", "open"))] == 1


@pytest.mark.parametrize("status", [200, 302, 400, 404, 410, 429])
def test_who_answers_is_not_in_trouble_whatever_he_says(status: int) -> None:
    world = World()
    world.status = status
    world.ask(times=20)
    assert world.calls == 20


def together(world: World, *statuses: int) -> None:
    """Calls that begin at once and end one after the other, each with its status."""

    async def run() -> None:
        turns = [asyncio.Event() for _ in statuses]

        async def call(webhook: WebhookId, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
            turn = world.calls
            world.calls += 1
            await turns[turn].wait()
            return Answer(status=statuses[turn], error=None, body=b"", took_ms=1)

        world.call = call  # type: ignore[method-assign]
        calls = [asyncio.create_task(world.caller.call(ONE, "https://h/", {}, b"")) for _ in statuses]
        for call_, turn in zip(calls, turns, strict=True):
            await asyncio.sleep(0)
            turn.set()
            await call_

    asyncio.run(run())
    del world.call


def test_calls_under_way_at_once_are_counted_together() -> None:
    world = World()
    together(world, *[500] * 20)
    assert "failed again and again" in str(world.ask().error)
    assert world.calls == 20


@pytest.mark.parametrize("last", [200, 500])
def test_one_that_began_before_it_was_left_alone_changes_nothing(last: int) -> None:
    world = World()
    together(world, *[500] * 5, last)
    assert world.ask().retry_after == 60.0
    assert world.calls == 6


def test_half_of_the_calls_within_ten_seconds_are_enough() -> None:
    world = World()
    for turn in range(11):
        world.status = 200 if turn % 2 else 500
        world.ask()
    assert world.ask().status is None
    assert world.calls == 11


def test_whom_nobody_calls_any_more_is_forgotten() -> None:
    world = World()
    world.status = 500
    world.ask(times=5)
    assert world.opened() >= 0
    world.time += timedelta(minutes=11)
    world.status = 200
    world.ask(OTHER)
    assert world.telemetry.gauges["circuit_breakers"] == 0
    world.status = 500
    world.ask(times=4)
    assert world.calls == 10


def test_where_it_may_go_is_asked_of_who_goes() -> None:
    with pytest.raises(KeyError, match="https://x/"):
        asyncio.run(World().caller.check("https://x/"))
