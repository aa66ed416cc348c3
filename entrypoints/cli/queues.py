"""``fluxor queue``: what waits, what was given up, and second thoughts about it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated

import typer

from core.identity.permission import ALL_SCOPES
from core.intake.dead_letters import ForgiveDeadLetter, ReplayDeadLetter
from core.kernel.ids import JobId
from core.kernel.job import DeadLetter
from entrypoints.cli.options import AnyTenantOption, JsonOption, LimitOption, TenantOption
from entrypoints.cli.output import print_json, print_line, print_table
from entrypoints.cli.running import run_in_session, tenant_named
from entrypoints.cli.session import Session
from entrypoints.cli.stock_history import read_moment

group = typer.Typer(no_args_is_help=True, help="What waits, what was given up.")
JobArgument = Annotated[str, typer.Argument(help="The job's id.")]
STATES = ("ready", "leased", "delayed", "parked", "dead")


@group.command()
def depth(context: typer.Context, tenant: AnyTenantOption = None, as_json: JsonOption = False) -> None:
    """Say how many jobs each queue holds, by what they wait for."""

    async def ask(session: Session) -> dict[str, dict[str, int]]:
        owners = None if tenant is None else [await tenant_named(session, tenant)]
        found = await session.queue.depth(owners)
        return {name: {state: getattr(of, state) for state in STATES} for name, of in sorted(found.items())}

    queues = run_in_session(context, ask, as_json=as_json)
    if as_json:
        print_json({"queues": queues})
    else:
        print_table("queues", ("queue", *STATES), [(name, *of.values()) for name, of in queues.items()])


@group.command()
def dead(
    context: typer.Context,
    tenant: TenantOption,
    after: Annotated[str, typer.Option(help="Go on after this id.")] = "",
    limit: LimitOption = 50,
    as_json: JsonOption = False,
) -> None:
    """List dead letters with their cause."""

    async def ask(session: Session) -> Sequence[DeadLetter]:
        return await session.queue.dead(await tenant_named(session, tenant), after=after, limit=limit)

    found = run_in_session(context, ask, as_json=as_json)
    if as_json:
        print_json({"items": [_as_json(letter) for letter in found]})
        return
    rows = [
        (letter.id, letter.queue, letter.attempts, letter.error_code, letter.error_detail, letter.failed_at)
        for letter in found
    ]
    print_table("dead letters", ("id", "queue", "attempts", "code", "detail", "failed"), rows)


@group.command()
def replay(context: typer.Context, job: JobArgument, tenant: TenantOption, as_json: JsonOption = False) -> None:
    """Try a dead letter or a parked job again, its attempts counted anew."""
    _decide(context, ReplayDeadLetter(job=JobId(job)), tenant, as_json)
    _confirm(job, "replayed", as_json)


@group.command()
def forgive(context: typer.Context, job: JobArgument, tenant: TenantOption, as_json: JsonOption = False) -> None:
    """Give a dead letter up for good."""
    _decide(context, ForgiveDeadLetter(job=JobId(job)), tenant, as_json)
    _confirm(job, "forgiven", as_json)


@group.command()
def redeliver(
    context: typer.Context,
    since: Annotated[datetime, typer.Option(parser=read_moment, metavar="TIME", help="What was recorded after it.")],
    as_json: JsonOption = False,
) -> None:
    """Relay events again, for a broker that lost what it had: whoever has applied one does not apply it twice."""
    again = run_in_session(context, lambda session: session.redeliver(since), as_json=as_json)
    if as_json:
        print_json({"events": again})
    else:
        print_line(f"{again} events are relayed again")


def _decide(context: typer.Context, command: ReplayDeadLetter | ForgiveDeadLetter, tenant: str, as_json: bool) -> None:
    async def run(session: Session) -> None:
        owner = await tenant_named(session, tenant)
        await session.dispatch.run(command, session.context(owner, ALL_SCOPES))

    run_in_session(context, run, as_json=as_json)


def _confirm(job: str, done: str, as_json: bool) -> None:
    if as_json:
        print_json({"id": job, "status": done})
    else:
        print_line(f"{job} {done}")


def _as_json(letter: DeadLetter) -> dict[str, object]:
    return {
        "id": letter.id,
        "queue": letter.queue,
        "attempts": letter.attempts,
        "error_code": letter.error_code,
        "error_detail": letter.error_detail,
        "trace": letter.trace,
        "correlation": letter.correlation,
        "payload": letter.payload.decode(errors="replace"),
        "failed_at": letter.failed_at,
    }
