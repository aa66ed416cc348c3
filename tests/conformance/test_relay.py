"""One relay at a time, from where the last one stood."""

from datetime import UTC, datetime, timedelta

import pytest

from core.kernel.event import REMEMBERED, START, LongForgotten
from tests.conformance.shop import a_tenant, an_event, recorded
from tests.conformance.storage import Storage


async def test_a_relay_begins_before_everything_and_moves_on(storage: Storage) -> None:
    await a_tenant(storage)
    await recorded(storage, an_event(51), an_event(52), an_event(53))
    relay = storage.relay("one")
    start = await relay.take("r")
    events = await storage.feed.read(start, 10)
    assert len(events) == len(await storage.feed.read(START, 10)) == 3
    await relay.advance("r", events[1].cursor)
    assert await storage.feed.read(await relay.take("r"), 10) == events[2:]


async def test_a_position_never_goes_back(storage: Storage) -> None:
    await a_tenant(storage)
    await recorded(storage, an_event(51), an_event(52))
    relay = storage.relay("one")
    events = await storage.feed.read(await relay.take("r"), 10)
    await relay.advance("r", events[1].cursor)
    await relay.advance("r", events[0].cursor)
    assert await relay.take("r") == events[1].cursor


async def test_another_process_waits_until_the_relay_was_let_go(storage: Storage) -> None:
    one, two = storage.relay("one"), storage.relay("two")
    assert await one.take("r") is not None
    assert await two.take("r") is None
    assert await one.take("r") is not None
    await storage.let_relay_go()
    assert await two.take("r") is not None
    assert await one.take("r") is None


async def test_relays_of_different_names_do_not_meet(storage: Storage) -> None:
    await a_tenant(storage)
    await recorded(storage, an_event())
    one, two = storage.relay("one"), storage.relay("two")
    await one.take("r")
    assert await two.take("s") is not None
    (event,) = await storage.feed.read(START, 1)
    await one.advance("r", event.cursor)
    assert await storage.feed.read(await two.take("s"), 10) == [event]


async def test_only_who_holds_the_relay_moves_it_on(storage: Storage) -> None:
    await a_tenant(storage)
    await recorded(storage, an_event(51), an_event(52))
    one, two = storage.relay("one"), storage.relay("two")
    events = await storage.feed.read(await one.take("r"), 10)
    await storage.let_relay_go()
    await two.take("r")
    await one.advance("r", events[1].cursor)
    assert await storage.feed.read(await two.take("r"), 10) == events


async def test_what_was_relayed_since_comes_again_and_whoever_relayed_meanwhile_moves_nothing(storage: Storage) -> None:
    now = datetime.now(UTC)
    await a_tenant(storage)
    await recorded(storage, an_event(51), now=now - timedelta(hours=3))
    await recorded(storage, an_event(52), an_event(53), now=now - timedelta(hours=1))
    await recorded(storage, an_event(54), now=now)
    one, two = storage.relay("one"), storage.relay("two")
    events = await storage.feed.read(await one.take("r"), 10)
    await one.advance("r", events[2].cursor)
    assert await two.rewind("r", now - timedelta(hours=2)) == 2
    await one.advance("r", events[3].cursor)
    assert await one.take("r") is None
    await storage.let_relay_go()
    assert await storage.feed.read(await one.take("r"), 10) == events[1:]


async def test_clocks_that_differ_a_little_lose_nothing(storage: Storage) -> None:
    now = datetime.now(UTC)
    await a_tenant(storage)
    await recorded(storage, an_event(51), now=now - timedelta(hours=1))
    one = storage.relay("one")
    (event,) = await storage.feed.read(await one.take("r"), 10)
    await one.advance("r", event.cursor)
    assert await one.rewind("r", now - timedelta(minutes=58)) == 0
    assert await one.rewind("r", now - timedelta(minutes=59, seconds=30)) == 1


async def test_what_was_not_relayed_yet_needs_no_going_back(storage: Storage) -> None:
    await a_tenant(storage)
    await recorded(storage, an_event(51))
    one = storage.relay("one")
    assert await one.rewind("r", datetime.now(UTC)) == 0
    start = await one.take("r")
    assert await one.rewind("r", datetime.now(UTC) - timedelta(days=1)) == 0
    assert await one.take("r") == start


async def test_what_nobody_remembers_having_applied_does_not_come_again(storage: Storage) -> None:
    relay = storage.relay("one")
    await relay.rewind("r", datetime.now(UTC) - REMEMBERED + timedelta(days=1, minutes=5))
    with pytest.raises(LongForgotten, match="only what was recorded after"):
        await relay.rewind("r", datetime.now(UTC) - REMEMBERED + timedelta(days=1) - timedelta(minutes=5))
