"""The command line assembled: one file a command group."""

from typing import Annotated

import typer

from entrypoints.cli import (
    doctor,
    measure,
    order_what_if,
    processes,
    queues,
    sagas,
    schema,
    simulate,
    stock_history,
    tenants,
)
from entrypoints.cli.imports import commands as imports
from entrypoints.cli.output import print_line
from entrypoints.cli.session import Operations


def build(operations: Operations) -> typer.Typer:
    """The ``fluxor`` command over ``operations``."""
    root = typer.Typer(
        name="fluxor",
        help="Stock that cannot be oversold, and every order promised against it.",
        no_args_is_help=True,
        pretty_exceptions_show_locals=False,  # a traceback must never show a key or a customer
    )

    @root.callback(invoke_without_command=True)
    def fluxor(
        context: typer.Context,
        version: Annotated[bool, typer.Option("--version", help="Print the version and leave.")] = False,
    ) -> None:
        context.obj = operations
        if version:
            print_line(operations.version)
            raise typer.Exit

    for command in (processes.up, processes.api, processes.worker, processes.relay, doctor.doctor, simulate.sim):
        root.command()(command)
    root.add_typer(schema.group, name="db")
    root.add_typer(tenants.group, name="tenant")
    root.add_typer(imports.group, name="import")
    root.add_typer(stock_history.group, name="stock")
    root.add_typer(order_what_if.group, name="order")
    root.add_typer(queues.group, name="queue")
    root.add_typer(sagas.group, name="saga")
    root.add_typer(measure.group, name="bench")
    return root
