"""``fluxor import``: the commands for lists of stock, of prices, and for policies."""

from pathlib import Path
from typing import Annotated

import typer

from core.acceptance.policies import POLICY_TYPES
from core.inventory.acts import Act
from core.kernel.money import exponent_of
from entrypoints.cli.errors import reported
from entrypoints.cli.imports import prices as price_rows
from entrypoints.cli.imports import stock as shelves
from entrypoints.cli.imports.columns import read_overrides
from entrypoints.cli.imports.options import (
    CurrencyOption,
    DryRunOption,
    LocationOption,
    MapOption,
    RejectsOption,
    plan_of,
    show,
)
from entrypoints.cli.imports.policies import SIZE_MAX, read_policy
from entrypoints.cli.imports.runs import ActOptions, import_acts, import_policy, import_prices
from entrypoints.cli.options import FileArgument, JsonOption, TenantOption
from entrypoints.cli.running import run_in_session


def stock(
    context: typer.Context,
    file: FileArgument,
    tenant: TenantOption,
    mapping: MapOption = None,
    location: LocationOption = "MAIN",
    create_locations: Annotated[
        bool, typer.Option("--create-locations/--no-create-locations", help="Open unknown ones as warehouses.")
    ] = True,
    rejects: RejectsOption = None,
    dry_run: DryRunOption = False,
    as_json: JsonOption = False,
) -> None:
    """Count stock: afterwards each shelf of the file holds the quantity of its row (sku, location, quantity)."""
    with reported(as_json):
        overrides = read_overrides(mapping or (), shelves.FIELDS)
    options = ActOptions(location=location, create_locations=create_locations, fields=shelves.FIELDS)
    plan = plan_of("stock", file, rejects, dry_run, (location, create_locations, overrides))
    work = import_acts(plan, tenant, overrides, options, quiet=as_json)
    show("stock", run_in_session(context, work, as_json=as_json), as_json)


def counts(
    context: typer.Context,
    file: FileArgument,
    tenant: TenantOption,
    mapping: MapOption = None,
    location: LocationOption = "MAIN",
    rejects: RejectsOption = None,
    dry_run: DryRunOption = False,
    as_json: JsonOption = False,
) -> None:
    """Enter what was counted (sku, location, quantity, unit, lot, …) at locations there are."""
    options = ActOptions(location=location)
    with reported(as_json):
        overrides = read_overrides(mapping or (), options.fields)
    plan = plan_of("counts", file, rejects, dry_run, (location, overrides))
    work = import_acts(plan, tenant, overrides, options, quiet=as_json)
    show("counts", run_in_session(context, work, as_json=as_json), as_json)


def receipts(
    context: typer.Context,
    file: FileArgument,
    tenant: TenantOption,
    mapping: MapOption = None,
    location: LocationOption = "MAIN",
    delivery: Annotated[
        str, typer.Option(help="A name of its own for a delivery of the very same rows as an earlier one.")
    ] = "",
    rejects: RejectsOption = None,
    dry_run: DryRunOption = False,
    as_json: JsonOption = False,
) -> None:
    """Receive goods (sku, location, quantity, unit, lot, …), each row once: the same file again receives the rest.

    A file with other bytes is another delivery, so mend rejected rows in the rejects file and import that.
    """
    options = ActOptions(act=Act.RECEIVE, location=location, delivery=delivery)
    with reported(as_json):
        overrides = read_overrides(mapping or (), options.fields)
    plan = plan_of("receipts", file, rejects, dry_run, (location, delivery, overrides))
    work = import_acts(plan, tenant, overrides, options, quiet=as_json)
    show("receipts", run_in_session(context, work, as_json=as_json), as_json)


def prices(
    context: typer.Context,
    file: FileArgument,
    tenant: TenantOption,
    mapping: MapOption = None,
    currency: CurrencyOption = "GBP",
    rejects: RejectsOption = None,
    dry_run: DryRunOption = False,
    as_json: JsonOption = False,
) -> None:
    """Change prices (sku, price, currency) of items there are."""
    with reported(as_json):
        exponent_of(currency)
        overrides = read_overrides(mapping or (), price_rows.FIELDS)
    plan = plan_of("prices", file, rejects, dry_run, (currency, overrides))
    work = import_prices(plan, tenant, overrides, currency, quiet=as_json)
    show("prices", run_in_session(context, work, as_json=as_json), as_json)


def policy(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help=f"One of {', '.join(POLICY_TYPES)}.")],
    file: Annotated[
        Path, typer.Argument(exists=True, dir_okay=False, readable=True, help="JSON, as the API takes it.")
    ],
    tenant: TenantOption,
    dry_run: DryRunOption = False,
    as_json: JsonOption = False,
) -> None:
    """Replace one of the tenant's policies."""
    with reported(as_json), file.open("rb") as content:
        said = read_policy(name, content.read(SIZE_MAX + 1))
    work = import_policy(said, tenant, dry_run=dry_run)
    show(f"{name} policy", run_in_session(context, work, as_json=as_json), as_json)
