"""Kafka away, slow, and not as it should be while messages flow: nothing confirmed is lost, nothing waits for ever."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from functools import wraps
from typing import Any

import pytest
from confluent_kafka import KafkaError, Producer

from adapters.kafka.broker import KafkaBroker, open_kafka_broker
from adapters.kafka.link import partition_of, topic_of
from adapters.kafka.reading import Reading
from adapters.memory.strands import MemoryStrands
from core.kernel.ids import MessageId
from core.kernel.message import Priority
from ports.broker import BrokerUnavailable
from ports.strands import StrandHold
from tests.conformance.brokers import KafkaBrokers
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
from tests.support.kafka import KafkaServer, kafka_server

pytestmark = [pytest.mark.kafka, pytest.mark.slow]

BOUND_SECONDS = 30.0
"""Longer than any call may take on a busy machine, and shorter than for ever."""


@pytest.fixture
def server() -> Iterator[KafkaServer]:
    with kafka_server() as server:
        yield server


def story(test: Callable[..., Awaitable[None]]) -> Callable[..., None]:
    """A test that is an ``async def``, run within a bounded time."""

    @wraps(test)
    def played(**arguments: Any) -> None:
        run(test(**arguments))

    return played


@asynccontextmanager
async def connected(server: KafkaServer) -> AsyncIterator[KafkaBroker]:
    async with open_kafka_broker(server.url, MemoryStrands(lambda: datetime.now(UTC))) as broker:
        yield broker


@story
async def test_of_what_was_confirmed_before_it_went_away_nothing_is_lost(server: KafkaServer) -> None:
    confirmed: list[MessageId] = []
    async with connected(server) as broker:
        sending = asyncio.ensure_future(send_until_it_fails(broker, "q", confirmed))
        await some(confirmed, 100)
        server.kill()
        async with asyncio.timeout(BOUND_SECONDS):
            with pytest.raises(BrokerUnavailable):
                await sending
            for call in (lambda: broker.receive("q", 10, LONG), lambda: broker.depth("q")):
                with pytest.raises(BrokerUnavailable):
                    await call()
        server.start()
        rest = [a_message(number) for number in range(len(confirmed) + 1, len(confirmed) + 41)]
        await again(lambda: broker.send(rest))
        assert await drained(broker, len(confirmed) + 40) == [*confirmed, *(message.id for message in rest)]


@story
async def test_what_is_in_hand_when_it_goes_away_can_be_ended(server: KafkaServer) -> None:
    async with connected(server) as broker:
        await broker.send([a_message(1), a_message(2)])
        held = await again(lambda: received(broker, 1))
        server.kill()
        await broker.done(held)
        server.start()
        assert [message.id for message in (await again(lambda: received(broker))).messages] == [a_message(2).id]


@story
async def test_a_slow_server_is_waited_for(server: KafkaServer) -> None:
    async with connected(server) as broker:
        server.answer_after(0.3)
        await broker.send([a_message(1)])
        await broker.done(await received(broker))
        assert (await broker.depth("q")).ready == 0


@story
async def test_a_topic_that_is_not_there_or_too_small_is_named(server: KafkaServer) -> None:
    async with connected(server) as broker:
        with pytest.raises(BrokerUnavailable, match="24 partitions"):
            await broker.receive("nobody-made-it", 10, LONG)


@story
async def test_what_is_behind_a_message_that_is_too_big_is_not_sent_before_it(server: KafkaServer) -> None:
    async with connected(server) as broker:
        with pytest.raises(BrokerUnavailable, match="too large"):
            await broker.send([a_message(1), replace(a_message(2), payload=bytes(2_000_000)), a_message(3)])
        await broker.send([a_message(4)])
        assert (await drained(broker, (await broker.depth("q")).ready))[-1] == a_message(4).id


@story
async def test_what_is_behind_a_message_that_is_refused_is_not_kept_before_it(server: KafkaServer) -> None:
    sent = [replace(a_message(number), payload=bytes(5_000)) for number in range(1, 901)]
    one_by_one = f"{server.url}?max.in.flight.requests.per.connection=1"
    async with open_kafka_broker(one_by_one, MemoryStrands(lambda: datetime.now(UTC))) as broker:
        await broker.send([a_message(1000)])
        # A broker that refused one refuses, by its number, what is sent before that was heard; the mock has to be told.
        server.refuse_next(KafkaError.MSG_SIZE_TOO_LARGE, KafkaError.OUT_OF_ORDER_SEQUENCE_NUMBER)
        with pytest.raises(BrokerUnavailable, match="too large"):
            await broker.send(sent)
        await again(lambda: broker.send(sent))
        assert await drained(broker, 901) == [a_message(1000).id, *(message.id for message in sent)]


@story
async def test_a_message_somebody_else_put_there_is_named(server: KafkaServer) -> None:
    stranger = Producer({"bootstrap.servers": server.url.removeprefix("kafka://")})
    stranger.produce(topic_of("q"), b"hello", partition=partition_of(Priority.NORMAL, 3))
    assert stranger.flush(BOUND_SECONDS) == 0
    async with connected(server) as broker:
        with pytest.raises(BrokerUnavailable, match=r"not ours: partition 11 of fluxor\.q, offset 0"):
            await received(broker)


@story
async def test_a_topic_that_was_made_anew_is_named(server: KafkaServer) -> None:
    strands = MemoryStrands(lambda: datetime.now(UTC))
    async with open_kafka_broker(server.url, strands) as broker:
        await broker.send([a_message(1), a_message(2)])
        assert len(await drained(broker, 2)) == 2
    with kafka_server() as another:
        async with open_kafka_broker(another.url, strands) as broker:
            with pytest.raises(BrokerUnavailable, match="2 messages are done with, and it has 0"):
                await broker.receive("q", 10, LONG)


class Away(MemoryStrands):
    """Strands in a database that is away when something is to be given back."""

    async def give_back(self, hold: StrandHold) -> None:
        raise BrokerUnavailable("the database is away")


@story
async def test_whoever_is_cancelled_is_while_the_database_is_away(server: KafkaServer) -> None:
    async with open_kafka_broker(server.url, Away(lambda: datetime.now(UTC))) as broker:
        await broker.send([a_message(1)])
        with pytest.MonkeyPatch.context() as patch:
            begun = asyncio.Event()

            async def read(*_: object) -> None:
                begun.set()
                await asyncio.Event().wait()

            patch.setattr(Reading, "read", read)
            await cancelled_while_receiving(broker, begun)


@story
async def test_an_option_that_is_none_is_named(server: KafkaServer) -> None:
    with pytest.raises(BrokerUnavailable, match=r"QUEUE_URL is wrong.*no\.such\.option"):
        async with open_kafka_broker(f"{server.url}?no.such.option=1", MemoryStrands(lambda: datetime.now(UTC))):
            pass


@pytest.mark.parametrize("midway", [False, True], ids=["with a batch in hand", "in the middle of receiving"])
@pytest.mark.parametrize("seed", range(3))
@story
async def test_whoever_is_lost_what_he_had_comes_first_and_in_order(
    server: KafkaServer, seed: int, midway: bool
) -> None:
    brokers = KafkaBrokers(server.url)
    async with brokers.opened():
        await Storm(brokers, seed).rage(midway=midway)
        assert (await brokers.one.depth("q")).ready == 0
