"""Rows gathered into orders: consecutive rows of one order id, each line read or rejected by itself."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

from core.kernel.errors import DomainError
from core.kernel.money import Money
from core.kernel.value import value
from entrypoints.cli.imports import cells
from entrypoints.cli.imports.columns import Columns, Field
from entrypoints.cli.imports.rejects import Reject
from entrypoints.cli.imports.source import Row

LINES_MAX = 5_000
FIELDS = (
    Field(
        name="order_id",
        aliases=("InvoiceNo", "Invoice", "order number", "order no", "order", "Name"),
        required=True,
    ),
    Field(
        name="sku",
        aliases=("StockCode", "item code", "Lineitem sku", "product code", "item sku", "article"),
        required=True,
    ),
    Field(name="quantity", aliases=("qty", "Lineitem quantity", "units"), required=True),
    Field(name="unit_price", aliases=("UnitPrice", "price", "Lineitem price", "item price")),
    Field(name="placed_at", aliases=("InvoiceDate", "created_at", "order date", "purchase date", "date")),
    Field(name="customer", aliases=("CustomerID", "customer", "email", "customer email", "buyer email")),
    Field(name="country", aliases=("ship country", "shipping country", "ship to country")),
    Field(name="currency", aliases=()),
)


class Line(NamedTuple):
    """A row that can be an order's line."""

    row: Row
    sku: str
    quantity: Decimal
    unit_price: Money | None


@value
class Group:
    """Consecutive rows of one order; what is said of the order is the first that any of its rows says.

    ``rows`` of the file are read when the group ends. Without an ``order_id`` there are only rejects.
    """

    order_id: str | None
    lines: tuple[Line, ...]
    rejects: tuple[Reject, ...]
    rows: int
    customer: str | None = None
    country: str = ""
    currency: str | None = None
    placed_at: datetime | None = None


class RowReader:
    """Reads cells under the options of one import."""

    def __init__(self, columns: Columns, *, currency: str, date_format: str | None = None) -> None:
        self._columns = columns
        self._currency = currency
        self._date_format = date_format

    def order_id(self, row: Row) -> str:
        """Raises BadCell."""
        return cells.identifier(self._columns.text(row.cells, "order_id"), "order_id")

    def line(self, row: Row) -> Line:
        """The row's line. Raises BadCell, InvalidMoney."""
        text = self._columns.text
        sku = cells.identifier(text(row.cells, "sku"), "sku")
        quantity = cells.number(text(row.cells, "quantity"), "quantity")
        if not quantity:
            raise cells.BadCell("quantity is zero")
        unit_price = cells.price(text(row.cells, "unit_price"), self.currency(row))
        self.placed_at(row)
        self.customer(row)
        return Line(row, sku, quantity, unit_price)

    def currency(self, row: Row) -> str:
        """What the row says, else the option."""
        return self._columns.text(row.cells, "currency").upper() or self._currency

    def customer(self, row: Row) -> str | None:
        """Raises BadCell."""
        text = self._columns.text(row.cells, "customer")
        return cells.identifier(text, "customer") if text else None

    def placed_at(self, row: Row) -> datetime | None:
        """Raises BadCell."""
        return cells.moment(self._columns.text(row.cells, "placed_at"), self._date_format)

    def country(self, row: Row) -> str:
        """As the row spells it."""
        return self._columns.text(row.cells, "country")


def group_orders(rows: Iterable[Row], reader: RowReader, *, skipped: int = 0) -> Iterator[Group]:
    """Each run of rows with one order id. ``skipped`` rows were read before these.

    A row without an order id is rejected within the run it stands in. The rows of an order beyond ``LINES_MAX`` are
    rejected too: a whole file under one id would otherwise have to fit in memory.
    """
    gathering = _Gathering(None, reader)
    number = skipped
    for number, row in enumerate(rows, start=skipped + 1):
        try:
            if row.problem:
                raise cells.BadCell(row.problem)
            order_id = reader.order_id(row)
        except DomainError as refusal:
            gathering.reject(row, refusal.detail)
        else:
            if order_id != gathering.order_id:
                if gathering.size:
                    yield gathering.group(number - 1)
                gathering = _Gathering(order_id, reader)
            gathering.add(row)
        if gathering.size >= LINES_MAX:
            yield gathering.group(number)
            gathering = gathering.overflow()
    if gathering.size:
        yield gathering.group(number)


class _Gathering:
    """A group while its rows come in."""

    def __init__(self, order_id: str | None, reader: RowReader, *, full: bool = False) -> None:
        self.order_id = order_id
        self._reader = reader
        self._full = full
        self._lines: list[Line] = []
        self._rejects: list[Reject] = []

    @property
    def size(self) -> int:
        return len(self._lines) + len(self._rejects)

    def overflow(self) -> "_Gathering":
        return _Gathering(self.order_id, self._reader, full=self.order_id is not None)

    def reject(self, row: Row, reason: str) -> None:
        self._rejects.append(Reject(row=row, reason=reason))

    def add(self, row: Row) -> None:
        if self._full:
            self.reject(row, f"order {self.order_id} has more than {LINES_MAX} rows")
            return
        try:
            self._lines.append(self._reader.line(row))
        except DomainError as refusal:
            self.reject(row, refusal.detail)

    def group(self, rows: int) -> Group:
        reader = self._reader
        good = [line.row for line in self._lines]
        taken = f"; the other rows of order {self.order_id} were taken" if good else ""
        return Group(
            order_id=self.order_id,
            lines=tuple(self._lines),
            rejects=tuple(Reject(row=bad.row, reason=bad.reason + taken) for bad in self._rejects),
            rows=rows,
            customer=next(filter(None, map(reader.customer, good)), None),
            country=next(filter(None, map(reader.country, good)), ""),
            currency=reader.currency(good[0]) if good else None,
            placed_at=next(filter(None, map(reader.placed_at, good)), None),
        )
