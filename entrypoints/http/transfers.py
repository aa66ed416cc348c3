"""Transfers: stock on its way from one location to another."""

from core.identity.permission import Scope
from core.inventory.transfer import Transfer, TransferState
from core.inventory.transfer_events import TransferLine
from core.inventory.transferring import (
    CancelTransfer,
    CloseTransfer,
    ReceiveTransfer,
    ShipTransfer,
    StartTransfer,
    TransferNotFound,
    TransferRequest,
)
from core.kernel.ids import TransferId
from core.kernel.quantity import to_amount
from entrypoints.http.fields import known_id, to_moment
from entrypoints.http.paging import Page, page_of
from entrypoints.http.routes import Call, Reply, Route
from entrypoints.http.transfer_fields import (
    NewArrival,
    NewTransfer,
    NewTransferEnd,
    NewTransferLine,
    ShownTransfer,
    ShownTransferLine,
    TransfersQuery,
)

PATH = "/stock/transfers"


async def start(call: Call) -> Reply:
    """Start a transfer."""
    return await call.run(to_transfer(call.body), show)


async def ship(call: Call) -> Reply:
    """Ship what was planned."""
    return await call.run(ShipTransfer(id=_id(call)), show)


async def receive(call: Call) -> Reply:
    """Receive what has come; as often as something comes."""
    body: NewArrival = call.body
    lines = None if body.items is None else _requests(body.items)
    return await call.run(ReceiveTransfer(id=_id(call), lines=lines), show)


async def close(call: Call) -> Reply:
    """Close it short: what never came is an adjustment."""
    body: NewTransferEnd = call.body
    return await call.run(CloseTransfer(id=_id(call), reason=body.reason), show)


async def cancel(call: Call) -> Reply:
    """Call it off: what was not received goes back to where it came from."""
    body: NewTransferEnd = call.body
    return await call.run(CancelTransfer(id=_id(call), reason=body.reason), show)


async def list_transfers(call: Call) -> Reply:
    """Transfers, newest first."""
    query: TransfersQuery = call.query
    before = call.place("transfers", TransferId)
    rows = await call.parts.views.transfers.transfers(
        call.tenant, state=query.state, before=before, limit=query.limit + 1
    )
    return call.reply(page_of(rows, query.limit, show, lambda row: call.cursor("transfers", row.id)))


async def get_transfer(call: Call) -> Reply:
    """One transfer."""
    transfer = await call.parts.views.transfers.transfer(call.tenant, _id(call))
    if transfer is None:
        raise _missing(call)
    return call.reply(show(transfer))


def to_transfer(body: NewTransfer) -> StartTransfer:
    """The core's word for what is asked for."""
    return StartTransfer(
        source=body.source,
        target=body.target,
        lines=_requests(body.items),
        reason=body.reason,
        reference=body.reference,
        ship_on=to_moment(body.ship_on),
        due=to_moment(body.due),
    )


def show(transfer: Transfer) -> ShownTransfer:
    """A transfer as a person reads it."""
    under_way = transfer.state is TransferState.IN_TRANSIT
    return ShownTransfer(
        id=transfer.id,
        state=transfer.state,
        source=transfer.source_code,
        target=transfer.target_code,
        items=[_show_line(line, line.left if under_way else 0) for line in transfer.lines],
        reason=transfer.reason,
        reference=transfer.reference,
        ship_on=transfer.ship_on,
        due=transfer.due,
    )


def _show_line(line: TransferLine, under_way: int) -> ShownTransferLine:
    return ShownTransferLine(
        sku=line.sku,
        lot=line.lot_code,
        quantity=to_amount(line.quantity, line.scale),
        received=to_amount(line.received, line.scale),
        lost=to_amount(line.lost, line.scale),
        under_way=to_amount(under_way, line.scale),
    )


def _requests(lines: tuple[NewTransferLine, ...]) -> tuple[TransferRequest, ...]:
    return tuple(TransferRequest(sku=line.sku, quantity=line.quantity, lot=line.lot) for line in lines)


def _id(call: Call) -> TransferId:
    return TransferId(known_id(call.path["id"], _missing(call)))


def _missing(call: Call) -> TransferNotFound:
    return TransferNotFound(f"there is no transfer {call.path['id']}")


ROUTES = (
    Route(
        method="POST", path=PATH, summary="Start a transfer", handle=start, tag="stock",
        body=NewTransfer, answer=ShownTransfer, status=201, scope=Scope.STOCK_WRITE, refusals=(409, 422),
    ),
    Route(
        method="GET", path=PATH, summary="List transfers", handle=list_transfers, tag="stock",
        query=TransfersQuery, answer=Page[ShownTransfer], scope=Scope.STOCK_READ,
    ),
    Route(
        method="GET", path=f"{PATH}/{{id:str}}", summary="One transfer", handle=get_transfer, tag="stock",
        answer=ShownTransfer, scope=Scope.STOCK_READ, refusals=(404,),
    ),
    Route(
        method="POST", path=f"{PATH}/{{id:str}}/ship", summary="Ship a planned transfer", handle=ship, tag="stock",
        answer=ShownTransfer, scope=Scope.STOCK_WRITE, refusals=(404, 409),
    ),
    Route(
        method="POST", path=f"{PATH}/{{id:str}}/receive", summary="Receive a transfer", handle=receive, tag="stock",
        body=NewArrival, answer=ShownTransfer, scope=Scope.STOCK_WRITE, refusals=(404, 409, 422),
    ),
    Route(
        method="POST", path=f"{PATH}/{{id:str}}/close", summary="Close a transfer short", handle=close, tag="stock",
        body=NewTransferEnd, answer=ShownTransfer, scope=Scope.STOCK_WRITE, refusals=(404, 409, 422),
    ),
    Route(
        method="POST", path=f"{PATH}/{{id:str}}/cancel", summary="Cancel a transfer", handle=cancel, tag="stock",
        body=NewTransferEnd, answer=ShownTransfer, scope=Scope.STOCK_WRITE, refusals=(404, 409, 422),
    ),
)  # fmt: skip
