"""Receipts, adjustments and counts by the thousand: one transaction for all of a call."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Annotated

from msgspec import Meta

from core.identity.permission import Scope
from core.inventory.acts import Act, ChangeStock, StockChanged
from core.kernel.errors import DomainError
from core.kernel.quantity import to_amount
from entrypoints.http.bodies import BATCH_MAX
from entrypoints.http.fields import Shown
from entrypoints.http.routes import Call, Reply, Route
from entrypoints.http.rows import ROWS_MAX, RowStatus, ShownRow, show_rows
from entrypoints.http.stock import act_of
from entrypoints.http.stock_fields import NewAdjustment, NewCount, NewReceipt

_Rows = Meta(min_length=1, max_length=ROWS_MAX)
NewReceipts = Annotated[list[NewReceipt], _Rows]
NewAdjustments = Annotated[list[NewAdjustment], _Rows]
NewCounts = Annotated[list[NewCount], _Rows]


class ShownStockRow(ShownRow):
    """What became of one row, and what its shelf holds after it, in the item's unit of measure."""

    group_id: str | None = None
    sku: str | None = None
    location: str | None = None
    lot: str | None = None
    quantity: Decimal | None = None
    on_hand: Decimal | None = None
    available: Decimal | None = None


class ShownStockRows(Shown):
    """One answer for each row of the call, in order."""

    items: list[ShownStockRow]


async def receive_many(call: Call) -> Reply:
    """Receive goods, each row after those before it."""
    return await _change(call, Act.RECEIVE)


async def adjust_many(call: Call) -> Reply:
    """Correct balances, each row after those before it."""
    return await _change(call, Act.ADJUST)


async def count_many(call: Call) -> Reply:
    """Enter counts, each row after those before it."""
    return await _change(call, Act.COUNT)


async def _change(call: Call, act: Act) -> Reply:
    rows: Sequence[NewReceipt | NewAdjustment | NewCount] = call.body
    return await call.run(ChangeStock(acts=tuple([act_of(act, row) for row in rows])), _show)


def _show(outcomes: list[StockChanged | DomainError]) -> ShownStockRows:
    return ShownStockRows(items=show_rows(outcomes, _show_row, ShownStockRow))


def _show_row(changed: StockChanged) -> ShownStockRow:
    scale, balance = changed.scale, changed.balance
    return ShownStockRow(
        status=RowStatus.DONE if changed.movements else RowStatus.UNCHANGED,
        # What changed nothing is not in the ledger, so there is no group to ask for.
        group_id=changed.group if changed.movements else None,
        sku=changed.act.sku,
        location=changed.act.location,
        lot=changed.act.lot,
        quantity=to_amount(changed.units, scale),
        on_hand=to_amount(balance.on_hand, scale),
        available=to_amount(balance.available, scale),
    )


ROUTES = (
    Route(
        method="POST", path="/stock/receipts/batch", summary="Receive up to 1,000 rows of goods", handle=receive_many,
        tag="stock", body=NewReceipts, body_max=BATCH_MAX, answer=ShownStockRows, scope=Scope.STOCK_WRITE,
        refusals=(409, 422),
    ),
    Route(
        method="POST", path="/stock/adjustments/batch", summary="Correct up to 1,000 balances", handle=adjust_many,
        tag="stock", body=NewAdjustments, body_max=BATCH_MAX, answer=ShownStockRows, scope=Scope.STOCK_WRITE,
        refusals=(409, 422),
    ),
    Route(
        method="POST", path="/stock/counts/batch", summary="Enter up to 1,000 counts", handle=count_many,
        tag="stock", body=NewCounts, body_max=BATCH_MAX, answer=ShownStockRows, scope=Scope.STOCK_WRITE,
        refusals=(409, 422),
    ),
)  # fmt: skip
