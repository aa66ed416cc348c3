"""``fluxor sim``: the production code on a seeded scheduler, with faults."""

import re
from typing import Annotated

import typer

from entrypoints.cli.errors import reported
from entrypoints.cli.options import JsonOption, operations_of

SEEDS = re.compile(r"(\d+)(?:\.\.(\d+))?")


def sim(
    context: typer.Context,
    seeds: Annotated[str, typer.Option(help="A..B, both included, or one seed.")] = "1..100",
    faults: Annotated[str, typer.Option(help="all, none, or names separated by commas.")] = "all",
    quiet_within: Annotated[
        float, typer.Option(help="Virtual minutes within which all must be done once nothing goes wrong any more.")
    ] = 15.0,
    processes: Annotated[
        int | None, typer.Option(min=1, help="How many at a time; as many as there are cores.")
    ] = None,
    shrink: Annotated[
        bool, typer.Option("--shrink", help="Tell the first broken seed by as few choices as still break it.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Simulate; a violation prints its seed and how to replay it, and leaves with 1."""
    first, last = read_seeds(seeds)
    with reported(as_json):
        raise typer.Exit(operations_of(context).simulate(first, last, faults, as_json, quiet_within, processes, shrink))


def read_seeds(text: str) -> tuple[int, int]:
    """First and last seed of ``A..B`` or ``A``. Raises BadParameter."""
    match = SEEDS.fullmatch(text.strip())
    if match is None:
        raise typer.BadParameter(f"'{text}' is neither A..B nor a seed", param_hint="--seeds")
    first = int(match[1])
    last = int(match[2] or first)
    if last < first:
        raise typer.BadParameter(f"{last} comes before {first}", param_hint="--seeds")
    return first, last
