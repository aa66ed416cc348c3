"""Snapshots are made for every tenant, by the storage's time, whatever goes wrong with one of them."""

from datetime import date, timedelta
from random import Random

from adapters.memory.identity import MemoryTenantsView
from adapters.memory.snapshots import MemorySnapshots
from adapters.memory.tables import SNAPSHOT_DAYS, SNAPSHOTS, TENANTS
from adapters.memory.telemetry import MemoryTelemetry
from core.inventory.history import SnapshotDays
from core.kernel.ids import TenantId
from core.tenants.tenant import Tenant
from entrypoints.worker.snapshotting import Snapshotting
from tests.support.given import NOW, OTHER_TENANT, TENANT
from tests.support.past import a_story, enter_plainly
from tests.support.twin import Twin

YESTERDAY = NOW.date() - timedelta(days=1)


def furnished(twin: Twin) -> None:
    for tenant in (TENANT, OTHER_TENANT):
        twin.database.store.table(TENANTS)[tenant,] = Tenant(id=tenant, name="shop", created_at=NOW)
        enter_plainly(twin.database.store, tenant, a_story(Random(1), 5), before=timedelta(days=9))


def test_each_tenant_is_brought_up_to_the_day_that_is_over() -> None:
    twin = Twin()
    furnished(twin)
    chore = Snapshotting(MemorySnapshots(twin.database), MemoryTenantsView(twin.database), MemoryTelemetry())
    made = twin.see(chore.step())
    assert made == len(twin.database.store.table(SNAPSHOTS)) > 0
    complete = SnapshotDays(since=YESTERDAY, through=YESTERDAY)
    assert twin.database.store.table(SNAPSHOT_DAYS) == {(TENANT,): complete, (OTHER_TENANT,): complete}
    assert twin.see(chore.step()) == 0


def test_one_tenants_trouble_leaves_the_others_theirs() -> None:
    twin, telemetry = Twin(), MemoryTelemetry()
    furnished(twin)

    class Troubled(MemorySnapshots):
        async def make(self, tenant: TenantId, through: date) -> int:
            if tenant == min(TENANT, OTHER_TENANT):
                raise ZeroDivisionError
            return await super().make(tenant, through)

    chore = Snapshotting(Troubled(twin.database), MemoryTenantsView(twin.database), telemetry)
    assert twin.see(chore.step()) > 0
    assert [key[0] for key in twin.database.store.table(SNAPSHOT_DAYS)] == [max(TENANT, OTHER_TENANT)]
