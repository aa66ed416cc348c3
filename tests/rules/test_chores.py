"""What is done for one tenant after the other: orders are closed, waiting ones covered, page by page, come what may."""

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest

from adapters.memory.telemetry import MemoryTelemetry
from adapters.toolkit.codec import WIRE, encode
from core.execution.covering import CoverBackorders
from core.identity.permission import Scope
from core.inventory.balance import Account, BalanceKey, EntryKind, StockMoved
from core.kernel.context import Context
from core.kernel.event import Cursor, RecordedEvent
from core.kernel.ids import GroupId, OrderId, StreamId, TenantId
from core.orders.changing import CloseOrder, OrderNotDone
from core.tenants.tenant import Tenant
from entrypoints.worker import closing, covering
from entrypoints.worker.closing import Closing
from entrypoints.worker.covering import Coverage, Covering
from entrypoints.worker.tenants import EachTenant
from ports.storage import TransactionConflict
from tests.conformance.shop import movement
from tests.support.given import NOW, OTHER_TENANT, TENANT, a_context, a_key, an_id, numbered_ids


class Tenants:
    async def tenants(self) -> list[Tenant]:
        return [Tenant(id=one, name=one, created_at=NOW) for one in (TENANT, OTHER_TENANT)]


class Clock:
    def now(self) -> datetime:
        return NOW

    async def sleep(self, seconds: float) -> None:
        raise AssertionError("nobody waits")


def each_tenant() -> EachTenant:
    return EachTenant(Tenants(), Clock(), numbered_ids(), MemoryTelemetry())  # type: ignore[arg-type]


class Orders:
    """So many orders of each tenant are at rest; the door closes them, but for what it refuses or falls over."""

    def __init__(self, count: int, refused: set[str] = frozenset(), broken: TenantId | None = None) -> None:  # type: ignore[assignment]
        self.resting = {
            tenant: [OrderId(f"{number} of {tenant}") for number in range(count)] for tenant in (TENANT, OTHER_TENANT)
        }
        self.asked: list[datetime] = []
        self.reasons: set[str] = set()
        self._refused, self._broken = refused, broken

    async def at_rest(self, tenant: TenantId, since: datetime, limit: int) -> Sequence[OrderId]:
        self.asked.append(since)
        return self.resting[tenant][:limit]

    async def run(self, command: CloseOrder, context: Context) -> None:
        assert context.scopes == {Scope.ORDERS_WRITE}
        if context.tenant == self._broken:
            raise TransactionConflict("somebody is at it")
        if command.order in self._refused:
            raise OrderNotDone("somebody wants one back")
        self.resting[context.tenant].remove(command.order)
        self.reasons.add(command.reason)

    def close(self, days: int) -> int:
        sweep = Closing(self, each_tenant(), self, MemoryTelemetry(), days)  # type: ignore[arg-type]
        return asyncio.run(sweep.step())

    @property
    def left(self) -> list[int]:
        return [len(orders) for orders in self.resting.values()]


def test_all_that_has_been_at_rest_is_closed_page_by_page(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(closing, "ORDERS", 2)
    orders = Orders(5)
    assert (orders.close(30), orders.left) == (10, [0, 0])
    assert set(orders.asked) == {NOW - timedelta(days=30)}
    assert orders.reasons == {"nothing has happened for 30 days"}


def test_none_is_closed_where_that_is_for_people() -> None:
    orders = Orders(3)
    assert (orders.close(0), orders.left, orders.asked) == (0, [3, 3], [])


def test_one_that_is_refused_keeps_no_other_open_and_is_not_asked_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(closing, "ORDERS", 2)
    orders = Orders(4, refused={f"0 of {TENANT}", f"0 of {OTHER_TENANT}", f"1 of {OTHER_TENANT}"})
    orders.close(30)
    assert orders.left == [1, 4], "a page of refusals is the last"


def test_one_tenants_trouble_keeps_no_other_tenants_orders_open() -> None:
    orders = Orders(2, broken=TENANT)
    assert (orders.close(30), orders.left) == (2, [2, 0])


class Shelves:
    """So many shelves of each tenant have what somebody waits for; the door covers what it is asked for once."""

    def __init__(self, count: int, hopeless: bool = False) -> None:
        self.waiting = {tenant: [a_key(number) for number in range(count)] for tenant in (TENANT, OTHER_TENANT)}
        self._hopeless = hopeless

    async def uncovered(self, tenant: TenantId, limit: int) -> Sequence[BalanceKey]:
        return self.waiting[tenant][:limit]

    async def run(self, command: CoverBackorders, context: Context) -> int:
        mine: list[Any] = self.waiting[context.tenant]
        found = [shelf for shelf in command.shelves if shelf in mine]
        if self._hopeless or not found:
            return 0
        self.waiting[context.tenant] = [shelf for shelf in mine if shelf not in found]
        return len(found)

    def cover(self) -> int:
        return asyncio.run(Coverage(self, each_tenant(), self).step())  # type: ignore[arg-type]


def test_all_that_waits_for_what_is_there_is_covered_page_by_page(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(covering, "SHELVES", 2)
    shelves = Shelves(5)
    assert (shelves.cover(), shelves.waiting) == (10, {TENANT: [], OTHER_TENANT: []})


def test_a_shelf_about_which_nothing_can_be_done_is_not_looked_at_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(covering, "SHELVES", 2)
    assert Shelves(5, hopeless=True).cover() == 0


def what_came(*tenants: TenantId) -> list[Any]:
    """Two units arrive on the first shelf of each tenant."""
    moved = movement(EntryKind.RECEIVE, Account.SUPPLIER, Account.AVAILABLE, 2, a_key(1))
    return [
        RecordedEvent(
            tenant=tenant,
            stream=StreamId(an_id(1)),
            version=1,
            name="stock.moved.v1",
            payload=encode(StockMoved(group=GroupId(an_id(2)), movements=(moved,))),
            actor="ann",
            correlation="c",
            recorded_at=NOW,
            cursor=Cursor("1"),
            wire=WIRE,
        )
        for tenant in tenants
    ]


class Endless:
    """There is always more to be covered, but for the tenant whose orders cannot be."""

    def __init__(self, broken: TenantId | None = None, error: type[Exception] = ZeroDivisionError) -> None:
        self.turns: list[TenantId] = []
        self.most = 10**6
        self._broken, self._error = broken, error

    async def run(self, command: CoverBackorders, context: Context) -> int:
        if context.tenant == self._broken:
            raise self._error("these cannot be covered")
        self.turns.append(context.tenant)
        return int(len(self.turns) < self.most)


def test_a_batch_goes_on_after_so_many_turns_and_the_next_takes_up_what_is_left() -> None:
    door = Endless()
    relay = Covering(door, MemoryTelemetry())  # type: ignore[arg-type]
    asyncio.run(relay.hear(what_came(TENANT), a_context()))
    assert len(door.turns) == covering.TURNS_MAX
    door.most = covering.TURNS_MAX + 3
    asyncio.run(relay.hear([], a_context()))
    assert len(door.turns) == covering.TURNS_MAX + 3
    asyncio.run(relay.hear([], a_context()))
    assert len(door.turns) == covering.TURNS_MAX + 3, "nothing is left"


def test_what_one_tenant_cannot_have_does_not_stop_the_others() -> None:
    door, telemetry = Endless(broken=min(TENANT, OTHER_TENANT)), MemoryTelemetry()
    relay = Covering(door, telemetry)  # type: ignore[arg-type]
    asyncio.run(relay.hear(what_came(TENANT, OTHER_TENANT), a_context()))
    assert set(door.turns) == {max(TENANT, OTHER_TENANT)}
    assert telemetry.messages[0][:2] == ("error", "covering failed")


def test_trouble_with_the_storage_brings_the_batch_again_and_forgets_nothing() -> None:
    door = Endless(broken=TENANT, error=TransactionConflict)
    relay = Covering(door, MemoryTelemetry())  # type: ignore[arg-type]
    with pytest.raises(TransactionConflict):
        asyncio.run(relay.hear(what_came(TENANT), a_context()))
    door._broken, door.most = None, 1
    asyncio.run(relay.hear([], a_context()))
    assert door.turns == [TENANT]
