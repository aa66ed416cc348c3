"""From what was measured to the report: which orders count, and per what."""

from typing import Any

from core.kernel.value import value
from entrypoints.cli.bench.completion import Audit, CompletionSampler
from entrypoints.cli.bench.cpu import CpuSeconds
from entrypoints.cli.bench.options import BenchOptions, describe_mode
from entrypoints.cli.bench.report import CpuPerOrder, Report, Window, per_order_us, percentiles, ratio
from entrypoints.cli.bench.tally import Tally


@value
class Measured:
    """Between the two ends of the window: seconds of clock and CPU; the audits there and at last."""

    seconds: float
    cpu: CpuSeconds
    at_open: Audit
    at_close: Audit
    at_last: Audit


@value
class Yardstick:
    """Plain SQL on the same server: orders a second, and CPU microseconds of PostgreSQL for each."""

    orders_per_s: float
    cpu_us: float | None


def completed_in_window(at_open: Audit, at_close: Audit) -> int:
    """Orders both accepted and completed between two audits.

    Orders are decided in order of arrival, so what was waiting at the first audit comes out of the
    completions first.
    """
    backlog = at_open.accepted - at_open.decided
    return max(0, at_close.completed - at_open.completed - backlog)


def lost_orders(accepted: int, at_last: Audit) -> int:
    """Orders that were accepted, as answered or as stored, and are not decided."""
    return max(accepted, at_last.accepted) - at_last.decided


def build_report(
    options: BenchOptions,
    measured: Measured,
    tally: Tally,
    sampler: CompletionSampler,
    *,
    lost_connections: dict[str, int],
    yardstick: Yardstick | None,
) -> Report:
    """The report of one run."""
    completed = completed_in_window(measured.at_open, measured.at_close)
    orders_per_s = round(completed / measured.seconds, 1)
    return Report(
        accepted=tally.accepted,
        completed=measured.at_last.completed,
        rejected=measured.at_last.rejected,
        errors=tally.errors,
        oversold=measured.at_last.oversold,
        lost=lost_orders(tally.accepted, measured.at_last),
        orders_per_s=orders_per_s,
        window=Window(seconds=round(measured.seconds, 3), accepted=tally.window_accepted, completed=completed),
        intake_ms=percentiles(tally.latencies),
        complete_ms=percentiles(seconds for intended, seconds in sampler.samples if tally.in_window(intended)),
        errors_by_status=dict(tally.errors_by_status),
        lost_connections=lost_connections,
        samples=len(sampler.samples),
        samples_unfinished=sampler.unfinished,
        status_polls=sampler.polls,
        status_poll_errors=sampler.poll_errors,
        **_settings(options),
        **_costs(measured, completed),
        **_comparison(measured, completed, orders_per_s, yardstick),
    )


def _settings(options: BenchOptions) -> dict[str, Any]:
    names = ("seconds", "rate", "skus", "tenants", "hot", "batch", "connections", "seed")
    return {"mode": describe_mode(options), **{name: getattr(options, name) for name in names}}


def _costs(measured: Measured, completed: int) -> dict[str, Any]:
    cpu = measured.cpu
    return {
        "cpu_us_per_order": CpuPerOrder(
            api=per_order_us(cpu.api, completed),
            worker=per_order_us(cpu.worker, completed),
            postgres=per_order_us(cpu.postgres, completed),
        ),
        "load_generator_cpu_us_per_order": per_order_us(cpu.load_generator, completed),
        "load_generator_cpu_share": round(cpu.load_generator / measured.seconds, 3),
    }


def _comparison(measured: Measured, completed: int, orders_per_s: float, yardstick: Yardstick | None) -> dict[str, Any]:
    cpu = measured.cpu
    spent = None if cpu.postgres is None else per_order_us(cpu.api + cpu.worker + cpu.postgres, completed)
    plain_rate = None if yardstick is None else round(yardstick.orders_per_s, 1)
    plain_cpu = None if yardstick is None else yardstick.cpu_us
    return {
        "pgbench_orders_per_s": plain_rate,
        "ratio": ratio(orders_per_s, plain_rate),
        "pgbench_cpu_us_per_order": plain_cpu,
        "cpu_ratio": ratio(spent, plain_cpu),
    }
