"""Running a command's coroutine on an open session."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

import typer
import uvloop

from core.kernel.errors import NotFound
from core.kernel.ids import TenantId
from entrypoints.cli.errors import reported
from entrypoints.cli.options import operations_of
from entrypoints.cli.session import Session

Result = TypeVar("Result")


class TenantNotFound(NotFound):
    """No tenant with this id or name."""

    code = "tenant_not_found"


def run_in_session(context: typer.Context, work: Callable[[Session], Awaitable[Result]], *, as_json: bool) -> Result:
    """``work``'s result on a session opened for it. Leaves with an exit code when something anticipated goes wrong."""
    operations = operations_of(context)

    async def whole() -> Result:
        async with operations.session() as session:
            return await work(session)

    with reported(as_json):
        return uvloop.run(whole())


async def tenant_named(session: Session, name: str) -> TenantId:
    """The tenant with this name or id. Raises TenantNotFound."""
    tenant = await session.tenants.tenant(name)
    if tenant is None:
        raise TenantNotFound(f"there is no tenant '{name}'; fluxor tenant list shows those there are")
    return tenant
