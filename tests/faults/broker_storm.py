"""Messages of one strand between two processes that are lost again and again: what comes, in which order, how often.

Run by hand: ``python -m tests.faults.broker_storm --seeds 100``, over RabbitMQ, with receivers lost in the middle of
receiving as well.

The strand is known beforehand: whatever is handed out must be the first of what nobody has ended, alone and with its
attempt if it was handed out before, and else together with others that were not.
"""

import argparse
import asyncio
import sys
from random import Random

from core.kernel.ids import MessageId
from core.kernel.job import LeaseLost
from core.kernel.message import Batch
from ports.broker import Broker, BrokerUnavailable
from tests.conformance.brokers import Brokers, RabbitBrokers
from tests.faults.flow import LONG, a_message
from tests.support.rabbitmq import rabbit_server

ROUNDS = 40


class Storm:
    """What was sent, what was handed out how often, and what is over."""

    def __init__(self, brokers: Brokers, seed: int) -> None:
        self._brokers = brokers
        self._chance = Random(seed)
        self._sent: list[MessageId] = []
        self._out: dict[MessageId, int] = {}
        self._ended: set[MessageId] = set()

    async def rage(self, *, midway: bool) -> None:
        """Lose whoever holds something, or with ``midway`` also whoever is about to, and in the end receive all."""
        for _ in range(ROUNDS):
            if self._chance.random() < 0.4:
                await self._send()
            broker = self._chance.choice([self._brokers.one, self._brokers.two])
            limit = self._chance.choice([1, 2, 3, 7, 100])
            if midway and self._chance.random() < 0.4:
                await self._lose_midway(broker, limit)
            elif batch := await broker.receive("q", limit, LONG):
                self._see(batch, exactly=not midway)
                if self._chance.random() < 0.4:
                    await self._lose(broker, batch)
                else:
                    await self._end(broker, batch)
        while self._ended < set(self._sent):
            # Either may have something in hand of which more is to come.
            for broker in (self._brokers.one, self._brokers.two):
                if batch := await broker.receive("q", 100, LONG):
                    self._see(batch, exactly=not midway)
                    await self._end(broker, batch)

    async def _send(self) -> None:
        start = len(self._sent) + 1
        messages = [a_message(number) for number in range(start, start + self._chance.randrange(1, 40))]
        await self._brokers.one.send(messages)
        self._sent += [message.id for message in messages]

    def _see(self, batch: Batch, *, exactly: bool) -> None:
        ids = [message.id for message in batch.messages]
        before = [self._out.get(one, 0) for one in ids]
        for one in ids:
            self._out[one] = self._out.get(one, 0) + 1
        if not exactly and self._ended.issuperset(ids):
            return  # a copy of what was ended already
        assert ids == [one for one in self._sent if one not in self._ended][: len(ids)]
        assert batch.attempt == before[0] + 1 or (batch.attempt > before[0] + 1 and not exactly)
        assert len(ids) == 1 or not any(before)

    async def _end(self, broker: Broker, batch: Batch) -> None:
        await broker.done(batch)
        self._ended |= {message.id for message in batch.messages}

    async def _lose(self, broker: Broker, batch: Batch) -> None:
        await self._brokers.let_go()
        try:
            await broker.done(batch)
        except LeaseLost:
            return
        raise AssertionError("a lost batch was ended")

    async def _lose_midway(self, broker: Broker, limit: int) -> None:
        receiving = asyncio.ensure_future(broker.receive("q", limit, LONG))
        await asyncio.wait([receiving], timeout=self._chance.random() / 20)
        losing = asyncio.ensure_future(self._brokers.let_go())
        if self._chance.random() < 0.3:
            receiving.cancel()
        await asyncio.wait([receiving])
        losing.cancel()  # what was received over a new connection is held: it would wait for that for ever
        await asyncio.wait([losing])
        await self._brokers.let_go()
        if receiving.cancelled() or isinstance(receiving.exception(), BrokerUnavailable):
            return
        if batch := receiving.result():
            self._see(batch, exactly=False)


def main() -> int:
    """The storm as a command: 1 when a seed found something out of order."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=20)
    options = parser.parse_args()

    async def weather(url: str, seed: int) -> str:
        brokers = RabbitBrokers(url)
        async with asyncio.timeout(120), brokers.opened():
            try:
                await Storm(brokers, seed).rage(midway=True)
            except AssertionError:
                return "out of order"
        return "as promised"

    with rabbit_server() as server:
        found = [asyncio.run(weather(server.url, seed)) for seed in range(options.seeds)]
    for seed, what in enumerate(found):
        print(f"seed {seed:>3}: {what}")
    return int("out of order" in found)


if __name__ == "__main__":
    sys.exit(main())
