"""The breaker: opens, tries again with one call at a time, closes; counts neither cancellations nor the late."""

import asyncio
from contextlib import suppress
from datetime import timedelta

import pytest

from adapters.toolkit.breaker import Breaker, BreakerOpen, Limits
from tests.support.given import NOW


class Thing:
    """Something that is called through a breaker, and its time."""

    def __init__(self, limits: Limits | None = None) -> None:
        self.time = NOW
        self.heard: list[str] = []
        self.breaker = Breaker(limits or Limits(), self, self.heard.append)  # type: ignore[arg-type]

    def now(self) -> object:
        return self.time

    async def call(self, *, well: bool = True) -> None:
        async with self.breaker.calling():
            if not well:
                raise ZeroDivisionError

    async def fail(self, times: int) -> None:
        for _ in range(times):
            with suppress(ZeroDivisionError):
                await self.call(well=False)

    def pass_(self, seconds: float) -> None:
        self.time += timedelta(seconds=seconds)


async def opened() -> Thing:
    thing = Thing()
    await thing.fail(5)
    return thing


def test_five_failures_in_a_row_open_it() -> None:
    async def run() -> None:
        thing = Thing()
        await thing.fail(4)
        await thing.call()
        await thing.fail(4)
        assert thing.breaker.state == "closed"
        await thing.fail(1)
        assert thing.breaker.state == "open"
        thing.pass_(20)
        with pytest.raises(BreakerOpen, match="in 40 s") as refused:
            await thing.call()
        assert refused.value.retry_after == 40.0
        assert thing.heard.count("failure") == 9
        assert thing.heard[-1] == "open"

    asyncio.run(run())


def test_after_a_minute_one_call_tries_it_and_the_others_wait() -> None:
    async def run() -> None:
        thing = await opened()
        thing.pass_(60)
        async with thing.breaker.calling():
            assert thing.breaker.state == "half-open"
            for _ in range(3):
                with pytest.raises(BreakerOpen):
                    await thing.call()
        assert thing.breaker.state == "closed"
        await thing.call()
        assert thing.heard[5:] == ["open", "half_open", "success", "close", "success"]
        assert thing.breaker.calm

    asyncio.run(run())


def test_a_try_that_fails_opens_it_for_another_minute() -> None:
    async def run() -> None:
        thing = await opened()
        thing.pass_(60)
        await thing.fail(1)
        assert thing.breaker.state == "open"
        thing.pass_(59)
        with pytest.raises(BreakerOpen):
            await thing.call()
        thing.pass_(1)
        await thing.call()
        assert thing.breaker.state == "closed"

    asyncio.run(run())


def test_so_many_tries_as_asked_for_close_it() -> None:
    async def run() -> None:
        thing = Thing(Limits(successes=3))
        await thing.fail(5)
        thing.pass_(60)
        for _ in range(2):
            await thing.call()
            assert thing.breaker.state == "half-open"
        await thing.call()
        assert thing.breaker.state == "closed"

    asyncio.run(run())


def test_a_try_that_is_cancelled_says_nothing_and_leaves_its_place() -> None:
    async def run() -> None:
        thing = await opened()
        thing.pass_(60)
        begun = asyncio.Event()

        async def slow() -> None:
            async with thing.breaker.calling():
                begun.set()
                await asyncio.Event().wait()

        task = asyncio.create_task(slow())
        await begun.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert thing.breaker.state == "half-open"
        await thing.call()
        assert thing.breaker.state == "closed"

    asyncio.run(run())


@pytest.mark.parametrize("well", [True, False])
def test_what_began_before_it_opened_says_nothing_about_now(well: bool) -> None:
    async def run() -> None:
        thing, ends = Thing(), asyncio.Event()

        async def slow() -> None:
            async with thing.breaker.calling():
                await ends.wait()
                if not well:
                    raise ZeroDivisionError

        late = asyncio.create_task(slow())
        await asyncio.sleep(0)
        await thing.fail(5)
        thing.pass_(60)
        async with thing.breaker.calling():
            ends.set()
            with suppress(ZeroDivisionError):
                await late
            assert thing.breaker.state == "half-open"
        assert thing.breaker.state == "closed"

    asyncio.run(run())


def test_what_is_no_failure_of_the_thing_counts_as_a_success() -> None:
    async def run() -> None:
        thing = Thing()
        for _ in range(9):
            with suppress(KeyError):
                async with thing.breaker.calling(lambda error: not isinstance(error, KeyError)):
                    raise KeyError
        assert thing.breaker.state == "closed"

    asyncio.run(run())


def test_half_of_the_calls_within_ten_seconds_open_it_too() -> None:
    async def run() -> None:
        thing = Thing(Limits(failures=1000, share=0.5))
        for _ in range(4):
            await thing.call()
            await thing.fail(1)
        await thing.call()
        assert thing.breaker.state == "closed"
        await thing.fail(1)
        assert thing.breaker.state == "open"

    asyncio.run(run())


def test_what_is_longer_ago_than_the_window_counts_no_more() -> None:
    async def run() -> None:
        thing = Thing(Limits(failures=1000, share=0.5))
        await thing.fail(9)
        thing.pass_(10.5)
        for _ in range(10):
            await thing.call()
        await thing.fail(9)
        assert thing.breaker.state == "closed"
        await thing.fail(1)
        assert thing.breaker.state == "open"

    asyncio.run(run())
