"""``fluxor up``, ``api``, ``worker`` and ``relay``: processes that run until they are stopped."""

import os
import socket
from pathlib import Path
from typing import Annotated

import typer

from entrypoints.cli.errors import reported
from entrypoints.cli.options import operations_of


def up(
    context: typer.Context,
    port: Annotated[int | None, typer.Option(min=0, max=65535, help="Where the API listens.")] = None,
    data_dir: Annotated[Path | None, typer.Option(file_okay=False, help="Where everything is kept.")] = None,
    workers: Annotated[int | None, typer.Option(min=1, max=256, help="How many worker processes.")] = None,
    demo: Annotated[bool, typer.Option("--demo", help="Fill a tenant with a realistic merchant.")] = False,
) -> None:
    """Run everything on this machine: the database, the API, the workers and the relay."""
    with reported(as_json=False):
        raise typer.Exit(operations_of(context).up(port, data_dir, workers, demo))


def api(context: typer.Context) -> None:
    """Run one API process."""
    with reported(as_json=False):
        raise typer.Exit(operations_of(context).api())


def worker(
    context: typer.Context,
    name: Annotated[
        str | None, typer.Option(help="What this worker is known as; host and process id when left out.")
    ] = None,
    relay: Annotated[bool, typer.Option(help="Relay the journal too, when no other process does.")] = True,
) -> None:
    """Run one worker process: decides orders, retries, relays the journal."""
    with reported(as_json=False):
        raise typer.Exit(operations_of(context).worker(name or f"{socket.gethostname()}-{os.getpid()}", relay))


def relay(context: typer.Context) -> None:
    """Run one relay process: carries the journal to its subscribers. One relays at a time, others stand by."""
    with reported(as_json=False):
        raise typer.Exit(operations_of(context).relay())
