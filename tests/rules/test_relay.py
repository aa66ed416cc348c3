"""Who relays keeps the relay for as long as he publishes, and no longer than he lives."""

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta

import pytest

from adapters.memory.database import MemoryDatabase
from adapters.memory.journal import MemoryJournalFeed
from adapters.memory.relay import HELD, MemoryRelayPosition
from adapters.memory.store import Faults, Store
from adapters.memory.telemetry import MemoryTelemetry
from adapters.memory.transaction import MemoryTransactions
from core.configuration.flag import Flag, FlagSet
from core.kernel.event import NewEvent, RecordedEvent
from core.kernel.ids import StreamId
from entrypoints.worker.relay import RENEW_SECONDS, Relay
from tests.support.given import NOW, TENANT, a_context, an_id, numbered_ids

STEP = timedelta(seconds=RENEW_SECONDS)


class World:
    """A store with an event in it, its time, and a relay that publishes for as long as it is told to."""

    def __init__(self) -> None:
        self.time = NOW
        self.store = Store(clock=lambda: self.time)
        self.database = MemoryDatabase(self.store)
        self.telemetry = MemoryTelemetry()
        self.steps = 0
        self._slept = asyncio.Event()
        feed, position = MemoryJournalFeed(self.database), MemoryRelayPosition(self.database, "one")
        self.relay = Relay(feed, position, self, self, self.telemetry, "r")  # type: ignore[arg-type]

    async def record(self) -> None:
        body = FlagSet(flag=Flag.RISK_ASSESSMENT, enabled=True)
        transactions = MemoryTransactions(self.database, numbered_ids())
        async with transactions.begin(a_context()) as tx:
            await tx.journal.record([NewEvent(tenant=TENANT, stream=StreamId(an_id(51)), version=1, body=body)])

    async def publish(self, events: Sequence[RecordedEvent]) -> None:
        """Takes so many steps of time, and lets others run after each."""
        for _ in range(self.steps):
            self.time += STEP
            self._slept.set()
            for _ in range(50):
                await asyncio.sleep(0)
        assert await self.other() is None

    def now(self) -> datetime:
        return self.time

    async def sleep(self, seconds: float) -> None:
        assert seconds == RENEW_SECONDS
        await self._slept.wait()
        self._slept.clear()

    async def other(self) -> object:
        """What another process is told that would relay."""
        return await MemoryRelayPosition(self.database, "two").take("r")


def test_the_relay_is_kept_however_long_publishing_takes() -> None:
    async def run() -> None:
        world = World()
        world.steps = 20
        await world.record()
        assert await world.relay.step() == 1
        world.time += HELD + STEP
        assert await world.other() is not None

    asyncio.run(run())


def test_how_far_the_relay_is_behind_is_told() -> None:
    async def run() -> None:
        world = World()
        await world.record()
        world.time += timedelta(seconds=90)
        await world.relay.step()
        assert world.telemetry.gauges["journal_relay_lag_seconds"] == 90.0
        await world.relay.step()
        assert world.telemetry.gauges["journal_relay_lag_seconds"] == 0.0

    asyncio.run(run())


def test_who_is_the_relay_no_more_is_behind_with_nothing() -> None:
    async def run() -> None:
        world = World()
        await world.record()
        world.time += timedelta(seconds=90)
        await world.relay.step()
        world.time += HELD + STEP
        await world.other()
        assert await world.relay.step() == 0
        assert world.telemetry.gauges["journal_relay_lag_seconds"] == 0.0

    asyncio.run(run())


def test_while_the_storage_is_away_it_is_asked_again() -> None:
    class Away(Faults):
        def __init__(self) -> None:
            self.asked = 0

        def reachable(self, process: str) -> bool:
            self.asked += 1
            return self.asked > 2

    async def run() -> None:
        world = World()
        world.steps = 6
        await world.record()
        publish = world.publish

        async def publish_while_away(events: Sequence[RecordedEvent]) -> None:
            world.store.faults = Away()
            await publish(events)

        world.publish = publish_while_away  # type: ignore[method-assign]
        assert await world.relay.step() == 1
        assert [message for _, message, _ in world.telemetry.messages] == ["not held longer; trying again"] * 2

    asyncio.run(run())


def test_who_fails_to_publish_lets_the_relay_go() -> None:
    async def run() -> None:
        world = World()
        await world.record()

        async def fail(events: Sequence[RecordedEvent]) -> None:
            raise ConnectionError

        world.publish = fail  # type: ignore[method-assign]
        with pytest.raises(ConnectionError):
            await world.relay.step()
        world.time += HELD + STEP
        world._slept.set()
        for _ in range(50):
            await asyncio.sleep(0)
        assert await world.other() is not None

    asyncio.run(run())
