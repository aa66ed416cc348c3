"""``fluxor db``: the database's schema."""

from collections.abc import Awaitable, Callable
from datetime import date
from typing import TypeVar

import typer
import uvloop

from core.inventory.history import last_settled_day
from entrypoints.cli.errors import ExitCode, reported
from entrypoints.cli.options import JsonOption, operations_of
from entrypoints.cli.output import print_json, print_line, print_note
from entrypoints.cli.running import run_in_session
from entrypoints.cli.session import Session

Result = TypeVar("Result")
group = typer.Typer(no_args_is_help=True, help="The database's schema.")


@group.command()
def migrate(context: typer.Context, as_json: JsonOption = False) -> None:
    """Bring the schema to the newest revision, with partitions ahead of time."""
    revision = _ask(operations_of(context).migrate, as_json)
    if as_json:
        print_json({"revision": revision})
    else:
        print_line(f"the schema is at {revision}")


@group.command()
def status(context: typer.Context, as_json: JsonOption = False) -> None:
    """Say which revision the schema has, and which is the newest."""
    _print_status(*_ask(operations_of(context).schema_status, as_json), as_json)


@group.command()
def partitions(context: typer.Context, as_json: JsonOption = False) -> None:
    """Create the partitions of the coming months that are missing."""
    created = list(_ask(operations_of(context).partitions, as_json))
    if as_json:
        print_json({"created": created})
    else:
        print_line("\n".join(created) or "every partition is there")


@group.command()
def snapshots(context: typer.Context, as_json: JsonOption = False) -> None:
    """Make the snapshots of past days' stock that are missing, for every tenant; workers do it by themselves."""

    async def make(session: Session) -> tuple[date, int]:
        through = last_settled_day(await session.snapshots.now())
        made = [await session.snapshots.make(tenant.id, through) for tenant in await session.tenants.tenants()]
        return through, sum(made)

    through, made = run_in_session(context, make, as_json=as_json)
    if as_json:
        print_json({"through": through, "made": made})
    else:
        print_line(f"{made} snapshots made, up to the end of {through}")


@group.command()
def check(context: typer.Context, as_json: JsonOption = False) -> None:
    """Leave with 1 unless the schema is the newest and answers."""
    revision, newest = _ask(operations_of(context).schema_status, as_json)
    _print_status(revision, newest, as_json)
    if revision != newest:
        print_note("the schema is behind: run fluxor db migrate")
        raise typer.Exit(ExitCode.REFUSED)

    async def answers(session: Session) -> None:
        await session.tenants.tenants()

    run_in_session(context, answers, as_json=as_json)


def _ask(question: Callable[[], Awaitable[Result]], as_json: bool) -> Result:
    async def whole() -> Result:
        return await question()

    with reported(as_json):
        return uvloop.run(whole())


def _print_status(revision: str | None, newest: str, as_json: bool) -> None:
    if as_json:
        print_json({"revision": revision, "newest": newest, "current": revision == newest})
    else:
        print_line(f"revision {revision or 'none'}, newest {newest}")
