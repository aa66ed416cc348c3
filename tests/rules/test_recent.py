"""What was looked up a moment ago: asked for once, for so long, and of too many those used last."""

import asyncio
from datetime import datetime, timedelta

from entrypoints.http.cache import Recent
from tests.support.given import NOW

KEPT = timedelta(seconds=30)


class Moment:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.moment = NOW

    def now(self) -> datetime:
        return self.moment


def remembered(recent: Recent[str, str], asked: list[str], *keys: str) -> None:
    """Ask for these, one after the other; ``asked`` grows by those that had to be looked up."""

    async def ask() -> None:
        for key in keys:

            async def look_up(key: str = key) -> str:
                asked.append(key)
                return key

            assert await recent.get(key, look_up) == key

    asyncio.run(ask())


def test_of_too_many_those_used_last_are_remembered() -> None:
    asked: list[str] = []
    recent: Recent[str, str] = Recent(Moment(), size=2, kept=KEPT)
    remembered(recent, asked, "a", "b", "a", "c", "a", "b")
    assert asked == ["a", "b", "c", "b"]


def test_what_is_known_for_too_long_is_asked_again_however_often_it_is_used() -> None:
    clock, asked = Moment(), list[str]()
    recent: Recent[str, str] = Recent(clock, size=2, kept=KEPT)
    remembered(recent, asked, "a")
    clock.moment += KEPT - timedelta(seconds=1)
    remembered(recent, asked, "a")
    clock.moment += timedelta(seconds=1)
    remembered(recent, asked, "a")
    assert asked == ["a", "a"]
