"""An item: its terms, how it comes to be, what may change."""

from dataclasses import replace
from typing import assert_never

from core.kernel.errors import Conflict, NotFound, Rejected
from core.kernel.ids import ItemId
from core.kernel.money import Money
from core.kernel.quantity import SCALE_MAX, UNITS_MAX
from core.kernel.value import value


class SkuTaken(Conflict):
    """The tenant already has an item with this SKU."""

    code = "sku_taken"


class ItemNotFound(NotFound):
    """No item with this id or SKU."""

    code = "item_not_found"


class InvalidItem(Rejected):
    """Terms an item cannot have."""

    code = "invalid_item"


@value
class Item:
    """The terms orders and stock depend on. ``version`` counts its events; ``backorder_limit`` is in base units."""

    id: ItemId
    sku: str
    name: str
    uom: str
    scale: int
    price: Money | None
    backorder_limit: int
    version: int


@value
class CreateItem:
    """Begin to sell ``sku``. ``backorder_limit`` in base units of ``scale`` decimals."""

    sku: str
    name: str
    uom: str = "each"
    scale: int = 0
    price: Money | None = None
    backorder_limit: int = 0


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


@value
class ItemAmended:
    """The item's terms are now these."""

    item_id: ItemId
    name: str
    uom: str
    price: Money | None
    backorder_limit: int


ItemCommand = CreateItem | AmendItem
ItemEvent = ItemCreated | ItemAmended


def create(command: CreateItem, item_id: ItemId) -> ItemCreated:
    """The event that begins an item. Raises InvalidItem for terms no item can have."""
    if not 0 <= command.scale <= SCALE_MAX:
        raise InvalidItem(f"scale must be 0 to {SCALE_MAX}", path="$.scale")
    _check_limit(command.backorder_limit)
    _check_price(command.price)
    return ItemCreated(
        item_id=item_id,
        sku=command.sku,
        name=command.name,
        uom=command.uom,
        scale=command.scale,
        price=command.price,
        backorder_limit=command.backorder_limit,
    )


def amend(item: Item, command: AmendItem) -> tuple[ItemAmended, ...]:
    """The event that changes the terms, or none when nothing would change. Raises InvalidItem."""
    limit = item.backorder_limit if command.backorder_limit is None else command.backorder_limit
    _check_limit(limit)
    _check_price(command.price)
    amended = ItemAmended(
        item_id=item.id,
        name=item.name if command.name is None else command.name,
        uom=item.uom if command.uom is None else command.uom,
        price=item.price if command.price is None else command.price,
        backorder_limit=limit,
    )
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
            )
        case ItemAmended():
            assert item is not None, "an item is amended only after it was created"
            return replace(
                item,
                name=event.name,
                uom=event.uom,
                price=event.price,
                backorder_limit=event.backorder_limit,
                version=item.version + 1,
            )
        case _:
            assert_never(event)


def _check_limit(limit: int) -> None:
    if not 0 <= limit <= UNITS_MAX:
        raise InvalidItem("backorder_limit must not be negative", path="$.backorder_limit")


def _check_price(price: Money | None) -> None:
    if price is not None and price.minor < 0:
        raise InvalidItem("price must not be negative", path="$.price")
