"""A broker that is there and no good: frozen, short of disk, emptied. Orders come in meanwhile, and nothing is lost.

Run by hand: ``python -m tests.faults.broker_trouble [--seconds 60] [--only frozen]``. Prints a table: trouble, orders,
lost, doubled, p99 of taking an order before it and meanwhile, and how long it took until every event was delivered.
Leaves with 1 when anything was lost, doubled or oversold.
"""

import argparse
import asyncio
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from redis.asyncio import Redis

from entrypoints.cli.bench.client import parse_address
from tests.faults.kill_storm import CLIENTS, Books, buy, set_up, wrong_with
from tests.support.installation import Installed, installed
from tests.support.rabbitmq import RabbitServer, rabbit_server
from tests.support.redis import RedisServer, redis_server

QUIET_SECONDS = 15.0
BETWEEN_SECONDS = 0.5
POLL_SECONDS = 0.001
Trouble = Callable[[Any, float], Awaitable[None]]


async def frozen(server: RedisServer | RabbitServer, seconds: float) -> None:
    """It stays connected and says nothing."""
    server.freeze()
    await asyncio.sleep(seconds)
    server.thaw()


async def short_of_disk(server: RabbitServer, seconds: float) -> None:
    """It reads nothing of what is sent."""
    await asyncio.to_thread(server.alarm, on=True)
    await asyncio.sleep(seconds)
    await asyncio.to_thread(server.alarm, on=False)


async def emptied(server: RedisServer, seconds: float) -> None:
    """All it has is gone, again and again, whenever it has something."""
    until = time.monotonic() + seconds
    async with Redis.from_url(server.url) as owner:
        while time.monotonic() < until:
            await asyncio.sleep(BETWEEN_SECONDS)
            while not [key async for key in owner.scan_iter("fluxor:*:stream:*") if await owner.xlen(key)]:
                await asyncio.sleep(POLL_SECONDS)
            await owner.flushall()


TROUBLES: dict[str, tuple[Callable[[], AbstractContextManager[Any]], Trouble]] = {
    "redis frozen": (redis_server, frozen),
    "redis emptied": (redis_server, emptied),
    "rabbitmq frozen": (rabbit_server, frozen),
    "rabbitmq short of disk": (rabbit_server, short_of_disk),
}


@dataclass(frozen=True)
class Outcome:
    """p99 in milliseconds; seconds until all was delivered."""

    wrong: Counter[str]
    orders: int
    before: float
    meanwhile: float
    delivered: float


async def storm(there: Installed, server: Any, trouble: Trouble, seconds: float) -> tuple[Books, float, float]:
    """Buyers before the trouble and meanwhile: the p99 of both."""
    books, stop, numbers = Books(), asyncio.Event(), iter(range(10**9))
    address = parse_address(there.base_url)
    buyers = [asyncio.create_task(buy(address, there.api_key, numbers, stop, books)) for _ in range(CLIENTS)]
    await asyncio.sleep(QUIET_SECONDS / 3)  # until everything is warm
    books.waits.clear()
    await asyncio.sleep(QUIET_SECONDS)
    before, books.waits = books.waits, []
    await trouble(server, seconds)
    meanwhile, books.waits = books.waits, []
    stop.set()
    await asyncio.gather(*buyers)
    return books, p99(before), p99(meanwhile)


def p99(waits: list[float]) -> float:
    """In milliseconds."""
    return 1000 * sorted(waits)[int(0.99 * len(waits))]


def play(name: str, seconds: float) -> Outcome:
    """One trouble on an installation of its own. What a broker was emptied of is relayed again, as operators would."""
    servers, trouble = TROUBLES[name]
    place = tempfile.TemporaryDirectory(prefix="fluxor-trouble-", dir="/tmp", ignore_cleanup_errors=True)
    with servers() as server, place as folder, installed(Path(folder), queue_url=server.url) as there:
        began = datetime.now(UTC) - timedelta(minutes=1)
        asyncio.run(set_up(there))
        books, before, meanwhile = asyncio.run(storm(there, server, trouble, seconds))
        if trouble is emptied:
            there.wait_until_decided()
            assert there.demand_differs(), "something was lost on the way"
            answer = there.fluxor("queue", "redeliver", "--since", began.isoformat())
            assert answer.returncode == 0, answer.stderr
        since = time.monotonic()
        wrong = wrong_with(there, books)
        return Outcome(wrong, len(books.receipts), before, meanwhile, time.monotonic() - since)


def main() -> int:
    """All troubles as a command."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--only", default="", help="a part of the name")
    options = parser.parse_args()
    print(f"{'trouble':<24}{'orders':>8}{'lost':>6}{'doubled':>9}{'p99 before':>12}{'meanwhile':>11}{'delivered':>11}")
    failed = False
    for name in TROUBLES:
        if options.only not in name:
            continue
        out = play(name, options.seconds)
        failed |= bool(out.wrong)
        figures = f"{out.before:>9.1f} ms{out.meanwhile:>8.1f} ms{out.delivered:>9.1f} s"
        lost, doubled = out.wrong["lost"], out.wrong["doubled"]
        print(f"{name:<24}{out.orders:>8}{lost:>6}{doubled:>9}{figures}  {dict(out.wrong) or ''}", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
