"""Prices by the thousand: one transaction for all of a call."""

from collections.abc import Sequence
from typing import Annotated

from msgspec import Meta

from core.catalogue.pricing import NewPrice, Priced, SetPrices
from core.identity.permission import Scope
from core.kernel.errors import DomainError
from entrypoints.http.bodies import BATCH_MAX
from entrypoints.http.fields import Body, MoneyIn, MoneyOut, Shown, Sku, show_money, to_money
from entrypoints.http.routes import Call, Reply, Route
from entrypoints.http.rows import ROWS_MAX, RowStatus, ShownRow, show_rows


class PriceOf(Body):
    """What the item with this SKU costs from now on."""

    sku: Sku
    price: MoneyIn


PricesOf = Annotated[list[PriceOf], Meta(min_length=1, max_length=ROWS_MAX)]


class ShownPriceRow(ShownRow):
    """What became of one row, and the item's price after it."""

    sku: str | None = None
    price: MoneyOut | None = None
    version: int | None = None


class ShownPriceRows(Shown):
    """One answer for each row of the call, in order."""

    items: list[ShownPriceRow]


async def set_prices(call: Call) -> Reply:
    """Enter prices, each row after those before it."""
    rows: Sequence[PriceOf] = call.body
    read = [_read(row) for row in rows]
    command = SetPrices(prices=tuple(new for new in read if isinstance(new, NewPrice)))
    return await call.run(command, lambda outcomes: _show(read, outcomes))


def _read(row: PriceOf) -> NewPrice | DomainError:
    try:
        return NewPrice(sku=row.sku, price=to_money(row.price, "$.price.amount"))
    except DomainError as refusal:
        return refusal


def _show(read: Sequence[NewPrice | DomainError], outcomes: Sequence[Priced | DomainError]) -> ShownPriceRows:
    left = iter(outcomes)
    each = [new if isinstance(new, DomainError) else next(left) for new in read]
    return ShownPriceRows(items=show_rows(each, _show_row, ShownPriceRow))


def _show_row(priced: Priced) -> ShownPriceRow:
    return ShownPriceRow(
        status=RowStatus.DONE if priced.changed else RowStatus.UNCHANGED,
        sku=priced.item.sku,
        price=show_money(priced.item.price),
        version=priced.item.version,
    )


ROUTES = (
    Route(
        method="POST", path="/catalogue/prices", summary="Change up to 1,000 prices", handle=set_prices,
        tag="catalogue", body=PricesOf, body_max=BATCH_MAX, answer=ShownPriceRows, scope=Scope.CATALOGUE_WRITE,
        refusals=(409, 422),
    ),
)  # fmt: skip
