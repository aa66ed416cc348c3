"""RabbitMQ killed, frozen, emptied and cut off while messages flow: nothing confirmed is lost, nobody waits long."""

import asyncio
from collections.abc import AsyncIterator, Collection, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from itertools import count

import aio_pika
import pytest
from aio_pika.abc import AbstractConnection, AbstractIncomingMessage

from adapters.memory.strands import MemoryStrands
from adapters.rabbitmq.broker import RabbitBroker
from adapters.rabbitmq.queues import strand_name, strands_of
from adapters.rabbitmq.turn import Turn
from core.kernel.ids import MessageId
from core.kernel.job import LeaseLost
from core.kernel.message import STRANDS, Priority, strand_of
from ports.broker import BrokerUnavailable, QueueFull
from ports.strands import StrandHold
from tests.conformance.brokers import LITTLE, RabbitBrokers
from tests.faults.broker_storm import Storm
from tests.faults.flow import (
    LONG,
    a_message,
    again,
    cancelled_while_receiving,
    drained,
    received,
    run,
    send_until_it_fails,
    some,
)
from tests.support.rabbitmq import RabbitServer, rabbit_server

pytestmark = [pytest.mark.rabbitmq, pytest.mark.slow]

BOUND_SECONDS = 45.0
"""Longer than any call may take on a busy machine, and shorter than for ever."""


@pytest.fixture(scope="module")
def server() -> Iterator[RabbitServer]:
    """A node that may be treated roughly."""
    with rabbit_server() as server:
        yield server


@asynccontextmanager
async def connected(server: RabbitServer, most: int = 1_000_000) -> AsyncIterator[RabbitBroker]:
    broker = RabbitBroker(server.url, MemoryStrands(lambda: datetime.now(UTC)), most)
    try:
        yield broker
    finally:
        await broker.close()


def last_of(queue: str) -> str:
    """The last of the server's queues that are made for one of ours."""
    return strand_name((queue, max(Priority), STRANDS - 1))


def test_what_a_killed_server_confirmed_is_there_when_it_comes_back(server: RabbitServer) -> None:
    async def story() -> None:
        confirmed: list[MessageId] = []
        async with connected(server) as broker:
            await again(lambda: broker.send([a_message(1, "killed")]))
            held = await again(lambda: received(broker, queue="killed"))
            await asyncio.to_thread(server.wait_until_written, last_of("killed"))
            sending = asyncio.ensure_future(send_until_it_fails(broker, "killed", confirmed))
            await some(confirmed, 100)
            server.kill()
            async with asyncio.timeout(BOUND_SECONDS):
                with pytest.raises(BrokerUnavailable):
                    await sending
                for call in (lambda: broker.receive("killed", 10, LONG), lambda: broker.depth("killed")):
                    with pytest.raises(BrokerUnavailable):
                        await call()
                with pytest.raises(LeaseLost):
                    await broker.done(held)
            await asyncio.to_thread(server.start)
            came = await drained(broker, len(confirmed), "killed")
            assert came[: len(confirmed)] == confirmed

    run(story())


def test_a_frozen_server_is_unavailable_within_seconds_and_loses_nothing(server: RabbitServer) -> None:
    async def story() -> None:
        confirmed: list[MessageId] = []
        async with connected(server) as broker:
            sending = asyncio.ensure_future(send_until_it_fails(broker, "frozen", confirmed))
            await some(confirmed, 100)
            server.freeze()
            try:
                async with asyncio.timeout(BOUND_SECONDS):
                    with pytest.raises(BrokerUnavailable):
                        await sending
                    with pytest.raises(BrokerUnavailable):
                        await broker.receive("frozen", 10, LONG)
            finally:
                server.thaw()
            came = await drained(broker, len(confirmed), "frozen")
            assert came[: len(confirmed)] == confirmed

    run(story())


def test_queues_that_were_taken_away_are_made_again(server: RabbitServer) -> None:
    async def story() -> None:
        names = [strand_name(place) for priority in Priority for place in strands_of("gone", priority)]
        async with connected(server) as broker, await aio_pika.connect(server.url) as owner:
            channel = await owner.channel()
            for taken_away in (names, names[:1], names[1:]):
                await again(lambda: broker.send([a_message(1, "gone")]))
                await broker.done(await again(lambda: received(broker, queue="gone")))
                for name in taken_away:
                    await channel.queue_delete(name)
                await broker.send([a_message(2, "gone"), a_message(3, "gone")])
                assert await drained(broker, 2, "gone") == [a_message(2).id, a_message(3).id]

    run(story())


def test_a_queue_keeps_the_bound_it_was_made_with_and_the_server_refuses_what_is_beyond(server: RabbitServer) -> None:
    async def story() -> None:
        async with connected(server, LITTLE) as strict, connected(server) as lavish:
            await again(lambda: strict.depth("full"))
            with pytest.raises(QueueFull):
                await send_until_it_fails(lavish, "full", [])
            kept = (await lavish.depth("full")).ready
            assert await drained(lavish, kept, "full") == [a_message(number).id for number in range(1, kept + 1)]

    run(story())


def test_a_batch_is_held_for_no_longer_than_was_asked_for(server: RabbitServer) -> None:
    async def story() -> None:
        async with connected(server) as broker:
            await again(lambda: broker.send([a_message(1, "late"), a_message(2, "late")]))
            held = await received(broker, queue="late", seconds=0.2)
            assert len(held.messages) == 2
            batch = await received(broker, queue="late")
            assert (batch.messages, batch.attempt) == ((a_message(1, "late"),), 2)
            with pytest.raises(LeaseLost):
                await broker.done(held)

    run(story())


def test_who_does_nothing_about_what_he_holds_loses_it_when_its_time_is_over(server: RabbitServer) -> None:
    async def story() -> None:
        strands = MemoryStrands(lambda: datetime.now(UTC))
        one, other = RabbitBroker(server.url, strands), RabbitBroker(server.url, strands)
        await again(lambda: one.send([a_message(1, "stuck"), a_message(2, "stuck")]))
        held = await received(one, queue="stuck", seconds=0.3)
        batch = await received(other, queue="stuck")
        assert (batch.messages, batch.attempt) == (held.messages[:1], 2)
        with pytest.raises(LeaseLost):
            await one.done(held)
        await one.close()
        await other.close()

    run(story())


def test_what_is_held_at_the_end_is_somebody_elses_at_once(server: RabbitServer) -> None:
    async def story() -> None:
        strands = MemoryStrands(lambda: datetime.now(UTC))
        one, other = RabbitBroker(server.url, strands), RabbitBroker(server.url, strands)
        await again(lambda: one.send([a_message(1, "left")]))
        await received(one, queue="left")
        await one.close()
        assert (await received(other, queue="left")).attempt == 2
        await other.close()

    run(story())


class Away(MemoryStrands):
    """Strands in a database that is away when something is to be given back."""

    async def give_back(self, hold: StrandHold) -> None:
        raise BrokerUnavailable("the database is away")


class Late(MemoryStrands):
    """Strands in a database that is late when something is ended."""

    async def end(self, hold: StrandHold, position: int, tried: int, *, keep: float = 0.0) -> None:
        await super().end(hold, position, tried, keep=keep)
        raise LeaseLost("its time was over by then")


def test_whoever_is_cancelled_is_while_the_database_is_away(server: RabbitServer) -> None:
    async def story() -> None:
        broker = RabbitBroker(server.url, Away(lambda: datetime.now(UTC)))
        await again(lambda: broker.send([a_message(1, "cancelled")]))
        with pytest.MonkeyPatch.context() as patch:
            begun = asyncio.Event()

            async def begin(turn: Turn) -> bool:
                begun.set()
                return await asyncio.Event().wait()

            patch.setattr(Turn, "begin", begin)
            await cancelled_while_receiving(broker, begun, "cancelled")
        await broker.close()

    run(story())


def test_whoever_left_does_not_come_back(server: RabbitServer) -> None:
    """Something of him may go on for a moment, and would open a connection that nobody closes."""

    async def story() -> None:
        async with connected(server) as broker:
            await broker.close()
            with pytest.raises(BrokerUnavailable, match="leaves"):
                await broker.depth("q")
            assert not broker.connected

    run(story())


def test_what_is_acknowledged_is_done_however_late_it_is_said(server: RabbitServer) -> None:
    async def story() -> None:
        broker = RabbitBroker(server.url, Late(lambda: datetime.now(UTC)))
        await again(lambda: broker.send([a_message(1, "late-end")]))
        await broker.done(await received(broker, queue="late-end"))
        assert await broker.receive("late-end", 10, LONG) is None
        await broker.close()

    run(story())


def test_a_receiver_that_is_cancelled_is_one_while_anything_of_his_is_out(server: RabbitServer) -> None:
    """Whoever finds a strand without receivers relies on it: nothing of it can be in anybody's hands."""

    async def story() -> None:
        async with connected(server) as broker, await aio_pika.connect(server.url) as owner:
            await again(lambda: broker.send([a_message(1, "out"), a_message(2, "out"), a_message(3, "out")]))
            strand = await (await owner.channel()).get_queue(strand_name(("out", Priority.NORMAL, strand_of("a"))))
            async with owner.channel() as channel:
                await channel.set_qos(prefetch_count=2)
                mine, came = await channel.get_queue(strand.name), asyncio.Queue[AbstractIncomingMessage]()
                tag = await mine.consume(came.put)
                first, second = await came.get(), await came.get()
                await mine.cancel(tag)
                assert (await receivers_of(owner, strand.name), await broker.receive("out", 10, LONG)) == (1, None)
                await first.ack()
                assert await receivers_of(owner, strand.name) == 1
                await second.ack()
                while await receivers_of(owner, strand.name):
                    await asyncio.sleep(0.01)
            assert [one.id for one in (await received(broker, queue="out")).messages] == [a_message(3).id]

    run(story())


def test_of_two_receivers_of_a_strand_one_gets_everything(server: RabbitServer) -> None:
    """Whoever stalls between finding nobody there and receiving, for longer than it is his, gets nothing."""

    async def story() -> None:
        async with connected(server) as broker, await aio_pika.connect(server.url) as owner:
            await again(lambda: broker.send([a_message(1, "two"), a_message(2, "two"), a_message(3, "two")]))
            name = strand_name(("two", Priority.NORMAL, strand_of("a")))
            came = [asyncio.Queue[AbstractIncomingMessage]() for _ in range(2)]
            for receiver in came:
                channel = await owner.channel()
                await channel.set_qos(prefetch_count=1)
                await (await channel.get_queue(name)).consume(receiver.put)
            assert (await came[0].get()).message_id == a_message(1).id
            async with owner.channel() as channel:
                waiting = (await channel.declare_queue(name, passive=True)).declaration_result.message_count
            assert (waiting, came[1].empty()) == (2, True)

    run(story())


class Hints(MemoryStrands):
    """Strands of which is heard again and again that something came into the one of ``a``, and nothing of others."""

    async def ring(self, queue: str, among: Collection[tuple[Priority, int]]) -> None:
        """See the port."""

    async def wait(self, queue: str, seconds: float) -> Collection[tuple[Priority, int]]:
        await super().wait(queue, seconds)
        return [(Priority.NORMAL, strand_of("a"))]


def test_what_nobody_rings_for_is_found_while_others_ring_all_the_time(server: RabbitServer) -> None:
    async def story() -> None:
        async with connected(server) as other:
            broker = RabbitBroker(server.url, Hints(lambda: datetime.now(UTC)))
            await again(lambda: broker.send([a_message(1, "hints")]))
            await broker.done(await received(broker, 1, "hints"))
            await other.send([replace(a_message(2, "hints"), key="b")])
            for number in count(3):
                await broker.send([a_message(number, "hints")])
                await broker.wait("hints", LONG)  # until it is there: whoever finds nothing looks anyway
                batch = await received(broker, 1, "hints")
                await broker.done(batch)
                if batch.messages[0].key == "b":
                    break
            await broker.close()

    run(story())


async def receivers_of(owner: AbstractConnection, queue: str) -> int:
    async with owner.channel() as channel:
        return (await channel.declare_queue(queue, passive=True)).declaration_result.consumer_count or 0


def test_a_message_somebody_else_put_there_is_named(server: RabbitServer) -> None:
    async def story() -> None:
        async with connected(server) as broker, await aio_pika.connect(server.url) as owner:
            await again(lambda: broker.depth("foreign"))
            channel = await owner.channel()
            await channel.default_exchange.publish(aio_pika.Message(b"hello"), "fluxor.foreign.normal.3")
            with pytest.raises(BrokerUnavailable, match=r"fluxor\.foreign\.normal\.3 is not ours"):
                await received(broker, queue="foreign")

    run(story())


@pytest.mark.parametrize("midway", [False, True], ids=["with a batch in hand", "in the middle of receiving"])
@pytest.mark.parametrize("seed", range(3))
def test_whoever_is_lost_what_he_had_comes_first_and_in_order(server: RabbitServer, seed: int, midway: bool) -> None:
    async def story() -> None:
        brokers = RabbitBrokers(server.url)
        async with brokers.opened():
            await Storm(brokers, seed).rage(midway=midway)
            assert (await brokers.one.depth("q")).ready == 0

    run(story())
