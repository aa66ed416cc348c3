"""A sender knows what he sent himself, and finds out now and then what others have: behind what he sends."""

import asyncio
from dataclasses import dataclass

import pytest

from adapters.toolkit import room as module
from adapters.toolkit.room import LOOK_SECONDS, Room
from core.kernel.ids import MessageId
from core.kernel.message import Message
from ports.broker import BrokerUnavailable, QueueFull
from tests.support.given import TENANT, an_id

MOST = 10


@dataclass
class Queue:
    """What a queue holds, looked at by a sender whose time passes when it is told to."""

    holds: int = 0
    looks: int = 0
    away: bool = False
    time: float = 1000.0

    async def waiting(self, queue: str) -> int:
        self.looks += 1
        if self.away:
            raise BrokerUnavailable("away")
        return self.holds

    async def send(self, room: Room, number: int) -> None:
        async with room.taken([a_message(one) for one in range(number)]):
            self.holds += number


def a_message(number: int) -> Message:
    return Message(id=MessageId(an_id(number)), tenant=TENANT, queue="q", key="a", payload=b"", correlation="c")


@pytest.fixture
def queue(monkeypatch: pytest.MonkeyPatch) -> Queue:
    queue = Queue()
    monkeypatch.setattr(module, "monotonic", lambda: queue.time)
    return queue


@pytest.fixture
def room(queue: Queue) -> Room:
    return Room(MOST, queue.waiting)


def test_a_full_queue_is_looked_at_before_it_refuses(queue: Queue, room: Room) -> None:
    async def story() -> None:
        await queue.send(room, MOST)
        with pytest.raises(QueueFull, match="queue q holds 10"):
            await queue.send(room, 1)
        queue.holds = 3
        await queue.send(room, 1)

    asyncio.run(story())


def test_what_others_sent_is_found_out_in_time_and_behind_what_one_sends(queue: Queue, room: Room) -> None:
    async def story() -> None:
        await queue.send(room, 1)
        queue.holds += MOST  # others fill it
        await queue.send(room, 1)
        assert queue.looks == 1
        queue.time += LOOK_SECONDS + 0.1
        await queue.send(room, 1)
        assert queue.looks == 2
        with pytest.raises(QueueFull):
            await queue.send(room, 1)

    asyncio.run(story())


def test_what_was_sent_is_sent_though_nobody_can_look_then(queue: Queue, room: Room) -> None:
    async def story() -> None:
        await queue.send(room, 1)
        queue.time += LOOK_SECONDS + 0.1
        queue.away = True
        await queue.send(room, 1)
        assert (queue.holds, queue.looks) == (2, 2)

    asyncio.run(story())
