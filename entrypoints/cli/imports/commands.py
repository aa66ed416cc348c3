"""``fluxor import``: the commands for the catalogue and for orders; those for lists are in bulk.py."""

from decimal import Decimal
from pathlib import Path
from typing import Annotated

import typer

from core.kernel.money import exponent_of
from entrypoints.cli.errors import reported
from entrypoints.cli.imports import bulk, grouping
from entrypoints.cli.imports import catalogue as items
from entrypoints.cli.imports.columns import find_columns, read_overrides
from entrypoints.cli.imports.derive import derive_stock as derive
from entrypoints.cli.imports.derive import fields_needed, write_stock
from entrypoints.cli.imports.meter import Meter
from entrypoints.cli.imports.options import (
    CancelOption,
    CurrencyOption,
    DryRunOption,
    MapOption,
    RejectsOption,
    plan_of,
    show,
)
from entrypoints.cli.imports.runs import OrderOptions, import_catalogue, import_orders
from entrypoints.cli.imports.source import open_source
from entrypoints.cli.options import FileArgument, JsonOption, TenantOption
from entrypoints.cli.running import run_in_session

group = typer.Typer(no_args_is_help=True, help="Files into the catalogue, the stock, the orders and the policies.")
for command in (bulk.stock, bulk.counts, bulk.receipts, bulk.prices, bulk.policy):
    group.command()(command)


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
    plan = plan_of("catalogue", file, rejects, dry_run, (currency, overrides))
    work = import_catalogue(plan, tenant, overrides, currency, quiet=as_json)
    show("catalogue", run_in_session(context, work, as_json=as_json), as_json)


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
    plan = plan_of("orders", file, rejects, dry_run, (currency, date_format, cancel_prefix, overrides))
    work = import_orders(plan, tenant, options, quiet=as_json)
    show("orders", run_in_session(context, work, as_json=as_json), as_json)


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
    show("derived stock", summary, as_json)
