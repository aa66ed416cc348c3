"""Let a merchant in."""

from core.kernel.context import Context
from core.kernel.event import NewEvent
from core.kernel.ids import StreamId
from core.tenants.tenant import CreateTenant, Tenant, TenantCreated
from ports.tenants import TenantsTransaction


async def create_tenant(command: CreateTenant, context: Context, tx: TenantsTransaction) -> Tenant:
    """The new tenant, whose id the context already names."""
    tenant = Tenant(id=context.tenant, name=command.name, created_at=context.now)
    await tx.tenants.add(tenant)
    event = TenantCreated(tenant_id=tenant.id, name=tenant.name)
    await tx.journal.record([NewEvent(tenant=tenant.id, stream=StreamId(tenant.id), version=1, body=event)])
    return tenant
