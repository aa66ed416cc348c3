"""What the index of entries out of step costs an insert: the server's own CPU for the same rows with it and without.

Run by hand: ``python -m tests.load.entry_cost --rounds 20 --entries 20000``. Two databases of one embedded server, one
of them without the index, take the same rows in turn.
"""

import argparse
import asyncio
import statistics
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import asyncpg

from adapters.postgres.embedded import EmbeddedPostgres
from adapters.postgres.migrate import migrate

_INSERT = """
INSERT INTO stock_entry (tenant_id, item_id, group_id, number, location_id, lot_id, kind, source, target, quantity,
                         cause, actor, recorded_at)
SELECT t, t, made, n, t, t, 'commit', 'available', 'committed', 1, 'order:' || made, 'ann', now()
FROM (
    SELECT '01900000-0000-7000-8000-0000000000aa'::uuid AS t, n,
           (lpad(to_hex(time), 12, '0') || '70008' || lpad(to_hex(n), 15, '0'))::uuid AS made
    FROM generate_series($1::int, $2::int) AS n, (SELECT (extract(epoch FROM now()) * 1000)::bigint AS time) AS t
) AS told
"""


def cpu_seconds(pid: int) -> float:
    """The CPU time a process has used, to the nanosecond, as the scheduler counts it."""
    return int(Path(f"/proc/{pid}/schedstat").read_text(encoding="ascii").split()[0]) / 1e9


async def cost(connection: Any, rounds: range, entries: int) -> float:
    """Microseconds of the server's CPU for one entry, in statements of a hundred."""
    pid = connection.get_server_pid()
    before = cpu_seconds(pid)
    for number in rounds:
        for first in range(number * entries, (number + 1) * entries, 100):
            await connection.execute(_INSERT, first, first + 99)
    return (cpu_seconds(pid) - before) / (entries * len(rounds)) * 1e6


async def measured(url: str, rounds: int, entries: int) -> dict[str, list[float]]:
    """The cost in each round, by whether the index is there."""
    owner = await asyncpg.connect(url)
    await owner.execute("CREATE DATABASE bare")
    bare_url = url.replace("/fluxor?", "/bare?")
    assert bare_url != url, "the server's own database is called fluxor"
    for one in (url, bare_url):
        await migrate(one, datetime.now(UTC))
    bare = await asyncpg.connect(bare_url)
    await bare.execute("DROP INDEX stock_entry_out_of_step")
    figures: dict[str, list[float]] = {"with": [], "without": []}
    for number in range(rounds):
        for name, connection in (("with", owner), ("without", bare)):
            figures[name].append(await cost(connection, range(number, number + 1), entries))
    await owner.close()
    await bare.close()
    return figures


def main() -> int:
    """The measurement as a command."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--entries", type=int, default=20_000)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="fluxor-cost-", dir="/tmp", ignore_cleanup_errors=True) as folder:
        server = EmbeddedPostgres(Path(folder))
        url = server.start()
        try:
            figures = asyncio.run(measured(url, options.rounds, options.entries))
        finally:
            server.stop()
    for name, each in figures.items():
        print(f"{name:8} the index: {statistics.median(each):6.2f} µs of CPU an entry (from {min(each):.2f})")
    return 0


if __name__ == "__main__":
    sys.exit(main())
