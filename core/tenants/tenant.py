"""A tenant and its shard."""

from datetime import datetime

from core.kernel.ids import TenantId
from core.kernel.value import value

SHARDS = 16


@value
class Tenant:
    """One merchant."""

    id: TenantId
    name: str
    created_at: datetime


@value
class CreateTenant:
    """Let a merchant in under ``name``."""

    name: str


@value
class TenantCreated:
    """The merchant exists from now on."""

    tenant_id: TenantId
    name: str


def shard_of(tenant: TenantId) -> int:
    """0..SHARDS-1, from the random end of the id."""
    return int(tenant[-2:], 16) % SHARDS
