"""A connection to RabbitMQ that is given up, and one that was made since."""

import asyncio
from types import SimpleNamespace
from typing import Any

import aio_pika
import pytest

from adapters.rabbitmq import link as module
from adapters.rabbitmq.link import Link
from ports.broker import BrokerUnavailable


class Connection:
    """One that never says that it is closed."""

    def __init__(self) -> None:
        self.transport = SimpleNamespace(connection=SimpleNamespace(is_opened=True))
        self.closing = asyncio.Event()

    async def close(self) -> None:
        self.closing.set()
        await asyncio.Event().wait()


def played(monkeypatch: pytest.MonkeyPatch, story: Any) -> None:
    async def connect(*_: object, **__: object) -> Connection:
        return Connection()

    monkeypatch.setattr(aio_pika, "connect", connect)
    monkeypatch.setattr(module, "ANSWER_SECONDS", 0.05)
    asyncio.run(asyncio.wait_for(story(Link("amqp://nobody", "tests")), 30))


def test_one_that_does_not_close_takes_the_next_one_with_it_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    async def story(link: Link) -> None:
        await link.connect()
        link.give_up()
        fresh = await link.connect()
        await link.close_what_is_left()
        assert await link.connect() is fresh

    played(monkeypatch, story)


def test_one_that_is_silent_from_the_first_moment_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    async def story(link: Link) -> None:
        asked = []

        async def ask() -> None:
            async with link.talking():
                asked.append(await link.connect())
                await asyncio.Event().wait()

        with pytest.raises(BrokerUnavailable):
            await ask()
        assert await link.connect() is not asked[0]

    played(monkeypatch, story)
