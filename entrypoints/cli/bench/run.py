"""One run of the bench: set up, warm up, measure, wait until all is decided, compare with plain SQL."""

import asyncio
import gc
from collections.abc import Iterator
from contextlib import AsyncExitStack, contextmanager
from time import perf_counter

from entrypoints.cli.bench.caller import Caller
from entrypoints.cli.bench.client import parse_address
from entrypoints.cli.bench.completion import CompletionSampler, await_decided
from entrypoints.cli.bench.cpu import ProcessGroups, read_cpu, tree_seconds
from entrypoints.cli.bench.findings import Measured, Yardstick, build_report
from entrypoints.cli.bench.load import Load
from entrypoints.cli.bench.options import BenchOptions, Surroundings
from entrypoints.cli.bench.pgbench import run_pgbench
from entrypoints.cli.bench.progress import shown_progress
from entrypoints.cli.bench.report import Report, per_order_us
from entrypoints.cli.bench.setup import prepare_stock
from entrypoints.cli.bench.tally import Tally
from entrypoints.cli.bench.workload import render_workload, sku_names

__all__ = ["BenchOptions", "Surroundings", "run_bench"]

SETUP_CONNECTIONS = 16
SKUS_OF_A_TENANT_MIN = 10
POLL_CONNECTIONS = 8
SAMPLES_FINISH_SECONDS = 5.0


async def run_bench(options: BenchOptions, surroundings: Surroundings) -> Report:
    """Run once against ``surroundings.base_url``; best under uvloop, in a process of its own.

    Raises SetupRefused when the server does not take what the run needs, OSError when it cannot be reached,
    ProcessGone when a measured process ends, PgbenchFailed. Errors of single orders are in the report.
    """
    address = parse_address(surroundings.base_url)
    # The SKUs are those of the whole run: two hundred tenants do not have two thousand each.
    skus = sku_names(options.hot or max(SKUS_OF_A_TENANT_MIN, options.skus // options.tenants))
    keys = [key for _, key in await surroundings.create_tenants(options.tenants)]
    async with Caller(address, connections=SETUP_CONNECTIONS) as caller:
        await prepare_stock(caller, keys, skus)
    workload = render_workload(address, keys=keys, skus=skus, batch=options.batch, seed=options.seed)
    async with AsyncExitStack() as stack:
        poller = await stack.enter_async_context(Caller(address, connections=POLL_CONNECTIONS))
        sampler = CompletionSampler(poller, workload.key_of, samples_per_second=options.samples_per_second)
        tally = Tally(batch=options.batch, wants=sampler.wants, watch=sampler.watch)
        load = Load(address, workload.requests, connections=options.connections, observe=tally.observe)
        stack.push_async_callback(sampler.finish, 0)
        stack.callback(load.close)
        stack.enter_context(_quiet_collector())
        measured = await _measure(options, surroundings, load, tally, sampler)
    return build_report(
        options,
        measured,
        tally,
        sampler,
        lost_connections=dict(load.lost_connections),
        yardstick=await _compare(options, surroundings),
    )


async def _measure(
    options: BenchOptions, surroundings: Surroundings, load: Load, tally: Tally, sampler: CompletionSampler
) -> Measured:
    groups = ProcessGroups(
        api=surroundings.api_pids, worker=surroundings.worker_pids, postgres=surroundings.postgres_pid
    )
    # By Little's law: orders watched at a time = orders watched a second x seconds each takes to be decided.
    unfinished_max = max(2.0, options.samples_per_second * options.lag_seconds)
    await load.open()
    total = options.warmup_seconds + options.seconds
    async with shown_progress(tally, sampler, seconds=total, quiet=options.quiet):
        load.start(
            interval=options.batch / options.rate if options.rate else 0.0,
            may_send=lambda: sampler.unfinished < unfinished_max,
        )
        await asyncio.sleep(options.warmup_seconds)
        # In a thread: walking the process table would hold up the answers of some milliseconds.
        cpu_at_open = await asyncio.to_thread(read_cpu, groups)
        opened = perf_counter()
        tally.open_window(opened)
        at_open = await surroundings.audit()
        await asyncio.sleep(opened + options.seconds - perf_counter())
        closed = perf_counter()
        tally.close_window(closed)
        load.stop(closed)
        at_close, cpu_at_close = await asyncio.gather(surroundings.audit(), asyncio.to_thread(read_cpu, groups))
        await load.drain(options.drain_seconds)
    at_last = await await_decided(surroundings.audit, tally.accepted, options.drain_seconds)
    await sampler.finish(SAMPLES_FINISH_SECONDS)
    return Measured(
        seconds=closed - opened,
        cpu=cpu_at_close.since(cpu_at_open),
        at_open=at_open,
        at_close=at_close,
        at_last=at_last,
    )


async def _compare(options: BenchOptions, surroundings: Surroundings) -> Yardstick | None:
    """The yardstick of plain SQL on the same server, None without pgbench."""
    if surroundings.pgbench is None or not options.pgbench_seconds:
        return None
    pid = surroundings.postgres_pid
    before = None if pid is None else tree_seconds(pid)
    orders_per_s = await run_pgbench(surroundings.pgbench, seconds=options.pgbench_seconds)
    used = None if pid is None or before is None else tree_seconds(pid) - before
    return Yardstick(
        orders_per_s=orders_per_s, cpu_us=per_order_us(used, round(orders_per_s * options.pgbench_seconds))
    )


@contextmanager
def _quiet_collector() -> Iterator[None]:
    """No garbage collection during the run: nothing here makes cycles, a pause would look like theirs."""
    gc.collect()
    gc.freeze()
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        gc.unfreeze()
        if was_enabled:
            gc.enable()
