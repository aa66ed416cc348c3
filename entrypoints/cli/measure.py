"""``fluxor bench``: how much, how fast, at what cost."""

from typing import Annotated

import typer
import uvloop

from entrypoints.cli.bench.options import BenchOptions
from entrypoints.cli.bench.report import Report, print_report
from entrypoints.cli.errors import ExitCode, reported
from entrypoints.cli.options import operations_of

CONNECTIONS = 64
BATCH_CONNECTIONS = 12
"""Fewer callers with a hundred orders each than with one: the same number of orders would only wait longer."""
group = typer.Typer(no_args_is_help=True, help="How much, how fast, at what cost.")


@group.callback()
def bench() -> None:
    """How much, how fast, at what cost."""


@group.command()
def orders(
    context: typer.Context,
    rate: Annotated[float, typer.Option(min=0, help="Orders a second; 0: as fast as it goes.")] = 0.0,
    seconds: Annotated[float, typer.Option(min=1, help="How long to measure.")] = 10.0,
    tenants: Annotated[int, typer.Option(min=1, help="Spread over so many tenants.")] = 1,
    skus: Annotated[int, typer.Option(min=1, help="SKUs of each tenant.")] = 1000,
    hot: Annotated[int, typer.Option(min=0, help="All orders on so few SKUs; 0: on all.")] = 0,
    batch: Annotated[int, typer.Option(min=1, max=500, help="Orders a request.")] = 1,
    as_json: Annotated[bool, typer.Option("--json", help="Only the JSON report, no progress.")] = False,
) -> None:
    """Send orders over HTTP to the running installation, or to one of its own; the last line is JSON."""
    options = BenchOptions(
        rate=rate,
        seconds=seconds,
        tenants=tenants,
        skus=skus,
        hot=hot,
        batch=batch,
        connections=CONNECTIONS if batch == 1 else BATCH_CONNECTIONS,
        quiet=as_json,
    )

    async def measure() -> Report:
        report = await operations_of(context).bench(options)
        assert isinstance(report, Report)
        return report

    with reported(as_json):
        report = uvloop.run(measure())
    print_report(report, json_only=as_json)
    if report.oversold or report.lost or report.errors:
        raise typer.Exit(ExitCode.REFUSED)
