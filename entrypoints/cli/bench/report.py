"""What a run found, under the names acceptance checks read, and as a table for people."""

import math
import sys
from collections.abc import Iterable

import msgspec
from rich.console import Console
from rich.table import Table


class Percentiles(msgspec.Struct, frozen=True):
    """Milliseconds; null when nothing was measured."""

    p50: float | None
    p95: float | None
    p99: float | None


class CpuPerOrder(msgspec.Struct, frozen=True):
    """CPU microseconds for each order accepted and completed in the window; null when not to be had."""

    api: float | None
    worker: float | None
    postgres: float | None


class Window(msgspec.Struct, frozen=True):
    """The measured part: its seconds, orders accepted in it, and of those how many were completed in it."""

    seconds: float
    accepted: int
    completed: int


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """One run. Counts are of all of it, warm-up included: accepted = completed + rejected + parked + lost.

    Rates, latencies and CPU are of the window. ``ratio`` is orders_per_s over pgbench_orders_per_s,
    ``cpu_ratio`` all CPU per order of api, worker and postgres over that of pgbench's postgres.
    """

    accepted: int
    rejected: int
    errors: int
    orders_per_s: float
    intake_ms: Percentiles
    complete_ms: Percentiles
    oversold: int
    lost: int
    cpu_us_per_order: CpuPerOrder
    pgbench_orders_per_s: float | None
    ratio: float | None
    pgbench_cpu_us_per_order: float | None
    cpu_ratio: float | None
    completed: int
    window: Window
    mode: str
    seconds: float
    rate: float
    skus: int
    tenants: int
    hot: int
    batch: int
    connections: int
    seed: int
    errors_by_status: dict[str, int]
    lost_connections: dict[str, int]
    samples: int
    samples_unfinished: int
    status_polls: int
    status_poll_errors: int
    load_generator_cpu_us_per_order: float | None
    load_generator_cpu_share: float


def percentiles(latencies_seconds: Iterable[float]) -> Percentiles:
    """Nearest-rank percentiles in milliseconds: each is a latency that was measured."""
    ranked = sorted(latencies_seconds)

    def at(percent: int) -> float | None:
        if not ranked:
            return None
        return round(ranked[math.ceil(len(ranked) * percent / 100) - 1] * 1000, 3)

    return Percentiles(p50=at(50), p95=at(95), p99=at(99))


def per_order_us(seconds: float | None, orders: int) -> float | None:
    """Microseconds of each order, None when unknown or when there was none."""
    return None if seconds is None or not orders else round(seconds * 1e6 / orders, 1)


def ratio(part: float | None, whole: float | None) -> float | None:
    """``part / whole`` to three decimals, None when either is missing."""
    return None if part is None or not whole else round(part / whole, 3)


def to_json(report: Report) -> str:
    """The report on one line."""
    return msgspec.json.encode(report).decode()


def print_report(report: Report, *, json_only: bool) -> None:
    """A table on stderr unless ``json_only``; then the JSON as the last line of stdout."""
    if not json_only:
        Console(stderr=True).print(_table(report))
    sys.stdout.write(to_json(report) + "\n")
    sys.stdout.flush()


def _table(report: Report) -> Table:
    table = Table(title=f"fluxor bench orders · {report.mode}", show_header=False)
    intake, complete, cpu = report.intake_ms, report.complete_ms, report.cpu_us_per_order
    table.add_row("orders/s accepted and completed", f"{report.orders_per_s:,.0f}")
    table.add_row("intake ms p50 · p95 · p99", f"{intake.p50} · {intake.p95} · {intake.p99}")
    table.add_row("completion ms p50 · p95 · p99", f"{complete.p50} · {complete.p95} · {complete.p99}")
    table.add_row("CPU µs/order api · worker, relay · postgres", f"{cpu.api} · {cpu.worker} · {cpu.postgres}")
    table.add_row("accepted · rejected · errors", f"{report.accepted:,} · {report.rejected:,} · {report.errors:,}")
    table.add_row("oversold · lost", f"{report.oversold} · {report.lost}")
    table.add_row("pgbench orders/s · ratio", f"{report.pgbench_orders_per_s} · {report.ratio}")
    table.add_row("load generator, share of a core", f"{report.load_generator_cpu_share:.0%}")
    return table
