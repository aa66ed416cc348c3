"""One relay at a time, from where the last one stood."""

from core.kernel.event import START
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
