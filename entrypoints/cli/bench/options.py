"""What a run is told: what to send, and what composition knows about the place it runs in."""

from collections.abc import Awaitable, Callable, Sequence

from core.kernel.value import value
from entrypoints.cli.bench.completion import Audit
from entrypoints.cli.bench.pgbench import PgbenchTarget


@value
class BenchOptions:
    """What to send. ``rate`` in orders a second, 0: as fast as the product sustains; ``hot`` 0: all SKUs.

    With rate 0 sending pauses while orders take longer than about ``lag_seconds`` to be decided: accepting
    faster than deciding is not throughput. ``drain_seconds`` is how long after the window orders may take
    before they count as lost.
    """

    rate: float = 0.0
    seconds: float = 10.0
    warmup_seconds: float = 2.0
    tenants: int = 1
    skus: int = 1000
    hot: int = 0
    batch: int = 1
    connections: int = 64
    seed: int = 1
    samples_per_second: float = 10.0
    lag_seconds: float = 0.25
    drain_seconds: float = 60.0
    pgbench_seconds: int = 5
    quiet: bool = False


@value
class Surroundings:
    """What composition hands in. ``create_tenants(count)`` answers (tenant id, API key) of new tenants.

    ``audit()`` counts the orders of just those tenants in the database. Process ids are for CPU accounting;
    without ``pgbench`` there is no yardstick in the report.
    """

    base_url: str
    api_pids: Sequence[int]
    worker_pids: Sequence[int]
    postgres_pid: int | None
    create_tenants: Callable[[int], Awaitable[Sequence[tuple[str, str]]]]
    audit: Callable[[], Awaitable[Audit]]
    pgbench: PgbenchTarget | None = None


def describe_mode(options: BenchOptions) -> str:
    """``open`` or ``closed`` loop, with ``batch`` and ``hot`` where they apply."""
    words = ["open" if options.rate else "closed"]
    words += ["batch"] if options.batch > 1 else []
    words += ["hot"] if options.hot else []
    return "-".join(words)
