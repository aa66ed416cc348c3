"""API keys and who holds them."""

from typing import Protocol

from core.identity.api_key import ApiKey
from core.kernel.ids import ApiKeyId, TenantId
from ports.journal import Journal


class ApiKeys(Protocol):
    """The tenant's keys, part of a transaction."""

    async def add(self, key: ApiKey) -> None:
        """Keep a new key."""
        ...

    async def revoke(self, key: ApiKeyId) -> bool:
        """The key opens nothing from now on; False when there is no such key."""
        ...


class IdentityTransaction(Protocol):
    """What identity use cases may touch."""

    @property
    def api_keys(self) -> ApiKeys: ...

    @property
    def journal(self) -> Journal: ...


class Credentials(Protocol):
    """Checking a credential, before there is a context."""

    async def find(self, tenant: TenantId, digest: bytes) -> ApiKey | None:
        """The tenant's key with this digest that is not revoked, or None."""
        ...
