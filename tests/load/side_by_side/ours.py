"""Our brokers, a thousand messages at a time. Their URL is that of the database, a space, and ``QUEUE_URL``."""

import asyncio
from contextlib import AbstractAsyncContextManager

import uvloop

from adapters.postgres.engine import Database
from adapters.system.ids import Uuid7
from core.kernel.ids import MessageId, TenantId
from core.kernel.message import Message
from ports.broker import Broker
from tests.load.side_by_side import parts
from tests.support.carrying import carrying

TENANT = TenantId("01900000-0000-7000-8000-0000000000aa")
QUEUE = "side-by-side"
BATCH = 1000
HELD_SECONDS = 60.0
new_id = Uuid7()


def opened(url: str) -> AbstractAsyncContextManager[tuple[Database, Broker]]:
    database_url, _, queue_url = url.partition(" ")
    return carrying(database_url, queue_url)


def a_job(number: int, sent: float) -> Message:
    return Message(
        id=MessageId(new_id()), tenant=TENANT, queue=QUEUE, key=f"key-{number}", payload=b"%f" % sent, correlation="c"
    )


async def ready(url: str) -> None:
    async with opened(url) as (_, broker):
        await broker.receive(QUEUE, 1, HELD_SECONDS)


async def enqueue(url: str, number: int) -> None:
    async with opened(url) as (_, broker):
        for _ in range(0, number, BATCH):
            await broker.send([a_job(n, parts.NOT_TIMED) for n in range(BATCH)])


async def work(url: str) -> None:
    done = parts.Done()
    async with opened(url) as (_, broker):
        while True:
            batch = await broker.receive(QUEUE, BATCH, HELD_SECONDS)
            if batch is None:
                await broker.wait(QUEUE, 0.2)
                continue
            for message in batch.messages:
                done.job(float(message.payload))
            await broker.done(batch)


async def post(url: str, number: int) -> None:
    async with opened(url) as (_, broker):
        for n in range(number):
            await broker.send([a_job(n, parts.now())])
            await asyncio.sleep(parts.POST_SECONDS)


if __name__ == "__main__":
    parts.play(*(lambda *given, part=part: uvloop.run(part(*given)) for part in (ready, enqueue, work, post)))
