"""Many rows in one command: the same as one after the other, in as many statements as one."""

from dataclasses import replace
from decimal import Decimal

import pytest

from adapters.memory.store import Faults
from adapters.memory.transaction import MemoryTransaction
from core.catalogue.item import CreateItem, CreateItems, ItemAmended, ItemNotFound
from core.catalogue.pricing import NewPrice, Priced, SetPrices
from core.catalogue.terms import InvalidItem
from core.catalogue.use_cases.create_items import create_items
from core.catalogue.use_cases.set_prices import set_prices
from core.inventory.acts import Act, ChangeStock, StockAct, StockChanged, UnknownSku
from core.inventory.balance import Account, EntryKind, StockMoved
from core.inventory.delivery import PAGE, DeliveredLine, LinesReceived, ReceiveDelivery, stream_of
from core.inventory.location import CreateLocation, LocationKind
from core.inventory.use_cases.change_stock import change_stock
from core.inventory.use_cases.create_location import create_location
from core.inventory.use_cases.entering import enter
from core.inventory.use_cases.receive_delivery import receive_delivery
from core.kernel.goods import Tracking
from core.kernel.ids import GroupId
from core.kernel.money import Money
from ports.inventory import NewEntries
from tests.support.given import OTHER_TENANT, TENANT, a_context
from tests.support.twin import Twin


class Counting(Faults):
    """Nothing goes wrong; every statement is counted."""

    statements = 0

    def conflict(self, process: str) -> bool:
        self.statements += 1
        return False


def a_warehouse(items: int, tracking: Tracking) -> tuple[Twin, Counting]:
    """Items S0, S1, … and two locations."""
    twin, counting = Twin(), Counting()
    new = tuple(CreateItem(sku=f"S{number}", name="n", tracking=tracking) for number in range(items))
    twin.run(create_items, CreateItems(items=new), new_id=twin.new_id)
    for code in ("W1", "W2"):
        twin.run(create_location, CreateLocation(code=code, kind=LocationKind.WAREHOUSE), new_id=twin.new_id)
    twin.database.store.faults = counting
    return twin, counting


def receipts(items: int, tracking: Tracking) -> tuple[StockAct, ...]:
    lot = None if tracking is Tracking.NONE else "L"
    return tuple(
        StockAct(act=Act.RECEIVE, sku=f"S{number}", location=f"W{number % 2 + 1}", quantity=Decimal(1), lot=lot)
        for number in range(items)
    )


def statements_for(items: int, tracking: Tracking) -> int:
    twin, counting = a_warehouse(items, tracking)
    command = ChangeStock(acts=receipts(items, tracking))
    outcomes = twin.run(change_stock, command, new_id=twin.new_id)
    assert len(outcomes) == items
    # Once more, on lots and balances that are there by now.
    twin.run(change_stock, command, new_id=twin.new_id)
    assert twin.violations() == []
    return counting.statements


@pytest.mark.parametrize("tracking", Tracking)
def test_more_rows_are_not_more_statements(tracking: Tracking) -> None:
    assert statements_for(100, tracking) == statements_for(2, tracking)


def a_price(minor: int, sku: str = "S0") -> NewPrice:
    return NewPrice(sku=sku, price=Money(minor=minor, currency="GBP"))


def test_prices_follow_one_another_and_a_refused_one_changes_nothing() -> None:
    twin, counting = a_warehouse(2, Tracking.NONE)
    before = counting.statements
    prices = (a_price(5), a_price(5), a_price(-1), a_price(7, "NONE"), a_price(6), a_price(8, "S1"))
    outcomes = twin.run(set_prices, SetPrices(prices=prices))
    assert [outcome.changed if isinstance(outcome, Priced) else type(outcome) for outcome in outcomes] == [
        True, False, InvalidItem, ItemNotFound, True, True,
    ]  # fmt: skip
    assert counting.statements - before <= 4
    amended = [event for event in twin.events() if isinstance(event.body, ItemAmended)]
    assert [(event.version, event.body.price.minor) for event in amended] == [(2, 5), (3, 6), (2, 8)]
    assert twin.run(set_prices, SetPrices(prices=(a_price(6),)))[0].changed is False


def deliver(twin: Twin, *skus: str, name: str = "d", start: int = 2) -> list[type | None]:
    """What sort of outcome each line had: one piece of each of ``skus`` at W1, numbered from ``start``."""
    lines = tuple(
        DeliveredLine(number=number, act=StockAct(act=Act.RECEIVE, sku=sku, location="W1", quantity=Decimal(1)))
        for number, sku in enumerate(skus, start)
    )
    command = ReceiveDelivery(name=name, lines=lines)
    return [outcome and type(outcome) for outcome in twin.run(receive_delivery, command, new_id=twin.new_id)]


def received(twin: Twin) -> list[tuple[int, ...]]:
    return [event.body.lines for event in twin.events() if isinstance(event.body, LinesReceived)]


def test_a_line_of_a_delivery_is_received_once_and_a_refused_one_may_come_again() -> None:
    twin, _ = a_warehouse(2, Tracking.NONE)
    assert deliver(twin, "S0", "LATER", "S0") == [StockChanged, UnknownSku, StockChanged]
    twin.run(create_items, CreateItems(items=(CreateItem(sku="LATER", name="n"),)), new_id=twin.new_id)
    assert deliver(twin, "S0", "LATER", "S0", "S1") == [None, StockChanged, None, StockChanged]
    assert deliver(twin, "S0", "LATER") == [None, None]
    assert received(twin) == [(2, 4), (3, 5)]
    assert deliver(twin, "S0", name="another") == [StockChanged]
    assert twin.violations() == []


def test_lines_are_found_again_however_the_delivery_is_cut() -> None:
    twin, _ = a_warehouse(1, Tracking.NONE)
    assert deliver(twin, *["S0"] * 4, start=PAGE - 2) == [StockChanged] * 4
    assert received(twin) == [(PAGE - 2, PAGE - 1), (PAGE, PAGE + 1)]
    assert deliver(twin, *["S0"] * 3, start=PAGE - 3) == [StockChanged, None, None]
    assert deliver(twin, *["S0"] * 3, start=PAGE) == [None, None, StockChanged]


def test_a_delivery_of_one_tenant_is_not_known_to_another() -> None:
    assert stream_of(TENANT, "d", 0) != stream_of(OTHER_TENANT, "d", 0)


def test_a_group_that_touches_a_shelf_twice_is_one_event_on_it() -> None:
    twin, _ = a_warehouse(1, Tracking.NONE)
    twin.run(change_stock, ChangeStock(acts=receipts(1, Tracking.NONE)), new_id=twin.new_id)
    (moved,) = [event for event in twin.events() if isinstance(event.body, StockMoved)]
    there = moved.body.movements[0]
    back = replace(there, kind=EntryKind.ADJUST, source=Account.AVAILABLE, target=Account.ADJUSTMENT)

    async def twice(tx: MemoryTransaction) -> None:
        locked = await tx.ledger.lock([there.key])
        acts = [NewEntries(group=GroupId(twin.new_id()), movements=(there, back)) for _ in range(2)]
        await enter(acts, locked, a_context(TENANT), tx)

    twin.within(twice)
    assert [event.version for event in twin.events() if event.stream == moved.stream] == [1, 2, 3]
    assert twin.violations() == []
