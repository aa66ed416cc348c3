"""pgqueuer, a hundred jobs at a time."""

import asyncio

import asyncpg
import parts
import uvloop
from pgqueuer import PgQueuer
from pgqueuer.db import AsyncpgDriver
from pgqueuer.models import Job
from pgqueuer.queries import Queries

BATCH = 1000


async def queries(url: str) -> Queries:
    return Queries(AsyncpgDriver(await asyncpg.connect(url)))


async def ready(url: str) -> None:
    await (await queries(url)).install()


async def enqueue(url: str, number: int) -> None:
    there = await queries(url)
    for _ in range(0, number, BATCH):
        await there.enqueue(["noop"] * BATCH, [b"%f" % parts.NOT_TIMED] * BATCH, [0] * BATCH)


async def work(url: str) -> None:
    done = parts.Done()
    queuer = PgQueuer(AsyncpgDriver(await asyncpg.connect(url)))

    @queuer.entrypoint("noop")
    async def noop(job: Job) -> None:
        done.job(float(job.payload or b""))

    await queuer.run(batch_size=100)


async def post(url: str, number: int) -> None:
    there = await queries(url)
    for _ in range(number):
        await there.enqueue("noop", b"%f" % parts.now(), 0)
        await asyncio.sleep(parts.POST_SECONDS)


if __name__ == "__main__":
    parts.play(*(lambda *given, part=part: uvloop.run(part(*given)) for part in (ready, enqueue, work, post)))
