"""Tenants."""

from collections.abc import Sequence
from typing import Protocol

from core.kernel.ids import TenantId
from core.tenants.tenant import Tenant
from ports.journal import Journal


class Tenants(Protocol):
    """Part of a transaction whose context names the new tenant."""

    async def add(self, tenant: Tenant) -> None:
        """Keep a new tenant."""
        ...


class TenantsTransaction(Protocol):
    """What tenant use cases may touch."""

    @property
    def tenants(self) -> Tenants: ...

    @property
    def journal(self) -> Journal: ...


class TenantsView(Protocol):
    """For operators: across tenants."""

    async def tenants(self) -> Sequence[Tenant]:
        """All tenants, oldest first."""
        ...

    async def tenant(self, name: str) -> TenantId | None:
        """The tenant with this id or name."""
        ...
