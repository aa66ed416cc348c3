"""A disk that is full while orders come in: what was answered stands, nothing else is, and room is all it needs.

Run by hand, as root: ``python -m tests.faults.disk_full --times 3``. The installation lives on a small tmpfs; a file
takes the rest of it until no order is taken any more, and goes. Prints a table.
Leaves with 1 when anything was lost, doubled or oversold.
"""

import argparse
import asyncio
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from entrypoints.cli.bench.client import parse_address
from tests.faults.kill_storm import CLIENTS, PATIENCE_SECONDS, Books, buy, set_up, wrong_with
from tests.support.installation import Installed, installed

MEGABYTES = 600
"""The database as it is made, its journal of changes for a minute of orders, and the processes' logs."""
QUIET_SECONDS = 3.0
"""When no order was taken for so long the disk is full; then it stays full for as long again."""
BETWEEN_SECONDS = 5.0
POLL_SECONDS = 0.02


@contextmanager
def small_disk() -> Iterator[Path]:
    """A folder that holds MEGABYTES, open to the user the database runs as."""
    with tempfile.TemporaryDirectory(prefix="fluxor-disk-", dir="/tmp") as folder:
        subprocess.run(
            ["mount", "-t", "tmpfs", "-o", f"size={MEGABYTES}m,mode=755", "tmpfs", folder], check=True, timeout=30
        )
        try:
            yield Path(folder)
        finally:
            subprocess.run(["umount", "--lazy", folder], check=True, timeout=30)


def fill(ballast: Path) -> None:
    """Take all that is left, and what comes free again."""
    with ballast.open("ab", buffering=0) as file:
        try:
            while True:
                file.write(bytes(65_536))
        except OSError:
            return


async def sent_after(books: Books, before: int) -> None:
    """Until another order is taken."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while books.sent == before:
            await asyncio.sleep(POLL_SECONDS)


async def fill_in_turn(disk: Path, times: int, books: Books) -> None:
    """Fill the disk until no order is taken, make room, and see how long it takes until one is; so many times."""
    ballast = disk / "ballast"
    for _ in range(times):
        await asyncio.sleep(BETWEEN_SECONDS)
        seen, since = books.sent, time.monotonic()
        async with asyncio.timeout(PATIENCE_SECONDS):
            while time.monotonic() - since < QUIET_SECONDS:
                await asyncio.to_thread(fill, ballast)
                if books.sent != seen:
                    seen, since = books.sent, time.monotonic()
                await asyncio.sleep(POLL_SECONDS)
        await asyncio.sleep(QUIET_SECONDS)
        books.killed["disk full"] += 1
        before, began = books.sent, time.monotonic()
        ballast.unlink()
        await sent_after(books, before)
        books.slowest["disk full"] = max(books.slowest.get("disk full", 0.0), time.monotonic() - began)


async def storm(there: Installed, disk: Path, times: int) -> Books:
    """Buyers on a disk that is full now and then."""
    await set_up(there)
    books, stop = Books(), asyncio.Event()
    numbers = iter(range(10**9))
    address = parse_address(there.base_url)
    buyers = [asyncio.create_task(buy(address, there.api_key, numbers, stop, books)) for _ in range(CLIENTS)]
    await fill_in_turn(disk, times, books)
    stop.set()
    await asyncio.gather(*buyers)
    return books


def run(times: int, queue_url: str = "postgres:messages") -> tuple[Books, Counter[str]]:
    """The whole of it on an installation of its own; the books, and what is wrong (empty: nothing)."""
    with small_disk() as disk, installed(disk / "fluxor", queue_url=queue_url) as there:
        books = asyncio.run(storm(there, disk, times))
        return books, wrong_with(there, books)


def main() -> int:
    """The storm as a command."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--times", type=int, default=3)
    options = parser.parse_args()
    if os.geteuid() != 0:
        print("a disk of one's own takes root: mount -t tmpfs", file=sys.stderr)
        return 2
    books, wrong = run(options.times)
    print(f"{'fault':<12}{'injected':>9}{'lost':>6}{'doubled':>9}{'slowest recovery':>20}")
    for fault, times in books.killed.items():
        print(f"{fault:<12}{times:>9}{wrong['lost']:>6}{wrong['doubled']:>9}{books.slowest[fault]:>18.2f} s")
    print(f"orders answered 202: {len(books.receipts)}; wrong: {dict(+wrong)}")
    return 1 if +wrong else 0


if __name__ == "__main__":
    sys.exit(main())
