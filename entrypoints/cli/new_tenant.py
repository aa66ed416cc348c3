"""A new tenant with its first key: two commands, so that neither slice needs to know the other."""

from core.identity.api_key import IssueApiKey
from core.identity.permission import ALL_SCOPES
from core.kernel.ids import TenantId
from core.kernel.value import value
from core.tenants.tenant import CreateTenant
from entrypoints.cli.session import Session


@value
class NewTenant:
    """The token is shown this once."""

    tenant_id: TenantId
    api_key: str


async def create_tenant_with_key(session: Session, name: str) -> NewTenant:
    """A tenant called ``name`` and a key that may do everything in it."""
    tenant = TenantId(session.new_id())
    context = session.context(tenant, ALL_SCOPES)
    await session.dispatch.run(CreateTenant(name=name), context)
    _, token = await session.dispatch.run(IssueApiKey(name="first key"), context)
    return NewTenant(tenant_id=tenant, api_key=token)
