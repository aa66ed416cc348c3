"""procrastinate, ten jobs at once, each gone when it is done."""

import asyncio

import parts
import uvloop
from procrastinate import App, PsycopgConnector

BATCH = 1000


async def opened(url: str) -> App:
    app = App(connector=PsycopgConnector(conninfo=url))
    await app.open_async()
    return app


async def ready(url: str) -> None:
    app = await opened(url)
    await app.schema_manager.apply_schema_async()
    await app.close_async()


async def enqueue(url: str, number: int) -> None:
    app = await opened(url)
    for _ in range(0, number, BATCH):
        await app.configure_task("noop").batch_defer_async(*[{"sent": parts.NOT_TIMED}] * BATCH)
    await app.close_async()


async def work(url: str) -> None:
    done = parts.Done()
    app = await opened(url)

    @app.task(name="noop")
    async def noop(sent: float) -> None:
        done.job(sent)

    await app.run_worker_async(concurrency=10, delete_jobs="always")


async def post(url: str, number: int) -> None:
    app = await opened(url)
    for _ in range(number):
        await app.configure_task("noop").defer_async(sent=parts.now())
        await asyncio.sleep(parts.POST_SECONDS)
    await app.close_async()


if __name__ == "__main__":
    parts.play(*(lambda *given, part=part: uvloop.run(part(*given)) for part in (ready, enqueue, work, post)))
