"""Who has drained a strand of RabbitMQ's rests on it: what comes next is in hand at once, and nobody waits for it."""

import asyncio
from collections.abc import AsyncIterator, Collection
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime

import aio_pika
import pytest

from adapters.memory.strands import MemoryStrands
from adapters.rabbitmq import known, receiving, resting
from adapters.rabbitmq.broker import RabbitBroker, open_rabbit_broker
from adapters.rabbitmq.known import Known
from adapters.rabbitmq.queues import Queues, strand_name
from adapters.rabbitmq.turn import Turn
from core.kernel.message import Message, Priority, strand_of
from ports.broker import BrokerUnavailable
from ports.queue import Depth
from tests.faults.flow import LONG, a_message, received, run

pytestmark = pytest.mark.rabbitmq


class Silent(MemoryStrands):
    """Strands that nobody hears ring."""

    async def ring(self, queue: str, among: Collection[tuple[Priority, int]]) -> None:
        """See the port."""


@asynccontextmanager
async def two(url: str, queue: str, strands: MemoryStrands) -> AsyncIterator[tuple[RabbitBroker, RabbitBroker]]:
    """Two processes, the first of which rests on the strand of ``a``."""
    async with AsyncExitStack() as stack:
        one, other = [await stack.enter_async_context(open_rabbit_broker(url, strands)) for _ in range(2)]
        await other.send([a_message(1, queue)])
        await one.done(await received(one, queue=queue))
        yield one, other


def strands(kind: type[MemoryStrands] = MemoryStrands) -> MemoryStrands:
    return kind(lambda: datetime.now(UTC))


def another(number: int, queue: str, priority: Priority = Priority.NORMAL) -> Message:
    """One in another strand."""
    assert strand_of("a") != strand_of("b")
    return replace(a_message(number, queue), key="b", priority=priority)


def test_what_comes_next_needs_nobody_to_tell_of_it(rabbitmq_url: str) -> None:
    async def story() -> None:
        async with two(rabbitmq_url, "told", strands(Silent)) as (one, other):
            for number in range(2, 12):
                waiting = asyncio.ensure_future(one.wait("told", LONG))
                await other.send([a_message(number, "told")])
                await waiting
                batch = await one.receive("told", 10, LONG)
                assert batch is not None
                assert (batch.messages, batch.attempt) == ((a_message(number, "told"),), 1)
                await one.done(batch)

    run(story())


def test_what_comes_to_who_is_busy_goes_to_another(rabbitmq_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(receiving, "REST_SECONDS", LONG)

    async def story() -> None:
        async with two(rabbitmq_url, "busy", strands()) as (one, other):
            await other.send([another(2, "busy")])
            held = await received(one, queue="busy")
            sent = [a_message(number, "busy") for number in range(3, 6)]
            await other.send(sent)
            batch = await received(other, queue="busy")
            assert (list(batch.messages), batch.attempt) == (sent, 1)
            await other.done(batch)
            await one.done(held)

    run(story())


def test_looking_for_what_nobody_rang_for_holds_up_nothing_that_came(
    rabbitmq_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(known, "LOOK_SECONDS", 0.0)
    looking = asyncio.Event()

    async def for_ever(*_: object) -> None:
        looking.set()
        await asyncio.Event().wait()

    async def story() -> None:
        async with two(rabbitmq_url, "looks", strands(Silent)) as (one, other):
            monkeypatch.setattr(Known, "_look", for_ever)
            receiving = asyncio.ensure_future(one.receive("looks", 10, LONG))
            await looking.wait()
            await other.send([a_message(2, "looks")])
            batch = await receiving
            assert batch is not None
            await one.done(batch)
            await other.send([a_message(3, "looks")])
            await one.done(await received(one, queue="looks"))

    run(story())


def test_who_could_not_look_looks_again(rabbitmq_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    async def lost(*_: object) -> None:
        raise ConnectionError("lost")

    async def story() -> None:
        async with open_rabbit_broker(rabbitmq_url, strands()) as one:
            with monkeypatch.context() as patch:
                patch.setattr(Queues, "strands", lost)
                for _ in range(2):
                    with pytest.raises(BrokerUnavailable):
                        await one.receive("again", 10, LONG)
            await one.receive("again", 10, LONG)

    run(story())


def test_who_rests_for_long_leaves(rabbitmq_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(receiving, "REST_SECONDS", 0.2)

    async def story() -> None:
        name = strand_name(("leaves", Priority.NORMAL, strand_of("a")))
        async with two(rabbitmq_url, "leaves", strands()), await aio_pika.connect(rabbitmq_url) as owner:
            channel = await owner.channel()
            while (await channel.declare_queue(name, passive=True)).declaration_result.consumer_count:
                await asyncio.sleep(0.01)

    run(story())


def test_of_what_came_while_he_left_somebody_is_told(rabbitmq_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(receiving, "REST_SECONDS", 0.2)
    closed, go_on, close = asyncio.Event(), asyncio.Event(), Turn.close

    async def slowly_closed(turn: Turn) -> None:
        await close(turn)
        closed.set()
        await go_on.wait()

    async def story() -> None:
        monkeypatch.setattr(Turn, "close", slowly_closed)
        began = datetime.now(UTC)
        held = MemoryStrands(lambda: began)  # by the clock of the strands his time is not over yet
        async with two(rabbitmq_url, "meanwhile", held) as (_, other):
            await closed.wait()
            while await held.wait("meanwhile", 0):
                pass
            await other.send([a_message(2, "meanwhile")])
            assert not await held.wait("meanwhile", 0), "it is kept still"
            go_on.set()
            await other.wait("meanwhile", LONG)
            assert (await received(other, queue="meanwhile")).messages == (a_message(2, "meanwhile"),)

    run(story())


def test_the_strand_of_who_ends_is_free_at_once(rabbitmq_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(receiving, "REST_SECONDS", LONG)

    async def story() -> None:
        held = strands()
        async with two(rabbitmq_url, "ends", held) as (one, _):
            mine = [(Priority.NORMAL, strand_of("a"))]
            assert await held.take("ends", mine, LONG) is None
            await one.close()
            assert await held.take("ends", mine, LONG) is not None

    run(story())


def test_what_came_is_counted(rabbitmq_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resting, "BUSY_SECONDS", LONG)

    async def story() -> None:
        async with two(rabbitmq_url, "counted", strands()) as (one, other):
            await other.send([a_message(number, "counted") for number in range(2, 5)])
            while await one.depth("counted") != Depth(ready=3):
                await asyncio.sleep(0.01)
            await received(one, 1, "counted")
            assert await one.depth("counted") == Depth(ready=2, leased=1)

    run(story())


@pytest.mark.parametrize("priority", [Priority.HIGH, Priority.NORMAL])
def test_it_comes_behind_what_waits_elsewhere(
    rabbitmq_url: str, priority: Priority, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(resting, "BUSY_SECONDS", LONG)

    async def story() -> None:
        queue = f"behind {priority.name}"
        async with two(rabbitmq_url, queue, strands()) as (one, other):
            await other.send([a_message(2, queue)])
            await one.wait(queue, LONG)
            await other.send([another(3, queue, priority)])
            for key in ("b", "a"):
                batch = await received(one, queue=queue)
                assert [message.key for message in batch.messages] == [key]
                await one.done(batch)

    run(story())


def test_who_has_more_to_do_elsewhere_does_not_stay(rabbitmq_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(receiving, "REST_SECONDS", LONG)
    monkeypatch.setattr(resting, "BUSY_SECONDS", LONG)

    async def story() -> None:
        held = strands()
        async with open_rabbit_broker(rabbitmq_url, held) as one:
            await one.send([a_message(1, "more"), a_message(2, "more"), another(3, "more"), another(4, "more")])
            batch = await received(one, 1, "more")
            await one.done(batch)
            left = [(Priority.NORMAL, strand_of(batch.messages[0].key))]
            assert list(await held.wait("more", 0)) == left
            assert await held.take("more", left, LONG) is not None

    run(story())


def test_a_queue_that_was_taken_away_is_rested_on_no_more(rabbitmq_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(receiving, "REST_SECONDS", LONG)

    async def story() -> None:
        told, drop = asyncio.Event(), Turn._drop

        def dropped(turn: Turn, frame: object) -> None:
            drop(turn, frame)
            told.set()

        monkeypatch.setattr(Turn, "_drop", dropped)
        monkeypatch.setattr(Known, "look_a_little", lambda *_: None)  # who looks at one that is not there makes it
        async with two(rabbitmq_url, "taken", strands()) as (one, other), await aio_pika.connect(rabbitmq_url) as owner:
            await (await owner.channel()).queue_delete(strand_name(("taken", Priority.NORMAL, strand_of("a"))))
            await told.wait()  # the server gives what comes sooner to who is not there any more, until he is closed
            await other.send([a_message(2, "taken")])
            assert (await received(one, queue="taken")).messages == (a_message(2, "taken"),)

    run(story())
