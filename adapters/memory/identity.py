"""API keys and tenants."""

from collections.abc import Sequence
from dataclasses import replace

from adapters.memory.database import MemoryDatabase
from adapters.memory.session import Session
from adapters.memory.tables import API_KEYS, TENANTS
from core.identity.api_key import ApiKey
from core.kernel.context import Context
from core.kernel.ids import ApiKeyId, TenantId
from core.tenants.tenant import Tenant


class MemoryApiKeys:
    """See ports.identity.ApiKeys."""

    def __init__(self, session: Session, context: Context) -> None:
        self._session = session
        self._context = context

    async def add(self, key: ApiKey) -> None:
        """See the port."""
        await self._session.statement()
        if not await self._session.insert(API_KEYS, (key.tenant, key.id), key):
            raise self._session.refuse("there is a key with this id")

    async def revoke(self, key: ApiKeyId) -> bool:
        """See the port."""
        await self._session.statement()
        place = (self._context.tenant, key)
        if self._session.get(API_KEYS, place) is None:
            return False
        await self._session.lock(API_KEYS, place)
        held = self._session.get(API_KEYS, place)
        if held is None or held.revoked_at is not None:
            return False
        await self._session.put(API_KEYS, place, replace(held, revoked_at=self._context.now))
        return True


class MemoryTenants:
    """See ports.tenants.Tenants."""

    def __init__(self, session: Session, context: Context) -> None:
        self._session = session

    async def add(self, tenant: Tenant) -> None:
        """See the port."""
        await self._session.statement()
        if not await self._session.insert(TENANTS, (tenant.id,), tenant):
            raise self._session.refuse("there is a tenant with this id")


class MemoryCredentials:
    """See ports.identity.Credentials."""

    def __init__(self, database: MemoryDatabase) -> None:
        self._database = database

    async def find(self, tenant: TenantId, digest: bytes) -> ApiKey | None:
        """See the port."""
        async with self._database.reading(tenant) as session:
            for _, key in session.scan(API_KEYS):
                if key.digest == digest and key.revoked_at is None:
                    return key
        return None


class MemoryTenantsView:
    """See ports.tenants.TenantsView."""

    def __init__(self, database: MemoryDatabase) -> None:
        self._database = database

    async def tenants(self) -> Sequence[Tenant]:
        """See the port."""
        async with self._database.dispatching() as session:
            return sorted((tenant for _, tenant in session.scan(TENANTS)), key=lambda tenant: tenant.id)

    async def tenant(self, name: str) -> TenantId | None:
        """See the port."""
        found = [tenant.id for tenant in await self.tenants() if name in (tenant.id, tenant.name)]
        return found[0] if found else None
