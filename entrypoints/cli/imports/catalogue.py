"""``import catalogue``: a list of items, or the items that a file of orders mentions."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from core.catalogue.item import CreateItem, CreateItems, Item, SkuTaken
from core.identity.permission import ALL_SCOPES
from core.kernel.errors import DomainError
from core.kernel.goods import Tracking, Unit
from core.kernel.ids import TenantId
from core.kernel.money import Money
from core.kernel.quantity import SCALE_MAX, to_units
from core.kernel.value import value
from entrypoints.cli.imports import cells
from entrypoints.cli.imports.columns import Columns, Field
from entrypoints.cli.imports.pipeline import Applied, Chunk, persisted
from entrypoints.cli.imports.rejects import Reject
from entrypoints.cli.imports.rows import TOGETHER, applied, one_a_row
from entrypoints.cli.imports.source import Row
from entrypoints.cli.session import Session

SKU = Field(
    name="sku",
    aliases=("StockCode", "item code", "Lineitem sku", "product code", "variant sku"),
    required=True,
)
PRICE = Field(name="price", aliases=("UnitPrice", "unit price", "Lineitem price", "variant price"))
CURRENCY = Field(name="currency", aliases=())
FIELDS = (
    SKU,
    Field(name="name", aliases=("Description", "Lineitem name", "product name", "title")),
    Field(name="uom", aliases=("unit", "unit of measure")),
    Field(name="scale", aliases=("decimals",)),
    PRICE,
    CURRENCY,
    Field(name="backorder_limit", aliases=("backorder",)),
    Field(name="tracking", aliases=("tracked by",)),
    Field(name="pack_units", aliases=("pack units", "pack sizes")),
    Field(name="order_id", aliases=("InvoiceNo", "Invoice", "order number", "order no")),
)


@value
class NewItem:
    """An item to create, and the row it was found in."""

    row: Row
    item: CreateItem


class ItemReader:
    """Reads rows as items under the options of one import."""

    def __init__(self, columns: Columns, currency: str) -> None:
        self._columns = columns
        self._currency = currency
        self.from_orders = "order_id" in columns

    def item(self, row: Row) -> CreateItem:
        """Raises BadCell and whatever the numbers raise."""
        if row.problem:
            raise cells.BadCell(row.problem)
        text = self._columns.text
        sku = cells.identifier(text(row.cells, "sku"), "sku")
        scale = self._scale(text(row.cells, "scale"))
        limit = text(row.cells, "backorder_limit")
        return CreateItem(
            sku=sku,
            name=text(row.cells, "name")[: cells.TEXT_MAX],
            uom=text(row.cells, "uom") or "each",
            scale=scale,
            price=self._price(row),
            backorder_limit=to_units(cells.number(limit, "backorder_limit"), scale) if limit else 0,
            tracking=self._tracking(text(row.cells, "tracking")),
            units=_units(text(row.cells, "pack_units"), scale),
        )

    def _price(self, row: Row) -> Money | None:
        currency = self._columns.text(row.cells, "currency").upper() or self._currency
        text = self._columns.text(row.cells, "price")
        if not self.from_orders:
            return cells.price(text, currency, "price")
        # An order's price may be anything: a gift, a correction. What is no price of the item is passed over.
        try:
            price = cells.price(text, currency, "price")
        except DomainError:
            return None
        return price if price and price.minor else None

    def _tracking(self, text: str) -> Tracking:
        try:
            return Tracking(text.lower() or Tracking.NONE)
        except ValueError:
            raise cells.BadCell(f"tracking '{text[:40]}' is none of {', '.join(Tracking)}") from None

    def _scale(self, text: str) -> int:
        if not text:
            return 0
        scale = cells.number(text, "scale")
        if scale not in range(SCALE_MAX + 1):
            raise cells.BadCell(f"scale must be 0 to {SCALE_MAX}")
        return int(scale)


def _units(text: str, scale: int) -> tuple[Unit, ...]:
    """``box=12; pallet=480``: each so many of the item's unit of measure. Raises BadCell, InvalidQuantity."""
    units = []
    for pair in filter(None, map(str.strip, text.split(";"))):
        name, equals, size = pair.partition("=")
        if not equals:
            raise cells.BadCell(f"pack_units '{pair[:40]}' is not name=size")
        units.append(Unit(name=name.strip(), size=to_units(cells.number(size.strip(), "pack_units"), scale)))
    return tuple(units)


def chunks_of_list(rows: Iterable[Row], reader: ItemReader, skipped: int) -> Iterator[Chunk[NewItem]]:
    """One item a row."""
    return one_a_row(rows, lambda row: NewItem(row=row, item=named(reader.item(row))), skipped)


def chunks_of_orders(rows: Iterable[Row], reader: ItemReader) -> Iterator[Chunk[NewItem]]:
    """Each SKU once, with the first name and the first price any of its rows has. Holds one item a SKU."""
    found: dict[str, NewItem] = {}
    rejects: list[Reject] = []
    number = 0
    for number, row in enumerate(rows, start=1):
        try:
            item = reader.item(row)
        except DomainError as refusal:
            rejects.append(Reject(row=row, reason=refusal.detail))
            if len(rejects) >= TOGETHER:
                yield Chunk(items=(), rejects=tuple(rejects), rows=number)
                rejects = []
            continue
        known = found.get(item.sku)
        if known is None:
            found[item.sku] = NewItem(row=Row(row.line, row.cells), item=item)
        elif (item.name and not known.item.name) or (item.price and not known.item.price):
            found[item.sku] = NewItem(row=known.row, item=completed(known.item, item))
    items = [NewItem(row=new.row, item=named(new.item)) for new in found.values()]
    for start in range(0, max(len(items), 1), TOGETHER):
        yield Chunk(items=tuple(items[start : start + TOGETHER]), rejects=tuple(rejects), rows=number)
        rejects = []


def completed(known: CreateItem, item: CreateItem) -> CreateItem:
    """``known`` with what it lacks from ``item``."""
    return replace(known, name=known.name or item.name, price=known.price or item.price)


def named(item: CreateItem) -> CreateItem:
    """An item nobody named goes by its SKU."""
    return item if item.name else completed(item, CreateItem(sku=item.sku, name=item.sku))


class CatalogueImport:
    """Creates items for one tenant; a SKU that is known already is a duplicate and stays as it is."""

    def __init__(self, session: Session, tenant: TenantId) -> None:
        self._session = session
        self._tenant = tenant

    async def __call__(self, items: Sequence[NewItem]) -> Applied:
        """Create them in one transaction."""
        session = self._session
        command = CreateItems(items=tuple(new.item for new in items))
        outcomes: list[Item | DomainError] = await persisted(
            lambda: session.dispatch.run(command, session.context(self._tenant, ALL_SCOPES)), session.clock
        )
        known = [None if isinstance(outcome, SkuTaken) else outcome for outcome in outcomes]
        return applied(items, known, lambda item: item is not None)
