"""Items: what a merchant sells."""

from datetime import date
from decimal import Decimal
from typing import Annotated

from msgspec import Meta

from core.catalogue.item import AmendItem, CreateItem, CreateItems, Item, ItemNotFound, WantedComponent
from core.catalogue.terms import COMPONENTS_MAX, UNITS_OF_AN_ITEM_MAX
from core.identity.permission import Scope
from core.kernel.errors import DomainError
from core.kernel.goods import Tracking, Unit
from core.kernel.ids import ItemId
from core.kernel.quantity import SCALE_MAX, to_amount, to_units
from entrypoints.http.fields import (
    Body,
    Code,
    MoneyIn,
    MoneyOut,
    Name,
    NotNegative,
    Positive,
    Shown,
    Sku,
    known_id,
    show_money,
    to_money,
)
from entrypoints.http.paging import Page, PageQuery, page_of
from entrypoints.http.routes import CATALOGUE_KNOWN, Call, Reply, Route

PATH = "/catalogue/items"


class NewComponent(Body):
    """So much of an item, in its unit of measure, goes into one kit."""

    sku: Sku
    quantity: Positive


class NewUnit(Body):
    """One `name` is `size` of the item's unit of measure: a box of 12, a roll of 50."""

    name: Code
    size: Positive


NewUnits = Annotated[tuple[NewUnit, ...], Meta(max_length=UNITS_OF_AN_ITEM_MAX)]


class NewItem(Body):
    """An item to sell. `backorder_limit` is in the item's unit of measure; `components` make it a kit.

    Until the day `available_on` what is owed of it is a preorder, and none of it is sent.
    """

    sku: Sku
    name: Name
    uom: Code | None = None
    scale: Annotated[int, Meta(ge=0, le=SCALE_MAX, description="decimals a quantity may have")] = 0
    price: MoneyIn | None = None
    backorder_limit: NotNegative | None = None
    tracking: Tracking = Tracking.NONE
    components: Annotated[tuple[NewComponent, ...], Meta(max_length=COMPONENTS_MAX)] = ()
    units: NewUnits = ()
    available_on: date | None = None


class ItemChanges(Body):
    """Terms to change; what is left out stays."""

    name: Name | None = None
    uom: Code | None = None
    price: MoneyIn | None = None
    backorder_limit: NotNegative | None = None
    units: NewUnits | None = None
    available_on: date | None = None


class ShownComponent(Shown):
    """What one kit takes of an item, in its unit of measure."""

    sku: str
    quantity: Decimal


class ShownUnit(Shown):
    """A unit, in the item's unit of measure."""

    name: str
    size: Decimal


class ShownItem(Shown):
    """An item."""

    id: str
    sku: str
    name: str
    uom: str
    scale: int
    price: MoneyOut | None
    backorder_limit: Decimal
    version: int
    tracking: Tracking
    components: list[ShownComponent]
    units: list[ShownUnit]
    available_on: date | None


class ItemsQuery(PageQuery, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Which items to list."""

    sku: Sku | None = None


def show_item(item: Item) -> ShownItem:
    """An item as a person reads it."""
    return ShownItem(
        id=item.id,
        sku=item.sku,
        name=item.name,
        uom=item.uom,
        scale=item.scale,
        price=show_money(item.price),
        backorder_limit=to_amount(item.backorder_limit, item.scale),
        version=item.version,
        tracking=item.tracking,
        components=[
            ShownComponent(sku=part.sku, quantity=to_amount(part.quantity, part.scale)) for part in item.components
        ],
        units=[ShownUnit(name=unit.name, size=to_amount(unit.size, item.scale)) for unit in item.units],
        available_on=item.available_on,
    )


async def create_item(call: Call) -> Reply:
    """Begin to sell an item."""
    body: NewItem = call.body
    item = CreateItem(
        sku=body.sku,
        name=body.name,
        uom=body.uom or "each",
        scale=body.scale,
        price=to_money(body.price, "$.price.amount") if body.price else None,
        backorder_limit=to_units(body.backorder_limit or 0, body.scale, path="$.backorder_limit"),
        tracking=body.tracking,
        components=tuple(WantedComponent(sku=part.sku, quantity=part.quantity) for part in body.components),
        units=_to_units(body.units, body.scale),
        available_on=body.available_on,
    )
    return await call.run(CreateItems(items=(item,)), _show_created)


async def amend_item(call: Call) -> Reply:
    """Change an item's terms."""
    body: ItemChanges = call.body
    item = await _item(call)
    limit = body.backorder_limit
    command = AmendItem(
        id=item.id,
        name=body.name,
        uom=body.uom,
        price=to_money(body.price, "$.price.amount") if body.price else None,
        # The scale of an item never changes, so it may be read before the transaction.
        backorder_limit=None if limit is None else to_units(limit, item.scale, path="$.backorder_limit"),
        units=None if body.units is None else _to_units(body.units, item.scale),
        available_on=body.available_on,
    )
    return await call.run(command, show_item)


async def get_item(call: Call) -> Reply:
    """One item."""
    return call.reply(show_item(await _item(call)))


async def list_items(call: Call) -> Reply:
    """Items by SKU."""
    query: ItemsQuery = call.query
    after = call.place("items", str) or ""
    rows = await call.parts.views.catalogue.items(call.tenant, sku=query.sku, after=after, limit=query.limit + 1)
    return call.reply(page_of(rows, query.limit, show_item, lambda item: call.cursor("items", item.sku)))


def _to_units(given: tuple[NewUnit, ...], scale: int) -> tuple[Unit, ...]:
    """Raises InvalidQuantity for a size the item's decimals cannot carry."""
    return tuple(
        Unit(name=unit.name, size=to_units(unit.size, scale, path=f"$.units[{index}].size"))
        for index, unit in enumerate(given)
    )


async def _item(call: Call) -> Item:
    missing = ItemNotFound(f"there is no item {call.path['id']}")
    item = await call.parts.views.catalogue.item(call.tenant, ItemId(known_id(call.path["id"], missing)))
    if item is None:
        raise missing
    return item


def _show_created(outcomes: list[Item | DomainError]) -> ShownItem:
    (outcome,) = outcomes
    if isinstance(outcome, DomainError):
        raise outcome
    return show_item(outcome)


ROUTES = (
    Route(
        method="POST", path=PATH, summary="Create an item", handle=create_item, tag="catalogue",
        body=NewItem, answer=ShownItem, status=201, scope=Scope.CATALOGUE_WRITE, refusals=(409, 422),
    ),
    Route(
        method="GET", path=PATH, summary="List items", handle=list_items, tag="catalogue",
        query=ItemsQuery, answer=Page[ShownItem], scope=Scope.CATALOGUE_READ, known_for=CATALOGUE_KNOWN,
    ),
    Route(
        method="GET", path=f"{PATH}/{{id:str}}", summary="One item", handle=get_item, tag="catalogue",
        answer=ShownItem, scope=Scope.CATALOGUE_READ, refusals=(404,), known_for=CATALOGUE_KNOWN,
    ),
    Route(
        method="PATCH", path=f"{PATH}/{{id:str}}", summary="Change an item", handle=amend_item, tag="catalogue",
        body=ItemChanges, answer=ShownItem, scope=Scope.CATALOGUE_WRITE, refusals=(404, 409, 422),
    ),
)  # fmt: skip
