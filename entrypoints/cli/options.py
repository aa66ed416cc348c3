"""Arguments several commands share, so that they read alike everywhere."""

from pathlib import Path
from typing import Annotated

import typer

from entrypoints.cli.session import Operations

TenantOption = Annotated[str, typer.Option("--tenant", "-t", help="Name or id of the tenant.")]
AnyTenantOption = Annotated[
    str | None, typer.Option("--tenant", "-t", help="Name or id of the tenant; all of them when left out.")
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON document, errors included.")]
LimitOption = Annotated[int, typer.Option("--limit", min=1, max=500, help="How many at most.")]
FileArgument = Annotated[
    Path, typer.Argument(exists=True, dir_okay=False, readable=True, help="CSV, or CSV packed with gzip.")
]


def operations_of(context: typer.Context) -> Operations:
    """What composition handed in; the root command keeps it for all others."""
    operations = context.obj
    assert isinstance(operations, Operations), "the root command sets the operations"
    return operations
