"""taskiq over Redis Streams, acknowledged when done, a thousand fetched at a time."""

import asyncio

import parts
import uvloop
from taskiq.api import run_receiver_task
from taskiq_redis import RedisStreamBroker

AT_ONCE = 100


def broker_at(url: str) -> RedisStreamBroker:
    return RedisStreamBroker(url, consumer_id="0", xread_count=1000)


async def ready(url: str) -> None:
    broker = broker_at(url)
    await broker.startup()
    await broker.shutdown()


async def enqueue(url: str, number: int) -> None:
    broker = broker_at(url)
    task = broker.register_task(lambda sent: None, "noop")
    for _ in range(0, number, AT_ONCE):
        await asyncio.gather(*(task.kiq(parts.NOT_TIMED) for _ in range(AT_ONCE)))
    await broker.shutdown()


async def work(url: str) -> None:
    done = parts.Done()
    broker = broker_at(url)

    async def noop(sent: float) -> None:
        done.job(sent)

    broker.register_task(noop, "noop")
    await run_receiver_task(broker, run_startup=True, max_async_tasks=100, max_prefetch=1000)


async def post(url: str, number: int) -> None:
    broker = broker_at(url)
    task = broker.register_task(lambda sent: None, "noop")
    for _ in range(number):
        await task.kiq(parts.now())
        await asyncio.sleep(parts.POST_SECONDS)
    await broker.shutdown()


if __name__ == "__main__":
    parts.play(*(lambda *given, part=part: uvloop.run(part(*given)) for part in (ready, enqueue, work, post)))
