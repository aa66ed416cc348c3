"""What an order costs on its way, hop by hop: taken in, decided, relayed, and the database's share of each.

Run by hand: ``python -m tests.load.order_cost --rounds 10``. One process is API, worker and relay in turn, and what is
counted is CPU, so a machine that is busy with something else is in nobody's way: to compare two checkouts, run it in
both by turns. Prints microseconds an order, the median and the least of the rounds.
"""

import argparse
import asyncio
import gc
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from decimal import Decimal
from itertools import cycle, islice
from pathlib import Path
from random import Random

import httpx
import msgspec
import psutil  # type: ignore[import-untyped]

from adapters.postgres.engine import Database
from composition.http import Http
from composition.place import embedded_place
from composition.session import open_session
from composition.settings import Settings
from composition.telemetry import telemetry_of
from composition.worker import Worker
from core.catalogue.item import CreateItem, CreateItems
from core.identity.permission import ALL_SCOPES
from core.inventory.acts import Act, ChangeStock, StockAct
from core.inventory.location import CreateLocation, LocationKind
from core.kernel.context import Context
from core.tenants.tenant import SHARDS
from entrypoints.cli.bench.workload import draw_order, sku_names
from entrypoints.cli.new_tenant import create_tenant_with_key
from entrypoints.cli.session import Session
from entrypoints.worker.loop import NOBODY

SKUS = 2000
BATCH, TOGETHER, AT_A_TIME = 100, 500, 12
Step = Callable[[], Awaitable[int]]


async def furnish(session: Session) -> str:
    """A tenant with one place and plenty of every item; its key."""
    made = await create_tenant_with_key(session, "cost")
    context = session.context(made.tenant_id, ALL_SCOPES)
    await session.dispatch.run(CreateLocation(code="MAIN", kind=LocationKind.WAREHOUSE), context)
    skus = sku_names(SKUS)
    for start in range(0, SKUS, TOGETHER):
        some = skus[start : start + TOGETHER]
        await session.dispatch.run(CreateItems(items=tuple(CreateItem(sku=sku, name=sku) for sku in some)), context)
        acts = (StockAct(act=Act.RECEIVE, sku=sku, location="MAIN", quantity=Decimal(10**9)) for sku in some)
        await session.dispatch.run(ChangeStock(acts=tuple(acts)), context)
    return made.api_key


class Hops:
    """The three hops of so many orders at a time, each until nothing is left to do."""

    def __init__(self, http: Http, worker: Worker, relay: Worker, key: str, orders: int) -> None:
        self._worker, self._accepting, self._relaying = worker, worker.acceptance(), relay.relay()
        self._orders = orders
        random, skus = Random(7), sku_names(SKUS)
        batches = [[draw_order(random, skus) for _ in range(BATCH)] for _ in range(80)]
        self._bodies = cycle(map(msgspec.json.encode, batches))
        headers = {"authorization": f"Bearer {key}", "content-type": "application/json"}
        transport = httpx.ASGITransport(app=http.app())
        self._client = httpx.AsyncClient(transport=transport, base_url="http://cost", headers=headers)

    async def api(self) -> int:
        """Take them in, a dozen requests at a time."""
        bodies = list(islice(self._bodies, self._orders // BATCH))
        for start in range(0, len(bodies), AT_A_TIME):
            some = bodies[start : start + AT_A_TIME]
            answers = await asyncio.gather(*[self._client.post("/api/v1/orders/batch", content=body) for body in some])
            assert all(answer.status_code == 202 for answer in answers), answers[0].text
        return len(bodies) * BATCH

    async def worker(self) -> int:
        """Decide them."""
        now, new_id = self._worker.adapters.clock().now(), self._worker.adapters.new_id()
        context = Context(tenants=(NOBODY,), actor="worker:cost", now=now, correlation=new_id())
        return await _until_nothing(lambda: self._accepting.step(range(SHARDS), context))

    async def relay(self) -> int:
        """Carry what was decided to whoever subscribes."""
        return await _until_nothing(self._relaying.step)


async def _until_nothing(step: Step) -> int:
    done = 0
    while number := await step():
        done += number
    return done


def server_seconds(server: int) -> float:
    """CPU of the server and its children, to the nanosecond, as the scheduler counts it."""
    pids = [server, *(child.pid for child in psutil.Process(server).children(recursive=True))]
    return sum(int(Path(f"/proc/{pid}/schedstat").read_text(encoding="ascii").split()[0]) for pid in pids) / 1e9


async def measured(url: str, server: int, rounds: int, orders: int) -> dict[str, list[float]]:
    """Microseconds an order in each round, by hop, after two rounds that do not count."""
    settings = Settings.from_environment({"LOG_LEVEL": "error"})
    telemetry = telemetry_of(settings, "cost")
    taken: dict[str, list[float]] = {}
    async with AsyncExitStack() as stack:
        key = await furnish(await stack.enter_async_context(open_session(settings, url)))
        databases = [Database(url, 4, name=name) for name in ("api", "worker", "relay")]
        for database in databases:
            await database.open()
            stack.push_async_callback(database.close)
        api, worker, relay = databases
        stopping, secret = asyncio.Event(), bytes(32)
        http = Http(settings=settings, database=api, telemetry=telemetry, stopping=stopping, cursor_secret=secret)
        workers = [Worker(database=database, telemetry=telemetry, close_after_days=0) for database in (worker, relay)]
        hops = Hops(http, *workers, key, orders)
        await hops.relay()
        gc.freeze()
        gc.set_threshold(250_000, 20, 20)
        for number in range(rounds + 2):
            for name, step in (("api", hops.api), ("worker", hops.worker), ("relay", hops.relay)):
                server_before, before = server_seconds(server), time.process_time()
                done = await step()
                own, theirs = time.process_time() - before, server_seconds(server) - server_before
                if number >= 2:
                    taken.setdefault(name, []).append(own / done * 1e6)
                    taken.setdefault(f"PostgreSQL for {name}", []).append(theirs / done * 1e6)
    return taken


def main() -> int:
    """The measurement as a command."""
    parser = argparse.ArgumentParser(description=__doc__)
    for name, default in (("rounds", 10), ("orders", 2000)):
        parser.add_argument(f"--{name}", type=int, default=default)
    options = parser.parse_args()

    async def run() -> dict[str, list[float]]:
        with tempfile.TemporaryDirectory(prefix="fluxor-load-", ignore_cleanup_errors=True) as folder:
            async with embedded_place(Path(folder)) as place:
                assert place.postgres_pid is not None, "the server is our own"
                return await measured(place.url, place.postgres_pid, options.rounds, options.orders)

    taken = asyncio.run(run())
    taken["all"] = [sum(of_round) for of_round in zip(*taken.values(), strict=True)]
    for name, costs in taken.items():
        print(f"{name}: median {statistics.median(costs):.1f} µs, least {min(costs):.1f} µs")
    return 0


if __name__ == "__main__":
    sys.exit(main())
