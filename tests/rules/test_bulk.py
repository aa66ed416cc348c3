"""Many rows in one command: the same as one after the other, in as many statements as one."""

from decimal import Decimal

import pytest

from adapters.memory.store import Faults
from core.catalogue.item import CreateItem, CreateItems, ItemAmended, ItemNotFound
from core.catalogue.pricing import NewPrice, Priced, SetPrices
from core.catalogue.terms import InvalidItem
from core.catalogue.use_cases.create_items import create_items
from core.catalogue.use_cases.set_prices import set_prices
from core.inventory.acts import Act, ChangeStock, StockAct
from core.inventory.location import CreateLocation, LocationKind
from core.inventory.use_cases.change_stock import change_stock
from core.inventory.use_cases.create_location import create_location
from core.kernel.goods import Tracking
from core.kernel.money import Money
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
