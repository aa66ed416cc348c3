"""Workers whose clocks are an hour ahead and an hour behind work beside one whose clock is right.

Run by hand: ``python -m tests.faults.skewed --seconds 30 [--queue-url postgres:messages]``. Prints what came of the
orders that came in meanwhile. Leaves with 1 when anything was lost, doubled or oversold.
"""

import argparse
import asyncio
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime, timedelta
from pathlib import Path

from dependency_injector import providers

from adapters.system.clock import SystemClock
from composition.adapters import Adapters
from composition.settings import Settings
from composition.worker import work
from entrypoints.cli.bench.client import parse_address
from tests.faults.kill_storm import CLIENTS, PATIENCE_SECONDS, Books, buy, set_up, verdict, wrong_with
from tests.faults.zombies import running_of
from tests.support.installation import ROOT, Installed, installed

SKEWS = timedelta(hours=1), timedelta(hours=-1)
TURNS = 4
"""So often each of them is ended and started again: whoever joins or leaves has the tenants shared out anew."""


@contextmanager
def worker(there: Installed, skew: timedelta) -> Iterator[None]:
    """A worker beside the installation's own, its clock so far off."""
    running = running_of(there)
    command = [sys.executable, "-m", "tests.faults.skewed", "--play", str(skew.total_seconds())]
    urls = {"DATABASE_URL": running.database_url, "DATABASE_OWNER_URL": running.owner_url}
    process = subprocess.Popen(command, cwd=ROOT, env={**there.environment, **urls}, stderr=subprocess.DEVNULL)
    try:
        yield
    finally:
        process.terminate()
        code = process.wait(60)
        assert code == 0, f"it ended with {code}"


def working(there: Installed) -> int:
    """How many of them are at work."""
    (row,) = there.rows("SELECT count(*) AS workers FROM worker WHERE id LIKE 'skewed%'")
    return int(row["workers"])


class Skewed(SystemClock):
    """The machine's clock, so far off."""

    def __init__(self, skew: timedelta) -> None:
        self._skew = skew

    def now(self) -> datetime:
        """See ports.clock.Clock."""
        return super().now() + self._skew


def play(skew: timedelta) -> None:
    """That worker."""
    Adapters.clock.override(providers.Object(Skewed(skew)))
    settings = Settings.from_environment()
    assert settings.database_url is not None
    assert settings.database_owner_url is not None
    name = f"skewed {skew}"
    asyncio.run(work(settings, settings.database_url, settings.database_owner_url, name, relaying=True))


async def storm(there: Installed, seconds: float) -> Books:
    """Buyers while skewed workers come and go."""
    books, stop, numbers = Books(), asyncio.Event(), iter(range(10**9))
    address = parse_address(there.base_url)
    buyers = [asyncio.create_task(buy(address, there.api_key, numbers, stop, books)) for _ in range(CLIENTS)]
    for _ in range(TURNS):
        with ExitStack() as stack:
            for skew in SKEWS:
                stack.enter_context(worker(there, skew))
                books.killed[f"clock off by {skew.total_seconds() / 3600:+.0f} h"] += 1
            async with asyncio.timeout(PATIENCE_SECONDS):
                while await asyncio.to_thread(working, there) < len(SKEWS):
                    await asyncio.sleep(0.1)
            await asyncio.sleep(seconds / TURNS)
    stop.set()
    await asyncio.gather(*buyers)
    return books


def run(seconds: float, queue_url: str = "postgres:messages") -> tuple[Books, Counter[str]]:
    """All of it on an installation of its own; the books, and what is wrong (empty: nothing)."""
    place = tempfile.TemporaryDirectory(prefix="fluxor-skewed-", dir="/tmp", ignore_cleanup_errors=True)
    with place as folder, installed(Path(folder), queue_url=queue_url) as there:
        asyncio.run(set_up(there))
        books = asyncio.run(storm(there, seconds))
        wrong = wrong_with(there, books)
        del wrong["relayed by another"]
        return books, wrong


def main() -> int:
    """The storm as a command."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=30)
    parser.add_argument("--queue-url", default="postgres:messages")
    parser.add_argument("--play", type=float, help=argparse.SUPPRESS)
    options, began = parser.parse_args(), time.monotonic()
    if options.play is not None:
        play(timedelta(seconds=options.play))
        return 0
    books, wrong = run(options.seconds, options.queue_url)
    for fault, times in books.killed.items():
        print(f"{fault:<28}{times:>4}")
    return verdict(books, wrong, began)


if __name__ == "__main__":
    sys.exit(main())
