"""The sweep ends what nobody came upon, for every tenant that has such holds."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

from adapters.memory.reservations import MemoryReservationsView
from adapters.memory.tables import RESERVATIONS
from adapters.memory.telemetry import MemoryTelemetry
from adapters.memory.transaction import MemoryTransactions
from composition.door import Door
from core.catalogue.item import CreateItem, CreateItems
from core.catalogue.use_cases.create_items import create_items
from core.inventory.acts import Act, ChangeStock, StockAct
from core.inventory.holding import Holder, ReservationLine, ReserveStock
from core.inventory.location import CreateLocation, LocationKind
from core.inventory.reservation import ReservationState
from core.inventory.use_cases.change_stock import change_stock
from core.inventory.use_cases.create_location import create_location
from core.inventory.use_cases.reserve_stock import reserve_stock
from core.kernel.context import Context
from core.kernel.ids import TenantId
from entrypoints.dispatch import Dispatch
from entrypoints.worker.sweep import Sweep
from tests.support.given import NOW, OTHER_TENANT, TENANT
from tests.support.twin import Twin


class StoppedClock:
    """The sweeper's own clock, which nobody asks about holds: an hour behind."""

    def now(self) -> object:
        return NOW - timedelta(hours=1)


def a_held_shop(twin: Twin, tenant: TenantId, seconds: int) -> None:
    twin.run(create_items, CreateItems(items=(CreateItem(sku="A", name="a"),)), tenant=tenant, new_id=twin.new_id)
    place = CreateLocation(code="W1", kind=LocationKind.WAREHOUSE)
    twin.run(create_location, place, tenant=tenant, new_id=twin.new_id)
    received = StockAct(act=Act.RECEIVE, sku="A", location="W1", quantity=Decimal(5))
    twin.run(change_stock, ChangeStock(acts=(received,)), tenant=tenant, new_id=twin.new_id)
    line = ReservationLine(sku="A", quantity=Decimal(2))
    hold = ReserveStock(lines=(line,), holder=Holder.CART, seconds=seconds)
    twin.run(reserve_stock, hold, tenant=tenant, new_id=twin.new_id)


def test_holds_that_are_over_are_ended_by_the_storages_time_for_every_tenant() -> None:
    twin = Twin()
    for tenant in (TENANT, OTHER_TENANT):
        a_held_shop(twin, tenant, 60)
        line = ReservationLine(sku="A", quantity=Decimal(1))
        longer = ReserveStock(lines=(line,), holder=Holder.MANUAL, seconds=600)
        twin.run(reserve_stock, longer, tenant=tenant, new_id=twin.new_id)
    rows = twin.database.store.table(RESERVATIONS)
    for key, one in list(rows.items()):
        if one.seconds == 60:
            rows[key] = replace(one, expires_at=NOW)
    transactions = MemoryTransactions(twin.database, twin.new_id)
    telemetry = MemoryTelemetry()
    door = Door(transactions=transactions, telemetry=telemetry, new_id=twin.new_id, new_secret=lambda: "s" * 43)
    dispatch = Dispatch(transactions, door.use_cases(), telemetry)
    sweep = Sweep(MemoryReservationsView(twin.database), dispatch, StoppedClock(), twin.new_id, telemetry)  # type: ignore[arg-type]
    assert twin.see(sweep.step()) == 2
    assert twin.see(sweep.step()) == 0
    assert sorted((one.seconds, one.state) for one in rows.values()) == [
        (60, ReservationState.EXPIRED),
        (60, ReservationState.EXPIRED),
        (600, ReservationState.HELD),
        (600, ReservationState.HELD),
    ]
    assert twin.violations() == []


def test_one_tenants_trouble_does_not_keep_the_others_stock() -> None:
    twin = Twin()
    for tenant in (TENANT, OTHER_TENANT):
        a_held_shop(twin, tenant, 60)
    rows = twin.database.store.table(RESERVATIONS)
    for key, one in list(rows.items()):
        rows[key] = replace(one, expires_at=NOW)
    telemetry, asked = MemoryTelemetry(), []

    class Troubled:
        async def run(self, command: object, context: Context) -> int:
            asked.append(context.tenant)
            if context.tenant == min(TENANT, OTHER_TENANT):
                raise ZeroDivisionError
            return 1

    view = MemoryReservationsView(twin.database)
    sweep = Sweep(view, Troubled(), StoppedClock(), twin.new_id, telemetry)  # type: ignore[arg-type]
    assert twin.see(sweep.step()) == 1
    assert asked == sorted([TENANT, OTHER_TENANT])
