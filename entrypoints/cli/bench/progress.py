"""The rate, once a second, for whoever is waiting in front of the terminal."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from entrypoints.cli.bench.completion import CompletionSampler
from entrypoints.cli.bench.tally import Tally


@asynccontextmanager
async def shown_progress(
    tally: Tally, sampler: CompletionSampler, *, seconds: float, quiet: bool
) -> AsyncIterator[None]:
    """Show accepted orders a second, the last completion and errors on stderr inside, unless ``quiet``."""
    if quiet:
        yield
        return
    task = asyncio.create_task(_show(tally, sampler, seconds))
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def _show(tally: Tally, sampler: CompletionSampler, seconds: float) -> None:
    # Drawn only here, once a second: rich's own thread would draw ten times as often on the measured cores.
    columns = (BarColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), auto_refresh=False) as progress:
        bar = progress.add_task("warming up", total=seconds)
        before = tally.accepted
        while True:
            await asyncio.sleep(1)
            rate, before = tally.accepted - before, tally.accepted
            last = f"{sampler.samples[-1][1] * 1000:.0f} ms" if sampler.samples else "not yet seen"
            progress.update(
                bar,
                advance=1,
                refresh=True,
                description=f"{rate:,} orders/s accepted · completion {last} · {tally.errors:,} errors",
            )
