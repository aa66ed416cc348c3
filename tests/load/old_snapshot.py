"""A queue under a snapshot somebody holds open: nothing that is done with can be cleaned away behind it.

Run by hand: ``python -m tests.load.old_snapshot --minutes 10 --rate 200``. Jobs come at an even pace, are claimed and
finished: a minute by themselves, then beside the snapshot. Prints the time a claim takes for both, minute by minute,
and what the installation says of itself meanwhile. Leaves with 1 when the last minute's p95 is more than twice the
first one's, or nothing is said.
"""

import argparse
import asyncio
import sys
import tempfile
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import asyncpg

from adapters.postgres.engine import Database
from adapters.postgres.health import PostgresHealth
from adapters.postgres.job_source import PostgresJobSource
from adapters.postgres.transaction import PostgresTransactions
from adapters.system.ids import Uuid7
from composition.place import embedded_place
from core.kernel.context import Context
from core.kernel.ids import JobId, TenantId
from core.kernel.job import NewJob

TENANT = TenantId("01900000-0000-7000-8000-0000000000aa")
QUEUE = "load"
TOGETHER = 10
"""Jobs that come, and are claimed, at once."""
LEASE_SECONDS = 60.0
TIMES_SLOWER = 2.0


class Work:
    """Jobs that come at an even pace, and a worker that does nothing with them; how long each claim took."""

    def __init__(self, database: Database, rate: int) -> None:
        self._transactions = PostgresTransactions(database, Uuid7())
        self._source = PostgresJobSource(database)
        self._new_id = Uuid7()
        self._pause = TOGETHER / rate

    async def minute(self, seconds: float) -> list[float]:
        """Milliseconds each claim of a minute of ``seconds`` took."""
        took: list[float] = []
        end = time.monotonic() + seconds
        due = time.monotonic()
        while due < end:
            await asyncio.sleep(max(0.0, due - time.monotonic()))
            due += self._pause
            await self._put()
            began = time.perf_counter()
            jobs = await self._source.lease(QUEUE, TOGETHER, LEASE_SECONDS)
            took.append(1000 * (time.perf_counter() - began))
            async with self._transactions.begin(self._context()) as tx:
                for job in jobs:
                    await tx.queue.finish(job)
        return took

    async def _put(self) -> None:
        jobs = [
            NewJob(id=JobId(self._new_id()), tenant=TENANT, queue=QUEUE, payload=b"-", correlation="-", max_attempts=5)
            for _ in range(TOGETHER)
        ]
        async with self._transactions.begin(self._context()) as tx:
            await tx.queue.put(jobs)

    def _context(self) -> Context:
        return Context(tenants=(TENANT,), actor="load", now=datetime.now(UTC), correlation="-")


def p95(took: Sequence[float]) -> float:
    """Of every twenty claims the slowest but one."""
    return sorted(took)[int(0.95 * len(took))]


async def measure(url: str, minutes: int, rate: int, seconds: float) -> tuple[list[float], str]:
    """The p95 of each minute, the first one without the snapshot; and what health says in the end."""
    owner = await asyncpg.connect(url)
    await owner.execute("INSERT INTO tenant VALUES ($1, 'load', now())", TENANT)
    # Ours would be ended after a minute of doing nothing; somebody else's database may be more patient.
    await owner.execute("SET idle_in_transaction_session_timeout = 0")
    database = Database(url, 4)
    await database.open()
    work = Work(database, rate)
    await work.minute(seconds / 6)  # plans are made, pages are there
    found = [p95(await work.minute(seconds))]
    print(f"by itself   p95 {found[0]:.2f} ms", flush=True)
    async with owner.transaction(isolation="repeatable_read"):
        await owner.fetchval("SELECT count(*) FROM queue_job")
        for number in range(1, minutes + 1):
            found.append(p95(await work.minute(seconds)))
            print(f"minute {number:<4} p95 {found[-1]:.2f} ms", flush=True)
        said = "; ".join(filter(None, (await PostgresHealth(database).checks()).values()))
    await database.close()
    await owner.close()
    return found, said


def main() -> int:
    """The measurement as a command."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=int, default=10)
    parser.add_argument("--rate", type=int, default=200)
    parser.add_argument("--seconds", type=float, default=60.0, help="what a minute lasts")
    options = parser.parse_args()

    async def run() -> tuple[list[float], str]:
        with tempfile.TemporaryDirectory(prefix="fluxor-snapshot-", dir="/tmp", ignore_cleanup_errors=True) as folder:
            async with embedded_place(Path(folder)) as place:
                return await measure(place.url, options.minutes, options.rate, options.seconds)

    found, said = asyncio.run(run())
    print(f"{found[-1] / found[0]:.2f} times the first; said meanwhile: {said or 'nothing'}")
    return 0 if said and found[-1] <= TIMES_SLOWER * found[0] else 1


if __name__ == "__main__":
    sys.exit(main())
