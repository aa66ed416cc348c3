"""A tenant's share of work follows from its id alone."""

from core.kernel.ids import TenantId
from core.tenants.tenant import SHARDS, shard_of


def test_tenants_spread_over_every_shard() -> None:
    tenants = [TenantId(f"019569a0-0000-7000-8000-0000000000{number:02x}") for number in range(256)]
    counts = [sum(shard_of(tenant) == shard for tenant in tenants) for shard in range(SHARDS)]
    assert counts == [256 // SHARDS] * SHARDS


def test_a_tenants_shard_never_changes() -> None:
    assert shard_of(TenantId("019569a0-0000-7000-8000-00000000001f")) == 15
