"""Messages that flow through a broker while something is done to it."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from functools import partial
from itertools import count
from typing import TypeVar

import pytest

from core.kernel.ids import MessageId
from core.kernel.job import LeaseLost
from core.kernel.message import Batch, Message
from ports.broker import Broker, BrokerUnavailable
from tests.support.given import TENANT, an_id

LONG = 600.0
STORY_SECONDS = 120.0
T = TypeVar("T")


def run(story: Awaitable[None]) -> None:
    """Play it, within a bounded time."""

    async def bounded() -> None:
        async with asyncio.timeout(STORY_SECONDS):
            await story

    asyncio.run(bounded())


def a_message(number: int, queue: str = "q") -> Message:
    return Message(id=MessageId(an_id(number)), tenant=TENANT, queue=queue, key="a", payload=b"said", correlation="c-1")


async def received(broker: Broker, limit: int = 100, queue: str = "q", seconds: float = LONG) -> Batch:
    """The next batch, as soon as there is one."""
    while (batch := await broker.receive(queue, limit, seconds)) is None:
        await asyncio.sleep(0.01)
    return batch


async def cancelled_while_receiving(broker: Broker, begun: asyncio.Event, queue: str = "q") -> None:
    """Receive, and think better of it once that has ``begun``. Whatever goes wrong then, it is over."""
    receiving = asyncio.ensure_future(broker.receive(queue, 10, LONG))
    await begun.wait()
    receiving.cancel()
    with pytest.raises(asyncio.CancelledError):
        await receiving


async def again(call: Callable[[], Awaitable[T]]) -> T:
    """What ``call`` answers, as soon as there is a server that does."""
    while True:
        try:
            return await call()
        except BrokerUnavailable:
            await asyncio.sleep(0.05)


async def drained(broker: Broker, number: int, queue: str = "q") -> list[MessageId]:
    """The ids of at least ``number`` different messages, in the order they first came."""
    ids: dict[MessageId, None] = {}
    while len(ids) < number:
        batch = await again(lambda: received(broker, queue=queue))
        ids |= dict.fromkeys(message.id for message in batch.messages)
        await again(partial(ended, broker, batch))
    return list(ids)


async def ended(broker: Broker, batch: Batch) -> None:
    with suppress(LeaseLost):
        await broker.done(batch)


async def send_until_it_fails(broker: Broker, queue: str, confirmed: list[MessageId]) -> None:
    """Send without end; ``confirmed`` grows by what is kept. Raises what ``send`` does."""
    for start in count(1, 20):
        messages = [a_message(number, queue) for number in range(start, start + 20)]
        await broker.send(messages)
        confirmed += [message.id for message in messages]


async def some(confirmed: list[MessageId], number: int) -> None:
    """Until so many are confirmed."""
    while len(confirmed) < number:
        await asyncio.sleep(0.01)
