"""Looking back in a large ledger: how long it takes, with snapshots and without.

Run by hand: ``python -m tests.load.stock_history --skus 2000 --locations 20 --days 120 --entries 5000000``. Fills one
tenant of an embedded server of its own, makes the snapshots day by day, asks at random moments through the ports, and
prints a table and the plan.
"""

import argparse
import asyncio
import random
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import asyncpg

from adapters.postgres.engine import Database
from adapters.postgres.invariants import CHECKS, READ_WHOLE_TABLES
from adapters.postgres.migrate import partitions
from adapters.postgres.past import window
from adapters.postgres.snapshots import PostgresSnapshots
from adapters.postgres.views.history import AS_OF, MOMENT, PostgresStockHistory
from adapters.postgres.views.inventory import PostgresInventoryView
from composition.place import embedded_place
from core.inventory.history import DAY, last_settled_day, start_after
from core.kernel.ids import NO_LOT
from tests.load.ledger import TENANT, fill

ALL = 1_000_000
BUSIEST = "SKU-000001"


_SIZES = """
SELECT table_name AS name, reltuples::bigint AS rows, pg_size_pretty(size) AS size FROM (
    SELECT 'stock_entry' AS table_name, sum(c.reltuples) AS reltuples, sum(pg_total_relation_size(t.relid)) AS size
    FROM pg_partition_tree('stock_entry') t JOIN pg_class c ON c.oid = t.relid WHERE t.isleaf
    UNION ALL
    SELECT 'of it, entries out of step', sum(c.reltuples), sum(pg_relation_size(t.relid))
    FROM pg_partition_tree('stock_entry_out_of_step') t JOIN pg_class c ON c.oid = t.relid WHERE t.isleaf
    UNION ALL
    SELECT 'stock_snapshot', reltuples, pg_total_relation_size(oid) FROM pg_class WHERE relname = 'stock_snapshot'
) AS measured
"""


@dataclass
class Sizes:
    """How much there is, and how often each question is asked."""

    skus: int = 2000
    locations: int = 20
    days: int = 120
    entries: int = 5_000_000
    questions: int = 1000


@dataclass
class Measured:
    """Seconds each answer took, by what was asked, how large what was asked is, and the plan of one answer."""

    seconds: dict[str, list[float]] = field(default_factory=dict)
    sizes: dict[str, str] = field(default_factory=dict)
    plan: str = ""

    async def ask(self, name: str, times: int, question: Callable[[], Awaitable[object]]) -> None:
        """Ask ``times`` times, after a few that do not count."""
        for _ in range(min(times, 5)):
            await question()
        took = self.seconds.setdefault(name, [])
        for _ in range(times):
            took.append(await timed(question()))

    async def ask_once(self, name: str, work: Awaitable[object]) -> None:
        """Something that is done rather than asked."""
        self.seconds.setdefault(name, []).append(await timed(work))

    def table(self) -> str:
        """The figures, in milliseconds."""
        lines = [f"{'':58} {'times':>6} {'p50 ms':>9} {'p95 ms':>9} {'max ms':>9}"]
        for name, took in self.seconds.items():
            ranked = sorted(took)
            shown = (ranked[len(ranked) // 2], ranked[int(len(ranked) * 0.95)], ranked[-1])
            lines.append(f"{name:58} {len(took):6} " + " ".join(f"{seconds * 1000:9.2f}" for seconds in shown))
        return "\n".join([*lines, *(f"{name:58} {size}" for name, size in self.sizes.items())])


async def timed(work: Awaitable[object]) -> float:
    """How many seconds ``work`` takes."""
    began = time.perf_counter()
    await work
    return time.perf_counter() - began


async def measured(url: str, sizes: Sizes, now: datetime) -> Measured:
    """Fill the database at ``url``, which is migrated and empty, and ask."""
    random.seed(1)
    owner = await asyncpg.connect(url)
    database = Database(url, 2)
    await database.open()
    try:
        for month in range(sizes.days // 28 + 2):
            await partitions(url, now - timedelta(days=28 * month))
        figures = Measured()
        filled = fill(owner, sizes.skus, sizes.locations, sizes.days, sizes.entries, now)
        await figures.ask_once(f"filling the ledger with {sizes.entries} entries", filled)
        await _make_snapshots(database, sizes, now, figures)
        await owner.execute("VACUUM ANALYZE")
        await _look_back(database, owner, sizes, now, figures)
        await _look_around(database, sizes, figures)
        await _doctor(database, owner, figures)
        return figures
    finally:
        await database.close()
        await owner.close()


async def _make_snapshots(database: Database, sizes: Sizes, now: datetime, figures: Measured) -> None:
    snapshots = PostgresSnapshots(database)
    through = last_settled_day(now)
    day = through - (sizes.days - 2) * DAY
    while day <= through:
        await figures.ask_once("snapshots of one day", snapshots.make(TENANT, day))
        day += DAY


async def _look_back(database: Database, owner: Any, sizes: Sizes, now: datetime, figures: Measured) -> None:
    history = PostgresStockHistory(database)

    def moment() -> datetime:
        return now - timedelta(seconds=random.uniform(0, (sizes.days - 3) * 86400))

    def sku() -> str:
        return f"SKU-{random.randint(1, sizes.skus):06}"

    def as_of(named: str | None = None) -> Awaitable[object]:
        return history.as_of(TENANT, moment(), sku=named or sku(), location=None, after=("", "", ""), limit=ALL)

    def page() -> Awaitable[object]:
        return history.as_of(TENANT, moment(), sku=None, location=None, after=(sku(), "", ""), limit=51)

    def explain(
        location: str | None = None, *, at: bool, limit: int = 20, named: str | None = None
    ) -> Awaitable[object]:
        return history.explain(TENANT, named or sku(), location=location, at=moment() if at else None, limit=limit)

    times = sizes.questions
    await figures.ask("as_of of one SKU, all locations", times, as_of)
    await figures.ask("as_of of the busiest SKU", times // 4, lambda: as_of(BUSIEST))
    await figures.ask("as_of, a page of 50 balances", times // 4, page)
    await figures.ask("explain, 20 steps, now", times, lambda: explain(at=False))
    await figures.ask("explain, 20 steps, then", times, lambda: explain(at=True))
    await figures.ask("explain, 20 steps, one location, then", times, lambda: explain("W001", at=True))
    await figures.ask("explain, 500 steps, then", times // 4, lambda: explain(at=True, limit=500))
    await figures.ask("explain the busiest SKU, 20 steps, then", times // 4, lambda: explain(at=True, named=BUSIEST))
    figures.plan = await plan_of(database, sku(), now - sizes.days / 2 * DAY)
    days = await owner.fetchrow("DELETE FROM snapshot_day RETURNING since, through")
    await figures.ask("as_of of one SKU without snapshots", times, as_of)
    await figures.ask("as_of of the busiest SKU without snapshots", times // 20, lambda: as_of(BUSIEST))
    await owner.execute("INSERT INTO snapshot_day VALUES ($1, $2, $3)", TENANT, *days)


async def _look_around(database: Database, sizes: Sizes, figures: Measured) -> None:
    inventory = PostgresInventoryView(database)
    wanted = min(1000, sizes.skus)
    limit = wanted * sizes.locations

    def stock() -> Awaitable[object]:
        return inventory.stock(TENANT, sku=None, location=None, after=("", "", ""), limit=limit)

    where = f"of {wanted} SKUs at {sizes.locations} locations"
    await figures.ask(f"balances {where}, row by row", sizes.questions // 20, stock)


async def _doctor(database: Database, owner: Any, figures: Measured) -> None:
    async with database.reading(TENANT) as connection:
        await connection.execute(READ_WHOLE_TABLES)
        for name, query in CHECKS.items():
            if name.startswith(("I2 ", "I15 ")):
                await figures.ask_once(f"doctor: {name}", _holds(connection, query))
    for row in await owner.fetch(_SIZES):
        figures.sizes[row["name"]] = f"{row['rows']} rows, {row['size']}"


async def _holds(connection: Any, query: str) -> None:
    broken = await connection.fetch(f"SELECT * FROM ({query}) AS broken LIMIT 1", timeout=600)
    assert broken == [], broken


async def plan_of(database: Database, sku: str, at: datetime) -> str:
    """How PostgreSQL answers as_of, by the plan that is kept for every value."""
    async with database.reading(TENANT) as connection:
        row = await connection.fetchrow("SELECT since, through FROM snapshot_day WHERE tenant_id = $1", TENANT)
        day = min(row["through"], at.date() - DAY)
        given = [TENANT, "", "", "", sku, None, 100, NO_LOT, day, *window(start_after(day), at + MOMENT)]
        shown = ", ".join("NULL" if one is None else f"'{one}'" for one in given)
        types = "uuid, text, text, text, text, text, bigint, uuid, date, timestamptz, timestamptz, uuid, uuid"
        await connection.execute(f"PREPARE past ({types}) AS {AS_OF[False]}")
        rows = await connection.fetch(f"EXPLAIN (ANALYZE, BUFFERS, COSTS OFF) EXECUTE past ({shown})")
        await connection.execute("DEALLOCATE past")
    return "\n".join(row[0] for row in rows)


def main() -> int:
    """The measurement as a command."""
    parser = argparse.ArgumentParser(description=__doc__)
    for name, default in vars(Sizes()).items():
        parser.add_argument(f"--{name}", type=int, default=default)
    sizes = Sizes(**vars(parser.parse_args()))

    async def run() -> Measured:
        with tempfile.TemporaryDirectory(prefix="fluxor-past-", dir="/tmp", ignore_cleanup_errors=True) as folder:
            async with embedded_place(Path(folder)) as place:
                return await measured(place.url, sizes, datetime.now(UTC))

    figures = asyncio.run(run())
    print(figures.table())
    print(figures.plan)
    return 0


if __name__ == "__main__":
    sys.exit(main())
