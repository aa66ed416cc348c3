"""Flags and policies: one table of named settings, each the JSON of its core value."""

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any

from adapters.postgres.engine import Connection, Database
from adapters.toolkit.codec import decode, decode_policy, encode
from core.acceptance.policies import DEFAULT, Policies, Policy
from core.configuration.flag import DEFAULTS, Flag
from core.kernel.context import Context
from core.kernel.ids import TenantId
from core.orders.deadlines import FulfilmentPolicy

_PUT = """
INSERT INTO setting AS s (tenant_id, name, body, version) VALUES ($1, $2, $3, 1)
ON CONFLICT (tenant_id, name) DO UPDATE SET body = EXCLUDED.body, version = s.version + 1 RETURNING version
"""
_ALL = "SELECT tenant_id, name, body FROM setting WHERE tenant_id = ANY($1::uuid[])"
_FULFILMENT = "SELECT tenant_id, body FROM setting WHERE tenant_id = ANY($1::uuid[]) AND name = 'policy:fulfilment'"
_ON = b"true"


class PostgresFlags:
    """See ports.configuration.Flags."""

    def __init__(self, connection: Connection, context: Context) -> None:
        self._connection = connection
        self._context = context

    async def put(self, flag: Flag, enabled: bool) -> int:
        """See the port."""
        version: int = await self._connection.fetchval(
            _PUT, self._context.tenant, f"flag:{flag}", _ON if enabled else b"false"
        )
        return version


class PostgresPolicies:
    """See ports.acceptance.PolicyShelf and ports.sagas.FulfilmentPolicies."""

    def __init__(self, connection: Connection, context: Context) -> None:
        self._connection = connection
        self._context = context

    async def put(self, name: str, policy: Policy) -> int:
        """See the port."""
        version: int = await self._connection.fetchval(_PUT, self._context.tenant, f"policy:{name}", encode(policy))
        return version

    async def fulfilment(self, tenants: Collection[TenantId]) -> Mapping[TenantId, FulfilmentPolicy]:
        """See the port."""
        rows = await self._connection.fetch(_FULFILMENT, sorted(tenants))
        return {TenantId(str(row["tenant_id"])): decode(FulfilmentPolicy, row["body"]) for row in rows}


class PostgresConfigurationView:
    """See ports.configuration.ConfigurationView and ports.policies.PoliciesView."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def flags(self, tenant: TenantId) -> Mapping[Flag, bool]:
        """See the port."""
        return (await self.policies(tenant)).flags

    async def policies(self, tenant: TenantId) -> Policies:
        """See the port."""
        async with self._database.reading(tenant) as connection:
            return (await policies_of(connection, [tenant]))[tenant]


async def policies_of(connection: Connection, tenants: Collection[TenantId]) -> dict[TenantId, Policies]:
    """Each tenant's policies and flags, with the defaults for what it never set."""
    found: dict[TenantId, Policies] = dict.fromkeys(tenants, DEFAULT)
    for row in await connection.fetch(_ALL, list(tenants)):
        tenant = TenantId(str(row["tenant_id"]))
        kind, _, name = row["name"].partition(":")
        if kind == "policy":
            found[tenant] = replace(found[tenant], **_one(name, row["body"]))
        else:
            flags = {**DEFAULTS, **found[tenant].flags, Flag(name): row["body"] == _ON}
            found[tenant] = replace(found[tenant], flags=flags)
    return found


def _one(name: str, body: bytes) -> dict[str, Any]:
    return {name: decode_policy(name, body)}
