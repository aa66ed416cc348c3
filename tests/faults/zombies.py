"""Processes that are paused for longer than what they hold is held for, and go on as if nothing had happened.

Run by hand: ``python -m tests.faults.zombies --pauses 50``. Two workers and two relays; one of them after the other is
stopped while orders come in, until another has what it held, and woken. Prints a table: fault, injected, lost, doubled.
Leaves with 1 when anything was lost, doubled or oversold.
"""

import argparse
import asyncio
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import cycle
from pathlib import Path

from composition.place import Running, read_running
from entrypoints.cli.bench.client import parse_address
from tests.faults.kill_storm import CLIENTS, PATIENCE_SECONDS, Books, buy, set_up, verdict, wrong_with
from tests.support.installation import ROOT, Installed, installed

SILENT_SECONDS = 11.0
"""A worker that has not been heard of for ten seconds has its shards taken over."""
POLL_SECONDS = 0.1


@contextmanager
def second_relay(there: Installed) -> Iterator[int]:
    """Another relay beside the installation's own; its pid."""
    environment = {**there.environment, "DATABASE_URL": running_of(there).database_url}
    process = subprocess.Popen(
        [sys.executable, "-m", "composition.cli", "relay"], cwd=ROOT, env=environment, stderr=subprocess.DEVNULL
    )
    try:
        yield process.pid
    finally:
        process.send_signal(signal.SIGCONT)
        process.terminate()
        process.wait(60)


def running_of(there: Installed) -> Running:
    """The installation's processes."""
    running = read_running(there.data_dir)
    assert running is not None, "it runs"
    return running


async def paused(pid: int, over: Callable[[], bool]) -> None:
    """Stop the process until ``over``, then let it go on."""
    os.kill(pid, signal.SIGSTOP)
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            while not await asyncio.to_thread(over):
                await asyncio.sleep(POLL_SECONDS)
    finally:
        os.kill(pid, signal.SIGCONT)


def holder_of(there: Installed) -> int:
    """The pid of the process that is the relay."""
    (row,) = there.rows("SELECT holder FROM relay_position")
    return int(row["holder"].rpartition(":")[2])


async def pause_in_turn(there: Installed, pauses: int, relays: set[int]) -> Counter[str]:
    """Pause whoever relays and one worker after the other, so many times in all."""
    done: Counter[str] = Counter()
    workers = cycle(running_of(there).worker_pids)
    for turn in range(pauses):
        if turn % 2:
            began = time.monotonic()
            await paused(next(workers), lambda began=began: time.monotonic() - began > SILENT_SECONDS)  # type: ignore[misc]
            done["worker paused"] += 1
        else:
            holder = await asyncio.to_thread(holder_of, there)
            assert holder in relays
            await paused(holder, lambda holder=holder: holder_of(there) != holder)  # type: ignore[misc]
            done["relay paused"] += 1
    return done


async def storm(there: Installed, pauses: int, relays: set[int]) -> Books:
    """Buyers, while one process after the other is paused."""
    books, stop, numbers = Books(), asyncio.Event(), iter(range(10**9))
    address = parse_address(there.base_url)
    buyers = [asyncio.create_task(buy(address, there.api_key, numbers, stop, books)) for _ in range(CLIENTS)]
    books.killed = await pause_in_turn(there, pauses, relays)
    stop.set()
    await asyncio.gather(*buyers)
    return books


def run(pauses: int, queue_url: str = "postgres:") -> tuple[Books, Counter[str]]:
    """All of it on an installation of its own; answers the books and what is wrong (empty: nothing)."""
    place = tempfile.TemporaryDirectory(prefix="fluxor-zombies-", dir="/tmp", ignore_cleanup_errors=True)
    with place as folder, installed(Path(folder), queue_url=queue_url, WORKER_PROCESSES="2") as there:
        asyncio.run(set_up(there))
        with second_relay(there) as other:
            books = asyncio.run(storm(there, pauses, {other, *running_of(there).relay_pids}))
            wrong = wrong_with(there, books)
        del wrong["relayed by another"]
        return books, wrong


def main() -> int:
    """The storm as a command."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pauses", type=int, default=50)
    parser.add_argument("--queue-url", default="postgres:")
    options, began = parser.parse_args(), time.monotonic()
    books, wrong = run(options.pauses, options.queue_url)
    print(f"{'fault':<16}{'injected':>9}")
    for fault, times in books.killed.items():
        print(f"{fault:<16}{times:>9}")
    return verdict(books, wrong, began)


if __name__ == "__main__":
    sys.exit(main())
