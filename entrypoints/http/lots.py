"""Lots: which there are, what may be done with each, and blocking or freeing one."""

from datetime import date
from decimal import Decimal
from typing import Any

from core.identity.permission import Scope
from core.inventory.lot import Lot, LotStatus, ReclassifyLot, promisable
from core.kernel.ids import LotId
from core.kernel.quantity import to_amount
from entrypoints.http.fields import Body, Reason, Shown, Sku
from entrypoints.http.paging import Page, PageQuery, page_of
from entrypoints.http.routes import Call, Reply, Route
from ports.lots import LotRow


class NewLotStatus(Body):
    """What may be done with the lot from now on: only an available one is promised."""

    status: LotStatus
    reason: Reason


class ShownLotState(Shown):
    """A lot. `promisable` says whether it can be promised today: it is available and its day is not over."""

    sku: str
    lot: str
    expires_on: date | None
    status: LotStatus
    promisable: bool
    version: int


class ShownLot(ShownLotState):
    """A lot, and how much of it stands anywhere, in the item's unit of measure."""

    on_hand: Decimal


class LotsQuery(PageQuery, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Which lots to list."""

    sku: Sku | None = None
    expires_before: date | None = None


async def list_lots(call: Call) -> Reply:
    """Lots, those that expire first before the others."""
    query: LotsQuery = call.query
    rows = await call.parts.views.inventory.lots(
        call.tenant,
        sku=query.sku,
        expires_before=query.expires_before,
        after=call.place("lots", tuple[date, LotId]),
        limit=query.limit + 1,
    )
    return call.reply(page_of(rows, query.limit, lambda row: _show_row(row, call), lambda row: _cursor(row, call)))


async def reclassify(call: Call) -> Reply:
    """Block a lot, or free it."""
    body: NewLotStatus = call.body
    sku = call.path["sku"]
    command = ReclassifyLot(sku=sku, code=call.path["lot"], status=body.status, reason=body.reason)
    return await call.run(command, lambda lot: ShownLotState(**_fields(sku, lot, call)))


def _show_row(row: LotRow, call: Call) -> ShownLot:
    return ShownLot(on_hand=to_amount(row.on_hand, row.scale), **_fields(row.sku, row.lot, call))


def _cursor(row: LotRow, call: Call) -> str:
    return call.cursor("lots", [row.lot.expires_on or date.max, row.lot.id])


def _fields(sku: str, lot: Lot, call: Call) -> dict[str, Any]:
    return {
        "sku": sku,
        "lot": lot.code,
        "expires_on": lot.expires_on,
        "status": lot.status,
        "promisable": promisable(lot, call.context.now.date()),
        "version": lot.version,
    }


ROUTES = (
    Route(
        method="GET", path="/stock/lots", summary="List lots", handle=list_lots, tag="stock",
        query=LotsQuery, answer=Page[ShownLot], scope=Scope.STOCK_READ,
    ),
    Route(
        method="POST", path="/stock/lots/{sku:str}/{lot:str}/reclassify", summary="Block a lot, or free it",
        handle=reclassify, tag="stock",
        body=NewLotStatus, answer=ShownLotState, scope=Scope.STOCK_WRITE, refusals=(404, 409, 422),
    ),
)  # fmt: skip
