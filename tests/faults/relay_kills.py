"""A million events written by 32 at once, while whoever relays them is killed again and again: none missing, in order.

Run by hand: ``python -m tests.faults.relay_kills [--events 1000000] [--kills 100] [--queue-url postgres:messages]``.
Two relays, one receiver. Each time one has relayed for a moment it is killed, every other time just between the moment
the broker has confirmed and the moment that is written down; another takes over when what it held is over. Prints what
was written, received, missing, out of order, and how often something came again.
Leaves with 1 when anything is missing or out of order.
"""

import argparse
import asyncio
import multiprocessing
import os
import random
import signal
import sys
import tempfile
import time
from collections import Counter
from typing import Any

import asyncpg

from adapters.memory.telemetry import MemoryTelemetry
from adapters.postgres.engine import Database
from adapters.postgres.journal import PostgresJournalFeed
from adapters.postgres.relay import HELD_SECONDS, PostgresRelayPosition
from adapters.system.clock import SystemClock
from adapters.toolkit.carrying import BrokerPublisher
from adapters.toolkit.envelope import unseal
from adapters.toolkit.feed_ahead import FeedAhead
from composition.place import embedded_place
from composition.settings import Settings
from core.kernel.event import EVENT_QUEUE, Cursor
from entrypoints.worker.pace import Repeater
from entrypoints.worker.relay import RELAYING, Relay
from tests.support.carrying import carrying
from tests.support.journal import BATCH, make_ready, write

NAME = "relay"
WRITER_PROCESSES = 2
LONGEST_SECONDS = 0.05
LIFE_SECONDS = 0.4
PATIENCE_SECONDS = 300.0
HELD = 60.0
SPAWN = multiprocessing.get_context("spawn")


class Mortal(PostgresRelayPosition):
    """The position of a relay that dies, once told to, of what the broker has and nobody wrote down yet."""

    dying = False

    async def advance(self, relay: str, to: Cursor) -> None:
        """See ports.delivery.RelayPosition."""
        if self.dying:
            os.kill(os.getpid(), signal.SIGKILL)
        await super().advance(relay, to)


def relay(url: str, queue_url: str) -> None:
    """A relay, until it is killed, or told to die by SIGUSR1."""

    async def run() -> None:
        async with carrying(url, queue_url) as (database, broker):
            feed, position = FeedAhead(PostgresJournalFeed(database)), Mortal(database)
            asyncio.get_running_loop().add_signal_handler(signal.SIGUSR1, lambda: setattr(position, "dying", True))
            clock, telemetry = SystemClock(), MemoryTelemetry()
            one = Relay(feed, position, BrokerPublisher(broker), clock, telemetry, NAME)
            await Repeater(clock, telemetry).repeat(one.step, RELAYING)

    asyncio.run(run())


def writers(url: str, seed: int, number: int, transactions: int, pause: float) -> None:
    """So many writers in one process."""

    async def run() -> None:
        database = Database(url, number)
        await database.open()
        randoms = [random.Random(f"{seed} {one}") for one in range(number)]
        await asyncio.gather(*(write(database, one, transactions, LONGEST_SECONDS, pause) for one in randoms))
        await database.close()

    asyncio.run(run())


def receiver(url: str, queue_url: str, told: Any) -> None:
    """Receives all, and tells now and then: how many events for the first time, again, and out of order."""

    async def run() -> None:
        seen: Counter[str] = Counter()
        found: Counter[str] = Counter()
        async with carrying(url, queue_url) as (_, broker):
            while True:
                batch = await broker.receive(EVENT_QUEUE, 1000, HELD)
                if batch is None:
                    await broker.wait(EVENT_QUEUE, 0.2)
                    continue
                for message in batch.messages:
                    event = unseal(message.payload)
                    after = event.version - seen[event.stream]
                    found["first" if after == 1 else "again" if after <= 0 else "gap"] += 1
                    seen[event.stream] = max(seen[event.stream], event.version)
                await broker.done(batch)
                told.put(dict(found))

    asyncio.run(run())


class Storm:
    """Its processes, and what the receiver says."""

    def __init__(self, url: str, queue_url: str) -> None:
        self._url, self._queue_url = url, queue_url
        self._told = SPAWN.Queue()
        self.found: dict[str, int] = {}
        self._relays: dict[int, Any] = {}
        self._receiver = SPAWN.Process(target=receiver, args=(url, queue_url, self._told), daemon=True)

    def begin(self) -> None:
        """Two relays and a receiver."""
        self._receiver.start()
        for _ in range(2):
            self._start_relay()

    def hear(self) -> None:
        """Take note of what the receiver said meanwhile."""
        while not self._told.empty():
            self.found = self._told.get()

    async def kill_the_relay(self, owner: Any, number: signal.Signals) -> None:
        """Whoever relays, after it has for a moment; what does not die of a signal is killed."""
        holder = 0
        async with asyncio.timeout(PATIENCE_SECONDS):
            while holder not in self._relays:
                row = await owner.fetchrow("SELECT holder FROM relay_position WHERE held_until > now()")
                holder = int(row["holder"].rpartition(":")[2]) if row else 0
                await asyncio.sleep(0.02)
        await asyncio.sleep(LIFE_SECONDS * random.random())
        os.kill(holder, number)
        process = self._relays.pop(holder)
        await asyncio.to_thread(process.join, HELD_SECONDS)
        process.kill()
        process.join()
        self._start_relay()

    def _start_relay(self) -> None:
        process = SPAWN.Process(target=relay, args=(self._url, self._queue_url), daemon=True)
        process.start()
        assert process.pid is not None
        self._relays[process.pid] = process

    def end(self) -> None:
        """All of them."""
        for process in (*self._relays.values(), self._receiver):
            process.kill()
            process.join()


async def play(options: argparse.Namespace, place: Any) -> dict[str, int]:
    """What came of it."""
    await make_ready(place.owner_url)
    transactions = options.events // options.writers // BATCH
    written = transactions * options.writers * BATCH
    pause = options.kills * (HELD_SECONDS + LIFE_SECONDS) / transactions
    storm = Storm(place.url, options.queue_url)
    storm.begin()
    each = options.writers // WRITER_PROCESSES
    writing = [
        SPAWN.Process(target=writers, args=(place.url, seed, each, transactions, pause))
        for seed in range(WRITER_PROCESSES)
    ]
    for process in writing:
        process.start()
    owner: Any = await asyncpg.connect(place.owner_url)
    try:
        for turn in range(options.kills):
            await storm.kill_the_relay(owner, signal.SIGUSR1 if turn % 2 else signal.SIGKILL)
            storm.hear()
        for process in writing:
            await asyncio.to_thread(process.join)
        until = time.monotonic() + PATIENCE_SECONDS
        while storm.found.get("first", 0) < written and time.monotonic() < until:
            await asyncio.sleep(0.1)
            storm.hear()
        recorded = await owner.fetchval("SELECT count(*) FROM journal")
    finally:
        await owner.close()
        storm.end()
    return {"written": recorded, "kills": options.kills, **storm.found}


def run(events: int, kills: int, *, writers: int = 32, queue_url: str = "postgres:messages") -> dict[str, int]:
    """What was ``written``, and received for the ``first`` time, ``again``, and behind a ``gap`` (what comes early)."""
    options = argparse.Namespace(events=events, kills=kills, writers=writers, queue_url=queue_url)
    return asyncio.run(measured(options))


async def measured(options: argparse.Namespace) -> dict[str, int]:
    """All of it over an embedded PostgreSQL of its own."""
    with tempfile.TemporaryDirectory(prefix="fluxor-relay-", dir="/tmp") as folder:
        async with embedded_place(Settings.from_environment({"FLUXOR_DATA_DIR": folder}).data_dir) as place:
            return await play(options, place)


def main() -> int:
    """The storm as a command."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=1_000_000)
    parser.add_argument("--writers", type=int, default=32)
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--queue-url", default="postgres:messages")
    options = parser.parse_args()
    found = run(options.events, options.kills, writers=options.writers, queue_url=options.queue_url)
    missing = found["written"] - found.get("first", 0)
    print(
        f"written {found['written']:,} by {options.writers}; relays killed {found['kills']}; "
        f"missing {missing}, out of order {found.get('gap', 0)}; came again {found.get('again', 0):,}"
    )
    return 1 if missing or found.get("gap") or not found.get("first") else 0


if __name__ == "__main__":
    sys.exit(main())
