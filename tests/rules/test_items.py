"""Items: how one begins, what may change, what never does."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from core.catalogue.item import AmendItem, CreateItem, Item, ItemAmended, WantedComponent, amend, create, evolve
from core.catalogue.terms import InvalidItem
from core.kernel.errors import Rejected
from core.kernel.goods import Component, Tracking, Unit
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


TEA = an_item(2, sku="TEA")
KNOWN = {"TEA": TEA, "SET": replace(an_item(3, sku="SET"), components=(Component(item=TEA.id, sku="TEA", quantity=1),))}


def a_kit(*components: tuple[str, str], **terms: Any) -> CreateItem:
    wanted = tuple(WantedComponent(sku=sku, quantity=Decimal(quantity)) for sku, quantity in components)
    return CreateItem(sku="KIT", name="kit", components=wanted, **terms)


def test_a_kit_says_what_one_takes_in_base_units() -> None:
    cloth = replace(an_item(4, sku="CLOTH", scale=2))
    made = create(a_kit(("TEA", "2"), ("CLOTH", "1.5")), ID, {**KNOWN, "CLOTH": cloth})
    assert made.components == (
        Component(item=TEA.id, sku="TEA", quantity=2),
        Component(item=cloth.id, sku="CLOTH", quantity=150, scale=2),
    )
    assert evolve(None, made).components == made.components


@pytest.mark.parametrize(
    ("command", "path"),
    [
        (a_kit(("TEA", "1"), ("NONE", "1")), "$.components[1].sku"),
        (a_kit(("SET", "1")), "$.components[0].sku"),
        (a_kit(("TEA", "1"), ("TEA", "2")), "$.components[1].sku"),
        (a_kit(("TEA", "0")), "$.components[0].quantity"),
        (a_kit(("TEA", "0.5")), "$.components[0].quantity"),
        (a_kit(*[("TEA", "1")] * 51), "$.components"),
        (a_kit(("TEA", "1"), scale=1), "$.scale"),
        (a_kit(("TEA", "1"), tracking=Tracking.LOT), "$.tracking"),
        (a_kit(("TEA", "1"), backorder_limit=1), "$.backorder_limit"),
        (CreateItem(sku="A", name="a", tracking=Tracking.SERIAL, scale=1), "$.scale"),
        (CreateItem(sku="A", name="a", tracking=Tracking.LOT, backorder_limit=1), "$.backorder_limit"),
        (CreateItem(sku="A", name="a", units=(Unit(name="box", size=0),)), "$.units[0].size"),
        (CreateItem(sku="A", name="a", units=(Unit(name="each", size=2),)), "$.units[0].name"),
        (CreateItem(sku="A", name="a", units=(Unit(name="b", size=2), Unit(name="b", size=3))), "$.units[1].name"),
    ],
)
def test_terms_no_item_can_have_are_refused_by_name(command: CreateItem, path: str) -> None:
    with pytest.raises(Rejected) as refused:
        create(command, ID, KNOWN)
    assert refused.value.path == path


def test_units_may_change_and_the_rest_of_what_an_item_is_does_not() -> None:
    box = Unit(name="box", size=6)
    (amended,) = amend(an_item(), AmendItem(id=ID, units=(box,)))
    assert evolve(an_item(), amended).units == (box,)
    item = an_item(units=(box,))
    assert amend(item, AmendItem(id=ID, units=(box,))) == ()
    (emptied,) = amend(item, AmendItem(id=ID, units=()))
    assert emptied.units == ()
    with pytest.raises(InvalidItem):
        amend(item, AmendItem(id=ID, uom="box"))
    with pytest.raises(InvalidItem):
        amend(replace(item, tracking=Tracking.LOT), AmendItem(id=ID, backorder_limit=1))
