"""An item: its terms, how it comes to be, what may change."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import assert_never

from core.catalogue.terms import InvalidItem, check_kind, check_limit, check_price, check_units, recipe
from core.kernel.errors import Conflict, NotFound
from core.kernel.goods import Component, Measure, Tracking, Unit
from core.kernel.ids import ItemId
from core.kernel.money import Money
from core.kernel.quantity import SCALE_MAX
from core.kernel.value import value


class SkuTaken(Conflict):
    """The tenant already has an item with this SKU."""

    code = "sku_taken"


class ItemNotFound(NotFound):
    """No item with this id or SKU."""

    code = "item_not_found"


@value
class Item:
    """The terms orders and stock depend on. ``version`` counts its events; ``backorder_limit`` is in base units.

    An item with ``components`` is a kit: it holds no stock, they do. Until the day ``available_on`` what is owed of it
    is a preorder, and none of it is sent.
    """

    id: ItemId
    sku: str
    name: str
    uom: str
    scale: int
    price: Money | None
    backorder_limit: int
    version: int
    tracking: Tracking = Tracking.NONE
    components: tuple[Component, ...] = ()
    units: tuple[Unit, ...] = ()
    available_on: date | None = None

    @property
    def measure(self) -> Measure:
        """What its quantities are said in."""
        return Measure(scale=self.scale, uom=self.uom, units=self.units)


@value
class WantedComponent:
    """``quantity`` (in the component's unit of measure) of the item with this SKU goes into one kit."""

    sku: str
    quantity: Decimal


@value
class CreateItem:
    """Begin to sell ``sku``. ``backorder_limit`` in base units of ``scale`` decimals; ``components`` make it a kit."""

    sku: str
    name: str
    uom: str = "each"
    scale: int = 0
    price: Money | None = None
    backorder_limit: int = 0
    tracking: Tracking = Tracking.NONE
    components: tuple[WantedComponent, ...] = ()
    units: tuple[Unit, ...] = ()
    available_on: date | None = None


@value
class CreateItems:
    """Begin to sell each of ``items``."""

    items: tuple[CreateItem, ...]


@value
class AmendItem:
    """Change terms of an existing item; what is None stays."""

    id: ItemId
    name: str | None = None
    uom: str | None = None
    price: Money | None = None
    backorder_limit: int | None = None
    units: tuple[Unit, ...] | None = None
    available_on: date | None = None


@value
class ItemCreated:
    """``item_id`` is sold from now on under ``sku``."""

    item_id: ItemId
    sku: str
    name: str
    uom: str
    scale: int
    price: Money | None
    backorder_limit: int
    tracking: Tracking = Tracking.NONE
    components: tuple[Component, ...] = ()
    units: tuple[Unit, ...] = ()
    available_on: date | None = None


@value
class ItemAmended:
    """The item's terms are now these."""

    item_id: ItemId
    name: str
    uom: str
    price: Money | None
    backorder_limit: int
    units: tuple[Unit, ...] = ()
    available_on: date | None = None


ItemCommand = CreateItem | AmendItem
ItemEvent = ItemCreated | ItemAmended


def create(command: CreateItem, item_id: ItemId, known: Mapping[str, Item] | None = None) -> ItemCreated:
    """The event that begins an item; ``known`` holds the items its components name, by SKU.

    Raises InvalidItem for terms no item can have, InvalidQuantity for a fraction of a component's base unit.
    """
    if not 0 <= command.scale <= SCALE_MAX:
        raise InvalidItem(f"scale must be 0 to {SCALE_MAX}", path="$.scale")
    kit = bool(command.components)
    check_limit(command.backorder_limit, command.tracking, kit=kit)
    check_price(command.price)
    check_kind(command.tracking, command.scale, kit=kit)
    check_units(command.units, command.uom)
    wanted = [(part.sku, part.quantity) for part in command.components]
    found = {sku: (item.id, item.scale, bool(item.components)) for sku, item in (known or {}).items()}
    return ItemCreated(
        item_id=item_id,
        sku=command.sku,
        name=command.name,
        uom=command.uom,
        scale=command.scale,
        price=command.price,
        backorder_limit=command.backorder_limit,
        tracking=command.tracking,
        components=recipe(wanted, found),
        units=command.units,
        available_on=command.available_on,
    )


def amend(item: Item, command: AmendItem) -> tuple[ItemAmended, ...]:
    """The event that changes the terms, or none when nothing would change. Raises InvalidItem."""
    amended = ItemAmended(
        item_id=item.id,
        name=item.name if command.name is None else command.name,
        uom=item.uom if command.uom is None else command.uom,
        price=item.price if command.price is None else command.price,
        backorder_limit=item.backorder_limit if command.backorder_limit is None else command.backorder_limit,
        units=item.units if command.units is None else command.units,
        available_on=item.available_on if command.available_on is None else command.available_on,
    )
    check_limit(amended.backorder_limit, item.tracking, kit=bool(item.components))
    check_price(command.price)
    check_units(amended.units, amended.uom)
    return () if replace(evolve(item, amended), version=item.version) == item else (amended,)


def evolve(item: Item | None, event: ItemEvent) -> Item:
    """The item after ``event``."""
    match event:
        case ItemCreated():
            return Item(
                id=event.item_id,
                sku=event.sku,
                name=event.name,
                uom=event.uom,
                scale=event.scale,
                price=event.price,
                backorder_limit=event.backorder_limit,
                version=1,
                tracking=event.tracking,
                components=event.components,
                units=event.units,
                available_on=event.available_on,
            )
        case ItemAmended():
            assert item is not None, "an item is amended only after it was created"
            return replace(
                item,
                name=event.name,
                uom=event.uom,
                price=event.price,
                backorder_limit=event.backorder_limit,
                units=event.units,
                available_on=event.available_on,
                version=item.version + 1,
            )
        case _:
            assert_never(event)
