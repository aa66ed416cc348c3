"""Flags and policies, kept as their JSON."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from typing import Any

from adapters.memory.database import MemoryDatabase
from adapters.memory.session import Session
from adapters.memory.tables import SETTINGS, SettingRow
from adapters.toolkit.codec import decode, decode_policy, encode
from core.acceptance.policies import DEFAULT, Policies, Policy
from core.configuration.flag import DEFAULTS, Flag
from core.kernel.context import Context
from core.kernel.ids import TenantId
from core.orders.deadlines import FulfilmentPolicy

_ON = b"true"


class MemoryFlags:
    """See ports.configuration.Flags."""

    def __init__(self, session: Session, context: Context) -> None:
        self._session = session
        self._context = context

    async def put(self, flag: Flag, enabled: bool) -> int:
        """See the port."""
        return await _put(self._session, self._context.tenant, f"flag:{flag}", _ON if enabled else b"false")


class MemoryPolicies:
    """See ports.acceptance.PolicyShelf and ports.sagas.FulfilmentPolicies."""

    def __init__(self, session: Session, context: Context) -> None:
        self._session = session
        self._context = context

    async def put(self, name: str, policy: Policy) -> int:
        """See the port."""
        return await _put(self._session, self._context.tenant, f"policy:{name}", encode(policy))

    async def fulfilment(self, tenants: Collection[TenantId]) -> Mapping[TenantId, FulfilmentPolicy]:
        """See the port."""
        await self._session.statement()
        rows = [(tenant, self._session.get(SETTINGS, (tenant, "policy:fulfilment"))) for tenant in sorted(tenants)]
        return {tenant: decode(FulfilmentPolicy, row.body) for tenant, row in rows if row is not None}


class MemoryConfigurationView:
    """See ports.configuration.ConfigurationView and ports.policies.PoliciesView."""

    def __init__(self, database: MemoryDatabase) -> None:
        self._database = database

    async def flags(self, tenant: TenantId) -> Mapping[Flag, bool]:
        """See the port."""
        return (await self.policies(tenant)).flags

    async def policies(self, tenant: TenantId) -> Policies:
        """See the port."""
        async with self._database.reading(tenant) as session:
            return policies_of(session, [tenant])[tenant]


def policies_of(session: Session, tenants: Iterable[TenantId]) -> dict[TenantId, Policies]:
    """Each tenant's policies and flags, with the defaults for what it never set."""
    found: dict[TenantId, Policies] = dict.fromkeys(tenants, DEFAULT)
    for (tenant, name), row in session.scan(SETTINGS):
        if tenant not in found:
            continue
        kind, _, short = name.partition(":")
        if kind == "policy":
            changed: dict[str, Any] = {short: decode_policy(short, row.body)}
        else:
            changed = {"flags": {**DEFAULTS, **found[tenant].flags, Flag(short): row.body == _ON}}
        found[tenant] = replace(found[tenant], **changed)
    return found


async def _put(session: Session, tenant: TenantId, name: str, body: bytes) -> int:
    await session.statement()
    await session.lock(SETTINGS, (tenant, name))
    held = session.get(SETTINGS, (tenant, name))
    version = held.version + 1 if held else 1
    await session.put(SETTINGS, (tenant, name), SettingRow(body=body, version=version))
    return version
