"""``fluxor saga``: what takes several steps, how far it has come, and a person's word on what is stuck."""

from collections.abc import Sequence
from typing import Annotated

import typer

from core.identity.permission import ALL_SCOPES
from core.kernel.event import RecordedEvent
from core.kernel.ids import SagaId, StreamId, is_id
from core.sagas.commands import ForgiveSaga, RetrySaga
from core.sagas.saga import Saga, SagaNotFound, Status
from entrypoints.cli.options import JsonOption, LimitOption, TenantOption
from entrypoints.cli.output import print_json, print_line, print_table
from entrypoints.cli.running import run_in_session, tenant_named
from entrypoints.cli.session import Session
from ports.sagas import KeptSaga

group = typer.Typer(no_args_is_help=True, help="What takes several steps, and what of it is stuck.")
SagaArgument = Annotated[str, typer.Argument(help="The saga's id.")]


@group.command(name="list")
def list_sagas(
    context: typer.Context,
    tenant: TenantOption,
    status: Annotated[Status | None, typer.Option(help="Only those that stand here.")] = None,
    name: Annotated[str | None, typer.Option(help="Only those of this name.")] = None,
    limit: LimitOption = 50,
    as_json: JsonOption = False,
) -> None:
    """List sagas, newest first."""

    async def ask(session: Session) -> Sequence[KeptSaga]:
        owner = await tenant_named(session, tenant)
        return await session.sagas.sagas(owner, status=status, name=name, before=None, limit=limit)

    found = run_in_session(context, ask, as_json=as_json)
    if as_json:
        print_json({"items": [_as_json(kept) for kept in found]})
        return
    rows = [
        (kept.saga.id, kept.saga.name, kept.saga.status, ", ".join(kept.saga.still_done), kept.saga.reason)
        for kept in found
    ]
    print_table("sagas", ("id", "name", "status", "still_done", "reason"), rows)


@group.command()
def show(context: typer.Context, saga: SagaArgument, tenant: TenantOption, as_json: JsonOption = False) -> None:
    """Say where a saga and its steps stand, and all that happened to it."""

    async def ask(session: Session) -> tuple[KeptSaga, Sequence[RecordedEvent]]:
        owner = await tenant_named(session, tenant)
        kept = await session.sagas.saga(owner, _id(saga))
        if kept is None:
            raise _missing(saga)
        return kept, await session.feed.stream(owner, StreamId(saga))

    kept, events = run_in_session(context, ask, as_json=as_json)
    if as_json:
        told = [{"at": event.recorded_at, "event": event.name, "body": event.body} for event in events]
        print_json({**_as_json(kept), "steps": kept.saga.steps, "data": kept.saga.data, "timeline": told})
        return
    print_line(f"{kept.saga.name} v{kept.saga.version} is {kept.saga.status}")
    steps = [(at.name, at.state, at.attempt, at.reason) for at in kept.saga.steps]
    print_table("steps", ("step", "state", "attempts", "reason"), steps)
    moments = [(event.recorded_at, event.name, event.payload.decode()) for event in events]
    print_table("timeline", ("at", "event", "what"), moments)


@group.command()
def retry(context: typer.Context, saga: SagaArgument, tenant: TenantOption, as_json: JsonOption = False) -> None:
    """Ask again what a stuck saga has given up."""
    _decide(context, RetrySaga(id=SagaId(saga)), tenant, as_json)


@group.command()
def forgive(
    context: typer.Context,
    saga: SagaArgument,
    tenant: TenantOption,
    reason: Annotated[str, typer.Option(help="Why what is still done may stay done.")],
    as_json: JsonOption = False,
) -> None:
    """End a stuck saga; what is still done stays done."""
    _decide(context, ForgiveSaga(id=SagaId(saga), reason=reason), tenant, as_json)


def _decide(context: typer.Context, command: RetrySaga | ForgiveSaga, tenant: str, as_json: bool) -> None:
    async def run(session: Session) -> Saga:
        owner = await tenant_named(session, tenant)
        _id(command.id)
        saga: Saga = await session.dispatch.run(command, session.context(owner, ALL_SCOPES))
        return saga

    saga = run_in_session(context, run, as_json=as_json)
    if as_json:
        print_json({"id": saga.id, "status": saga.status})
    else:
        print_line(f"{saga.id} is {saga.status}")


def _id(text: str) -> SagaId:
    if not is_id(text):
        raise _missing(text)
    return SagaId(text)


def _missing(text: str) -> SagaNotFound:
    return SagaNotFound(f"there is no saga {text}")


def _as_json(kept: KeptSaga) -> dict[str, object]:
    saga = kept.saga
    return {
        "id": saga.id,
        "name": saga.name,
        "version": saga.version,
        "status": saga.status,
        "still_done": saga.still_done,
        "forgiven": saga.forgiven,
        "reason": saga.reason,
        "updated_at": kept.updated_at,
    }
