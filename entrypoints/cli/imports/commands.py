"""``fluxor import``: the commands."""

from decimal import Decimal
from pathlib import Path
from typing import Annotated

import typer

from core.kernel.money import exponent_of
from entrypoints.cli.errors import reported
from entrypoints.cli.imports import catalogue as items
from entrypoints.cli.imports import grouping
from entrypoints.cli.imports import stock as counts
from entrypoints.cli.imports.columns import find_columns, read_overrides
from entrypoints.cli.imports.derive import derive_stock as derive
from entrypoints.cli.imports.derive import fields_needed, write_stock
from entrypoints.cli.imports.importing import Plan
from entrypoints.cli.imports.meter import Meter
from entrypoints.cli.imports.runs import OrderOptions, import_catalogue, import_orders, import_stock
from entrypoints.cli.imports.source import open_source
from entrypoints.cli.options import FileArgument, JsonOption, TenantOption
from entrypoints.cli.output import print_json, print_table
from entrypoints.cli.running import run_in_session

group = typer.Typer(no_args_is_help=True, help="Files into the catalogue, the stock and the orders.")

MapOption = Annotated[
    list[str] | None, typer.Option("--map", help="field=column: which column holds a field. Repeatable.")
]
RejectsOption = Annotated[
    Path | None,
    typer.Option("--rejects", dir_okay=False, help="Where rows that cannot be taken go; beside FILE if left out."),
]
DryRunOption = Annotated[bool, typer.Option("--dry-run", help="Read and check everything, change nothing.")]
CurrencyOption = Annotated[str, typer.Option("--currency", help="ISO 4217, where the file names none.")]
CancelOption = Annotated[
    str, typer.Option("--cancel-prefix", help="Before the number of a cancellation; empty: there are none.")
]


@group.command()
def catalogue(
    context: typer.Context,
    file: FileArgument,
    tenant: TenantOption,
    mapping: MapOption = None,
    currency: CurrencyOption = "GBP",
    rejects: RejectsOption = None,
    dry_run: DryRunOption = False,
    as_json: JsonOption = False,
) -> None:
    """Create items from a list (sku, name, uom, scale, price, …) or from the SKUs a file of orders mentions."""
    with reported(as_json):
        exponent_of(currency)
        overrides = read_overrides(mapping or (), items.FIELDS)
    plan = _plan("catalogue", file, rejects, dry_run, (currency, overrides))
    work = import_catalogue(plan, tenant, overrides, currency, quiet=as_json)
    _print("catalogue", run_in_session(context, work, as_json=as_json), as_json)


@group.command()
def stock(
    context: typer.Context,
    file: FileArgument,
    tenant: TenantOption,
    mapping: MapOption = None,
    location: Annotated[str, typer.Option(help="Where the file names no location.")] = "MAIN",
    create_locations: Annotated[
        bool, typer.Option("--create-locations/--no-create-locations", help="Open unknown ones as warehouses.")
    ] = True,
    rejects: RejectsOption = None,
    dry_run: DryRunOption = False,
    as_json: JsonOption = False,
) -> None:
    """Count stock: afterwards each shelf of the file holds the quantity of its row (sku, location, quantity)."""
    with reported(as_json):
        overrides = read_overrides(mapping or (), counts.FIELDS)
    plan = _plan("stock", file, rejects, dry_run, (location, create_locations, overrides))
    work = import_stock(plan, tenant, overrides, location, create_locations=create_locations, quiet=as_json)
    _print("stock", run_in_session(context, work, as_json=as_json), as_json)


@group.command()
def orders(
    context: typer.Context,
    file: FileArgument,
    tenant: TenantOption,
    mapping: MapOption = None,
    currency: CurrencyOption = "GBP",
    date_format: Annotated[str | None, typer.Option(help="As in strptime; ISO 8601 when left out.")] = None,
    cancel_prefix: CancelOption = "C",
    wait: Annotated[
        bool, typer.Option("--wait/--no-wait", help="Decide the orders here, and wait until all are.")
    ] = True,
    rejects: RejectsOption = None,
    dry_run: DryRunOption = False,
    as_json: JsonOption = False,
) -> None:
    """Take orders in: rows with one order id after the other are one order.

    Cancellations (a C before the number) and returns (negative quantity) are kept as orders rejected with the reason.
    """
    with reported(as_json):
        exponent_of(currency)
        overrides = read_overrides(mapping or (), grouping.FIELDS)
    options = OrderOptions(
        currency=currency, date_format=date_format, cancel_prefix=cancel_prefix, wait=wait, overrides=overrides
    )
    plan = _plan("orders", file, rejects, dry_run, (currency, date_format, cancel_prefix, overrides))
    work = import_orders(plan, tenant, options, quiet=as_json)
    _print("orders", run_in_session(context, work, as_json=as_json), as_json)


@group.command()
def derive_stock(
    transactions: FileArgument,
    out: Annotated[Path, typer.Argument(dir_okay=False, help="The stock file to write.")],
    location: Annotated[str, typer.Option(help="Where all of it is.")] = "MAIN",
    share: Annotated[float, typer.Option(min=0, help="Of what is asked for; under 1 leaves orders short.")] = 1.0,
    mapping: MapOption = None,
    cancel_prefix: CancelOption = "C",
    currency: CurrencyOption = "GBP",
    as_json: JsonOption = False,
) -> None:
    """Write a stock file with as much of each SKU as a file of orders asks for, so that they can be served."""
    fields = fields_needed(grouping.FIELDS)
    with reported(as_json), open_source(transactions) as source:
        columns = find_columns(fields, source.header, read_overrides(mapping or (), fields))
        with Meter("reading", source, quiet=as_json) as meter:
            rows, ends, wanted = derive(source, columns, meter, cancel_prefix=cancel_prefix, currency=currency)
        units = write_stock(out, wanted, location=location, share=Decimal(str(share)))
    summary = {"rows": rows, **ends, "skus": len(wanted), "units": str(units), "out": str(out)}
    _print("derived stock", summary, as_json)


def _plan(kind: str, file: Path, rejects: Path | None, dry_run: bool, options: tuple[object, ...]) -> Plan:
    return Plan(kind=kind, file=file, rejects=rejects, dry_run=dry_run, options=options)


def _print(title: str, summary: dict[str, object], as_json: bool) -> None:
    if as_json:
        print_json(summary)
    else:
        rows = [
            (name, f"{amount:,}" if isinstance(amount, int | float) else amount) for name, amount in summary.items()
        ]
        print_table(title, ("what", "value"), rows)
