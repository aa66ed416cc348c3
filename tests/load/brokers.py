"""How fast a broker carries messages that nobody does anything with, and how soon one is picked up.

Run by hand: ``python -m tests.load.brokers --queue-url postgres:messages --messages 100000``. One process sends in
batches, two receive in batches; then single messages go one by one from one process to another. Prints messages a
second and milliseconds: over an embedded PostgreSQL of its own, or the broker at ``--queue-url``.
"""

import argparse
import asyncio
import multiprocessing
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from typing import Any

import uvloop

from adapters.system.ids import Uuid7
from composition.place import embedded_place
from composition.settings import Settings
from core.kernel.ids import MessageId, TenantId
from core.kernel.message import Message
from ports.broker import Broker
from ports.queue import Depth
from tests.support.carrying import carrying

TENANT = TenantId("01900000-0000-7000-8000-0000000000aa")
QUEUE, SINGLE = "load", "load-single"
HELD_SECONDS = 60.0
PAYLOAD = b"x" * 200
NOT_TIMED = b"-"


async def send(broker: Broker, number: int, batch: int) -> float:
    """Send ``number`` messages under a thousand keys; messages a second."""
    new_id, began = Uuid7(), time.perf_counter()
    for start in range(0, number, batch):
        numbers = range(start, min(start + batch, number))
        await broker.send([a_message(new_id, QUEUE, n % 1000, PAYLOAD) for n in numbers])
    return number / (time.perf_counter() - began)


async def receive(broker: Broker, number: int, batch: int) -> tuple[int, float, float]:
    """Receive until the queue stays empty; answers how many messages it was, and from when to when (Unix time)."""
    received, empty, began, ended = 0, 0, time.time(), 0.0
    while empty < 20:
        found = await broker.receive(QUEUE, batch, HELD_SECONDS)
        if found is None:
            empty += 1
            await broker.wait(QUEUE, 0.02)
            continue
        empty = 0
        received += len(found.messages)
        await broker.done(found)
        ended = time.time()
    return received, began, ended


async def post(broker: Broker, number: int, batch: int) -> float:
    """Send one message after the other, each when the one before has arrived, from when a first one has."""
    new_id = Uuid7()
    await broker.send([a_message(new_id, SINGLE, 0, NOT_TIMED)])
    while await broker.depth(SINGLE) != Depth():
        await asyncio.sleep(0.05)
    for n in range(number):
        await broker.send([a_message(new_id, SINGLE, n, b"%.6f" % time.time())])
        await asyncio.sleep(0.005)
    return number


async def pick_up(broker: Broker, number: int, batch: int) -> list[float]:
    """How many milliseconds after it was sent each single message was in hand."""
    waited: list[float] = []
    while len(waited) < number:
        found = await broker.receive(SINGLE, 100, HELD_SECONDS)
        if found is None:
            await broker.wait(SINGLE, 0.2)
            continue
        timed = [message for message in found.messages if message.payload != NOT_TIMED]
        waited += [1000 * (time.time() - float(message.payload)) for message in timed]
        await broker.done(found)
    return waited


def a_message(new_id: Callable[[], str], queue: str, key: int, payload: bytes) -> Message:
    return Message(
        id=MessageId(new_id()), tenant=TENANT, queue=queue, key=f"key-{key}", payload=payload, correlation="c"
    )


def play(part: Any, settings: Settings, url: str, number: int, batch: int, answers: Any) -> None:
    """One process's part."""

    async def run() -> Any:
        async with carrying(url, settings.queue_url) as (_, broker):
            return await part(broker, number, batch)

    answers.put(uvloop.run(run()))


def together(parts: list[Any], *arguments: Any) -> list[Any]:
    """What processes playing these parts answer."""
    context = multiprocessing.get_context("spawn")
    answers = context.Queue()
    processes = [context.Process(target=play, args=(part, *arguments, answers)) for part in parts]
    for process in processes:
        process.start()
    found = [answers.get(timeout=600) for _ in processes]
    for process in processes:
        process.join()
    return found


async def measure(settings: Settings, messages: int, batch: int, singles: int) -> dict[str, float]:
    """Every figure, by its name."""
    async with embedded_place(settings.data_dir) as place:
        (sent,) = await asyncio.to_thread(together, [send], settings, place.url, messages, batch)
        received = await asyncio.to_thread(together, [receive] * 2, settings, place.url, messages, batch)
        seconds = max(ended for _, _, ended in received) - min(began for _, began, _ in received)
        came = sum(count for count, _, _ in received)
        assert came == messages, f"{came} of {messages} came"
        answers = await asyncio.to_thread(together, [pick_up, post], settings, place.url, singles, 1)
        waited = sorted(next(answer for answer in answers if isinstance(answer, list)))
    return {
        "sent_per_second": round(sent),
        "drained_per_second": round(messages / seconds),
        "pick_up_p50_ms": round(statistics.median(waited), 2),
        "pick_up_p99_ms": round(waited[int(0.99 * len(waited))], 2),
    }


def main() -> int:
    """The measurement as a command."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--queue-url", default="postgres:messages")
    parser.add_argument("--messages", type=int, default=100_000)
    parser.add_argument("--batch", type=int, default=500)
    parser.add_argument("--singles", type=int, default=2000)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="fluxor-load-", dir="/tmp") as folder:
        settings = Settings.from_environment({"FLUXOR_DATA_DIR": folder, "QUEUE_URL": options.queue_url})
        found = asyncio.run(measure(settings, options.messages, options.batch, options.singles))
    for name, figure in found.items():
        print(f"{name:<20}{figure:>12,}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
