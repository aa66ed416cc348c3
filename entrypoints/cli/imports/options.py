"""What the import commands share: their options, the plan these make, and how a summary is shown."""

from pathlib import Path
from typing import Annotated

import typer

from entrypoints.cli.imports.importing import Plan
from entrypoints.cli.output import print_json, print_table

MapOption = Annotated[
    list[str] | None, typer.Option("--map", help="field=column: which column holds a field. Repeatable.")
]
RejectsOption = Annotated[
    Path | None,
    typer.Option("--rejects", dir_okay=False, help="Where rows that cannot be taken go; beside FILE if left out."),
]
DryRunOption = Annotated[bool, typer.Option("--dry-run", help="Read and check everything, change nothing.")]
CurrencyOption = Annotated[str, typer.Option("--currency", help="ISO 4217, where the file names none.")]
LocationOption = Annotated[str, typer.Option(help="Where the file names no location.")]
CancelOption = Annotated[
    str, typer.Option("--cancel-prefix", help="Before the number of a cancellation; empty: there are none.")
]


def plan_of(kind: str, file: Path, rejects: Path | None, dry_run: bool, options: tuple[object, ...]) -> Plan:
    """The plan a command's options make."""
    return Plan(kind=kind, file=file, rejects=rejects, dry_run=dry_run, options=options)


def show(title: str, summary: dict[str, object], as_json: bool) -> None:
    """The summary, for a machine or for a person."""
    if as_json:
        print_json(summary)
    else:
        rows = [
            (name, f"{amount:,}" if isinstance(amount, int | float) else amount) for name, amount in summary.items()
        ]
        print_table(title, ("what", "value"), rows)
