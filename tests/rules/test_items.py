"""Items: how one begins, what may change, what never does."""

from dataclasses import replace

import pytest

from core.catalogue.item import AmendItem, CreateItem, InvalidItem, Item, ItemAmended, amend, create, evolve
from core.kernel.ids import ItemId
from core.kernel.money import Money
from core.kernel.quantity import SCALE_MAX, UNITS_MAX
from tests.support.given import an_id, an_item

ID = ItemId(an_id(1))
PRICE = Money(minor=250, currency="GBP")


def test_a_new_item_is_as_it_was_asked_for() -> None:
    command = CreateItem(sku="ROPE", name="rope", uom="m", scale=3, price=PRICE, backorder_limit=5)
    assert evolve(None, create(command, ID)) == Item(
        id=ID, sku="ROPE", name="rope", uom="m", scale=3, price=PRICE, backorder_limit=5, version=1
    )


@pytest.mark.parametrize("scale", [-1, SCALE_MAX + 1])
def test_a_scale_has_bounds(scale: int) -> None:
    with pytest.raises(InvalidItem) as refused:
        create(CreateItem(sku="A", name="a", scale=scale), ID)
    assert refused.value.path == "$.scale"


def test_the_bounds_themselves_are_fine() -> None:
    for scale in (0, SCALE_MAX):
        assert create(CreateItem(sku="A", name="a", scale=scale), ID).scale == scale
    assert create(CreateItem(sku="A", name="a", backorder_limit=UNITS_MAX), ID).backorder_limit == UNITS_MAX
    assert create(CreateItem(sku="A", name="a", price=replace(PRICE, minor=0)), ID).price == replace(PRICE, minor=0)


@pytest.mark.parametrize("limit", [-1, UNITS_MAX + 1])
def test_a_backorder_limit_has_bounds(limit: int) -> None:
    with pytest.raises(InvalidItem) as refused:
        create(CreateItem(sku="A", name="a", backorder_limit=limit), ID)
    assert refused.value.path == "$.backorder_limit"
    with pytest.raises(InvalidItem):
        amend(an_item(), AmendItem(id=ID, backorder_limit=limit))


def test_a_price_is_not_negative() -> None:
    with pytest.raises(InvalidItem) as refused:
        create(CreateItem(sku="A", name="a", price=replace(PRICE, minor=-1)), ID)
    assert refused.value.path == "$.price"
    with pytest.raises(InvalidItem):
        amend(an_item(), AmendItem(id=ID, price=replace(PRICE, minor=-1)))


def test_only_what_is_named_changes() -> None:
    item = an_item(price=PRICE, backorder_limit=3)
    (amended,) = amend(item, AmendItem(id=ID, name="new name"))
    assert amended == ItemAmended(item_id=ID, name="new name", uom="each", price=PRICE, backorder_limit=3)
    assert evolve(item, amended) == replace(item, name="new name", version=2)


def test_every_term_but_sku_and_scale_can_change() -> None:
    (amended,) = amend(an_item(), AmendItem(id=ID, name="n", uom="box", price=PRICE, backorder_limit=0))
    assert (amended.uom, amended.price, amended.backorder_limit) == ("box", PRICE, 0)
    (lowered,) = amend(an_item(backorder_limit=9), AmendItem(id=ID, backorder_limit=0))
    assert lowered.backorder_limit == 0


def test_a_change_to_what_is_already_so_is_no_event() -> None:
    item = an_item(price=PRICE)
    assert amend(item, AmendItem(id=ID)) == ()
    assert amend(item, AmendItem(id=ID, name=item.name, price=PRICE)) == ()
