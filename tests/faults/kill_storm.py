"""Orders under ``kill -9``: of the worker, the API, the database and the relay in turn, every few seconds.

Run by hand: ``python -m tests.faults.kill_storm --seconds 120 --every 3 [--broker rabbitmq]``. Prints a table:
fault, injected, lost, doubled, slowest recovery. Leaves with 1 when anything was lost, doubled or oversold.
"""

import argparse
import asyncio
import os
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import asyncpg
import msgspec

from composition.place import Running, read_running
from entrypoints.cli.bench.caller import Caller, ConnectionLost
from entrypoints.cli.bench.client import Address, parse_address, render_request
from tests.support.installation import Installed, installed
from tests.support.kafka import kafka_server
from tests.support.rabbitmq import rabbit_server
from tests.support.redis import redis_server

SKUS = [f"STORM-{number}" for number in range(20)]
STOCK = 3_000
CLIENTS = 24
PATIENCE_SECONDS = 120
"""On a busy machine recovery takes its time."""
VICTIMS = ("worker", "api", "database", "relay", "backend")
"""The database is the server as a whole; a backend is a process of it that does somebody's work."""
BROKER = "broker"


class BrokerServer(Protocol):
    """A broker's server to be rough with; it comes back where it was, with what it had confirmed."""

    @property
    def url(self) -> str: ...

    def start(self) -> None: ...

    def settle(self) -> None:
        """Wait until it has written down which queues there are."""
        ...

    def kill(self) -> None: ...


SERVERS: dict[str, Callable[[], AbstractContextManager[BrokerServer]]] = {
    "kafka": kafka_server,
    "redis": redis_server,
    "rabbitmq": rabbit_server,
}


@dataclass
class Books:
    """What the clients were told, to be held against what the database says."""

    receipts: dict[str, tuple[str, str]] = field(default_factory=dict)
    changed: list[str] = field(default_factory=list)
    killed: Counter[str] = field(default_factory=Counter)
    slowest: dict[str, float] = field(default_factory=dict)
    sent: int = 0
    waits: list[float] = field(default_factory=list)
    """Seconds until each order was taken, by those who asked once."""


def order_of(number: int) -> dict[str, Any]:
    """The n-th order: one or two lines, an external id of its own."""
    lines = [
        {"sku": SKUS[(number * step) % len(SKUS)], "quantity": 1 + number % 3} for step in (1, 7)[: 1 + number % 2]
    ]
    return {"items": lines, "channel": "storm", "external_id": f"storm-{number}"}


async def buy(address: Address, key: str, numbers: Iterator[int], stop: asyncio.Event, books: Books) -> None:
    """Send one order after the other; each again and again until it is answered 202, as a careful client would."""
    async with Caller(address, connections=1) as caller:
        while not stop.is_set():
            number = next(numbers)
            body = msgspec.json.encode(order_of(number))
            request = render_request(address, "POST", "/api/v1/orders", key=key, body=body)
            while not await _taken(caller, request, f"storm-{number}", books):
                await asyncio.sleep(0.05)
            books.sent += 1


async def _taken(caller: Caller, request: bytes, external_id: str, books: Books) -> bool:
    began = time.monotonic()
    try:
        status, answer = await asyncio.wait_for(caller.request(request), 20)
    except (ConnectionLost, OSError, TimeoutError):
        return False
    if status != 202:
        return False
    books.waits.append(time.monotonic() - began)
    told = msgspec.json.decode(answer)
    receipt = (told["job_id"], told["order_id"])
    if books.receipts.setdefault(external_id, receipt) != receipt:
        books.changed.append(external_id)
    return True


async def kill_in_turn(
    data_dir: Path, every: float, stop: asyncio.Event, books: Books, broker: BrokerServer | None
) -> None:
    """Kill one process after the other; the time until an order is taken again is its recovery."""
    victims = victims_of(broker)
    turn = 0
    while not stop.is_set():
        victim = victims[turn % len(victims)]
        turn += 1
        if await _kill(victim, data_dir, broker):
            books.killed[victim] += 1
            before, began = books.sent, time.monotonic()
            while books.sent == before and not stop.is_set():
                await asyncio.sleep(0.01)
            books.slowest[victim] = max(books.slowest.get(victim, 0.0), time.monotonic() - began)
        await asyncio.sleep(every)


def victims_of(broker: BrokerServer | None) -> tuple[str, ...]:
    """Who is killed in turn."""
    return VICTIMS if broker is None else (*VICTIMS, BROKER)


async def _kill(victim: str, data_dir: Path, broker: BrokerServer | None) -> bool:
    """Whether there was somebody to kill. A broker is started again at once: nobody else would."""
    if victim == "backend":
        return await _kill_backend(data_dir)
    if victim == BROKER and broker is not None:
        await asyncio.to_thread(broker.settle)
        broker.kill()
        await asyncio.to_thread(broker.start)
        return True
    running = read_running(data_dir)
    pid = _pid_of(victim, running) if running else None
    if pid is not None:
        os.kill(pid, signal.SIGKILL)
    return pid is not None


async def _kill_backend(data_dir: Path) -> bool:
    """Whether one of those that work for a worker was there: PostgreSQL ends all others, and recovers."""
    running = read_running(data_dir)
    if running is None:
        return False
    with suppress(OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
        owner = await asyncpg.connect(running.owner_url, timeout=5)
        pids = await owner.fetch("SELECT pid FROM pg_stat_activity WHERE application_name = 'fluxor-worker'")
        await owner.close()
        for row in pids[:1]:
            os.kill(row["pid"], signal.SIGKILL)
            return True
    return False


def _pid_of(victim: str, running: Running) -> int | None:
    pids = {
        "worker": running.worker_pids,
        "api": running.api_pids,
        "database": [running.postgres_pid],
        "relay": running.relay_pids,
    }[victim]
    alive = [pid for pid in pids if pid is not None and Path(f"/proc/{pid}").exists()]
    return alive[0] if alive else None


async def storm(there: Installed, seconds: float, every: float, broker: BrokerServer | None) -> Books:
    """Buyers against a killer for ``seconds``, and until each victim was killed; buyers finish what they have begun."""
    books, stop, calm = Books(), asyncio.Event(), asyncio.Event()
    numbers = iter(range(10**9))
    address = parse_address(there.base_url)
    killer = asyncio.create_task(kill_in_turn(there.data_dir, every, calm, books, broker))
    buyers = [asyncio.create_task(buy(address, there.api_key, numbers, stop, books)) for _ in range(CLIENTS)]
    await asyncio.sleep(seconds)
    async with asyncio.timeout(PATIENCE_SECONDS):
        while len(books.killed) < len(victims_of(broker)):
            await asyncio.sleep(0.05)
    calm.set()
    await killer
    stop.set()
    await asyncio.gather(*buyers)
    return books


async def set_up(there: Installed) -> None:
    """A place, items, and less stock than the storm would like to buy."""
    address = parse_address(there.base_url)
    async with Caller(address, connections=1) as caller:
        posts: list[tuple[str, dict[str, Any]]] = [("/locations", {"code": "MAIN", "kind": "warehouse"})]
        posts += [("/catalogue/items", {"sku": sku, "name": sku}) for sku in SKUS]
        posts += [("/stock/receipts", {"sku": sku, "location": "MAIN", "quantity": STOCK}) for sku in SKUS]
        for path, body in posts:
            wire = msgspec.json.encode(body)
            request = render_request(address, "POST", f"/api/v1{path}", key=there.api_key, body=wire)
            status, answer = await caller.request(request)
            assert status == 201, (path, status, answer)


def run(
    seconds: float, every: float, queue_url: str = "postgres:", broker: BrokerServer | None = None
) -> tuple[Books, Counter[str]]:
    """A whole storm on an installation of its own; answers the books and what is wrong (empty: nothing)."""
    place = tempfile.TemporaryDirectory(prefix="fluxor-storm-", dir="/tmp", ignore_cleanup_errors=True)
    with place as folder, installed(Path(folder), queue_url=broker.url if broker else queue_url) as there:
        asyncio.run(set_up(there))
        books = asyncio.run(storm(there, seconds, every, broker))
        return books, wrong_with(there, books)


def wrong_with(there: Installed, books: Books) -> Counter[str]:
    """Hold the receipts against the database, once every order is decided."""
    there.wait_until_decided()
    orders = there.orders_by_external_id("storm")
    wrong: Counter[str] = Counter(changed=len(books.changed))
    for external_id, (_, order_id) in books.receipts.items():
        found = orders.get(external_id, [])
        wrong["lost"] += not found
        wrong["doubled"] += len(found) > 1
        wrong["other order"] += bool(found) and found[0] != order_id
    wrong["broken invariants"] = len(there.doctor())
    wrong["demand off"] = there.demand_differs()
    wrong["relayed by another"] = not there.relayed_by_the_relay()
    return +wrong


def verdict(books: Books, wrong: Counter[str], began: float) -> int:
    """Say what came of a storm that ``began`` then; the exit code."""
    lost, doubled, orders = wrong["lost"], wrong["doubled"], len(books.receipts)
    pace = f"{orders / (time.monotonic() - began):.0f}/s"
    print(f"orders answered 202: {orders}, {pace}; lost {lost}, doubled {doubled}; wrong: {dict(+wrong)}")
    return 1 if +wrong else 0


def main() -> int:
    """The storm as a command."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--every", type=float, default=3)
    parser.add_argument("--queue-url", default="postgres:")
    parser.add_argument("--broker", choices=tuple(SERVERS), help="over a broker of its own, which is killed as well")
    options = parser.parse_args()
    began = time.monotonic()
    with ExitStack() as stack:
        broker = stack.enter_context(SERVERS[options.broker]()) if options.broker else None
        books, wrong = run(options.seconds, options.every, options.queue_url, broker)
    print(f"{'fault':<12}{'injected':>9}{'slowest recovery':>20}")
    for victim in books.killed:
        print(f"{victim:<12}{books.killed[victim]:>9}{books.slowest.get(victim, 0.0):>18.2f} s")
    return verdict(books, wrong, began)


if __name__ == "__main__":
    sys.exit(main())
