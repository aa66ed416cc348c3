"""``fluxor tenant``: merchants who share this installation."""

from typing import Annotated, Literal

import typer

from core.configuration.flag import Flag, FlagSet, SetFlag
from core.identity.permission import ALL_SCOPES
from entrypoints.cli.new_tenant import create_tenant_with_key
from entrypoints.cli.options import JsonOption, TenantOption
from entrypoints.cli.output import print_json, print_line, print_table
from entrypoints.cli.running import run_in_session, tenant_named
from entrypoints.cli.session import Session

group = typer.Typer(no_args_is_help=True, help="Merchants who share this installation.")


@group.command()
def create(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="What the tenant is called.")],
    as_json: JsonOption = False,
) -> None:
    """Create a tenant and a key that may do everything in it; the key is shown this once."""
    made = run_in_session(context, lambda session: create_tenant_with_key(session, name), as_json=as_json)
    if as_json:
        print_json({"tenant_id": made.tenant_id, "api_key": made.api_key})
    else:
        print_line(f"tenant {name}: {made.tenant_id}")
        print_line(f"API key (shown this once): {made.api_key}")


@group.command("list")
def list_tenants(context: typer.Context, as_json: JsonOption = False) -> None:
    """List the tenants, oldest first."""
    found = run_in_session(context, lambda session: session.tenants.tenants(), as_json=as_json)
    if as_json:
        print_json({"items": [{"tenant_id": one.id, "name": one.name, "created_at": one.created_at} for one in found]})
    else:
        print_table("tenants", ("id", "name", "created"), [(one.id, one.name, one.created_at) for one in found])


@group.command()
def flag(
    context: typer.Context,
    name: Annotated[Flag, typer.Argument(help="Which flag.")],
    state: Annotated[Literal["on", "off"], typer.Argument(help="on or off.")],
    tenant: TenantOption,
    as_json: JsonOption = False,
) -> None:
    """Switch a flag for a tenant."""

    async def switch(session: Session) -> FlagSet:
        owner = await tenant_named(session, tenant)
        answer: FlagSet = await session.dispatch.run(
            SetFlag(flag=name, enabled=state == "on"), session.context(owner, ALL_SCOPES)
        )
        return answer

    done = run_in_session(context, switch, as_json=as_json)
    if as_json:
        print_json({"flag": done.flag, "enabled": done.enabled})
    else:
        print_line(f"{done.flag} is {'on' if done.enabled else 'off'}")
