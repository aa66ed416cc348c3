"""API keys and tenants."""

from collections.abc import Sequence
from typing import Any

from adapters.postgres.engine import Connection, Database
from core.identity.api_key import ApiKey
from core.kernel.context import Context
from core.kernel.ids import ApiKeyId, TenantId, is_id
from core.tenants.tenant import Tenant

_ADD_KEY = "INSERT INTO api_key (tenant_id, id, name, digest, scopes, created_at) VALUES ($1, $2, $3, $4, $5, $6)"
_REVOKE = "UPDATE api_key SET revoked_at = $3 WHERE tenant_id = $1 AND id = $2 AND revoked_at IS NULL"
_FIND = "SELECT id, name, scopes FROM api_key WHERE tenant_id = $1 AND digest = $2 AND revoked_at IS NULL"
_ADD_TENANT = "INSERT INTO tenant (tenant_id, name, created_at) VALUES ($1, $2, $3)"
_TENANTS = "SELECT tenant_id, name, created_at FROM tenant ORDER BY tenant_id"


class PostgresApiKeys:
    """See ports.identity.ApiKeys."""

    def __init__(self, connection: Connection, context: Context) -> None:
        self._connection = connection
        self._context = context

    async def add(self, key: ApiKey) -> None:
        """See the port."""
        await self._connection.execute(
            _ADD_KEY, key.tenant, key.id, key.name, key.digest, sorted(key.scopes), self._context.now
        )

    async def revoke(self, key: ApiKeyId) -> bool:
        """See the port."""
        tag = await self._connection.execute(_REVOKE, self._context.tenant, key, self._context.now)
        return bool(tag == "UPDATE 1")


class PostgresTenants:
    """See ports.tenants.Tenants."""

    def __init__(self, connection: Connection, context: Context) -> None:
        self._connection = connection
        self._context = context

    async def add(self, tenant: Tenant) -> None:
        """See the port."""
        await self._connection.execute(_ADD_TENANT, tenant.id, tenant.name, tenant.created_at)


class PostgresCredentials:
    """See ports.identity.Credentials."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def find(self, tenant: TenantId, digest: bytes) -> ApiKey | None:
        """See the port."""
        async with self._database.reading(tenant) as connection:
            row = await connection.fetchrow(_FIND, tenant, digest)
        if row is None:
            return None
        return ApiKey(
            id=ApiKeyId(str(row["id"])),
            tenant=tenant,
            name=row["name"],
            digest=digest,
            scopes=frozenset(row["scopes"]),
        )


class PostgresTenantsView:
    """See ports.tenants.TenantsView."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def tenants(self) -> Sequence[Tenant]:
        """See the port."""
        async with self._database.dispatching() as connection:
            rows = await connection.fetch(_TENANTS)
        return [_to_tenant(row) for row in rows]

    async def tenant(self, name: str) -> TenantId | None:
        """See the port."""
        async with self._database.dispatching() as connection:
            if is_id(name):
                found = await connection.fetchval("SELECT tenant_id FROM tenant WHERE tenant_id = $1", name)
            else:
                found = await connection.fetchval(
                    "SELECT tenant_id FROM tenant WHERE name = $1 ORDER BY tenant_id LIMIT 1", name
                )
        return TenantId(str(found)) if found else None


def _to_tenant(row: Any) -> Tenant:
    return Tenant(id=TenantId(str(row["tenant_id"])), name=row["name"], created_at=row["created_at"])
