"""Fulfilment orders: a warehouse's work list, and what it reports."""

from core.identity.permission import Scope
from core.inventory.acts import UnknownLocation
from core.kernel.ids import FulfilmentId
from core.orders.changing import (
    AcceptFulfilment,
    CancelFulfilment,
    DeliverFulfilment,
    FulfilmentChange,
    MoveFulfilment,
    PackFulfilment,
    PickFulfilment,
    RejectFulfilment,
    ShipFulfilment,
    SwapLot,
)
from core.orders.dossier import Dossier
from core.orders.fulfilment import FulfilmentNotFound
from entrypoints.http.fields import known_id
from entrypoints.http.fulfilment_fields import (
    NewArrival,
    NewCancellation,
    NewLot,
    NewPick,
    NewRefusal,
    NewShipment,
    NewWay,
    ShownFulfilment,
    WorkQuery,
    show_fulfilment,
    to_quantities,
)
from entrypoints.http.orders import codes_of
from entrypoints.http.paging import LIMIT_MAX, Page, page_of
from entrypoints.http.routes import Call, Reply, Route
from ports.execution import Work, WorkFilter

PATH = "/fulfilments"
ONE = f"{PATH}/{{id:str}}"


async def list_work(call: Call) -> Reply:
    """What is to be sent, oldest order first."""
    query: WorkQuery = call.query
    location = None
    if query.location is not None:
        places = await call.parts.views.inventory.locations(call.tenant)
        location = next((place.id for place in places if place.code == query.location), None)
        if location is None:
            raise UnknownLocation(f"there is no location '{query.location}'", path="location")
    rows = await call.parts.views.dossiers.work(
        call.tenant,
        WorkFilter(location=location, state=query.state),
        after=call.place("fulfilments", FulfilmentId),
        limit=query.limit + 1,
    )
    codes = await codes_of(call, [line for row in rows for line in row.lines])
    page = page_of(
        rows,
        query.limit,
        lambda row: show_fulfilment(row.fulfilment, row.lines, codes),
        lambda row: call.cursor("fulfilments", row.fulfilment.id),
    )
    return call.reply(page)


async def get_fulfilment(call: Call) -> Reply:
    """One fulfilment order."""
    found = await call.parts.views.dossiers.fulfilment(call.tenant, _id(call))
    if found is None:
        raise _missing(call)
    return call.reply(show_fulfilment(found.fulfilment, found.lines, await codes_of(call, found.lines)))


async def accept(call: Call) -> Reply:
    """Take it on."""
    return await _change(call, AcceptFulfilment(fulfilment=_id(call)))


async def reject(call: Call) -> Reply:
    """Leave it to another location."""
    body: NewRefusal = call.body
    return await _change(call, RejectFulfilment(fulfilment=_id(call), reason=body.reason))


async def move(call: Call) -> Reply:
    """Send it from another location."""
    body: NewWay = call.body
    return await _change(call, MoveFulfilment(fulfilment=_id(call), location=body.location, reason=body.reason))


async def pick(call: Call) -> Reply:
    """Report what is off the shelf."""
    body: NewPick = call.body
    return await _change(call, PickFulfilment(fulfilment=_id(call), lines=to_quantities(body.lines)))


async def pack(call: Call) -> Reply:
    """Report that it is packed."""
    return await _change(call, PackFulfilment(fulfilment=_id(call)))


async def ship(call: Call) -> Reply:
    """Report what has left."""
    body: NewShipment = call.body
    lines = to_quantities(body.lines)
    command = ShipFulfilment(fulfilment=_id(call), lines=lines, carrier=body.carrier, tracking=body.tracking)
    return await _change(call, command)


async def deliver(call: Call) -> Reply:
    """Report what has arrived."""
    body: NewArrival = call.body
    return await _change(call, DeliverFulfilment(fulfilment=_id(call), shipment=body.shipment))


async def swap(call: Call) -> Reply:
    """Send another lot."""
    body: NewLot = call.body
    command = SwapLot(fulfilment=_id(call), line=body.line, promised=body.instead_of, given=body.lot)
    return await _change(call, command)


async def cancel(call: Call) -> Reply:
    """Call back what has not left."""
    body: NewCancellation = call.body
    return await _change(call, CancelFulfilment(fulfilment=_id(call), reason=body.reason, forced=body.forced))


async def _change(call: Call, command: FulfilmentChange) -> Reply:
    known = await call.parts.views.dossiers.fulfilment(call.tenant, command.fulfilment)
    codes = dict(await codes_of(call, known.lines if known else ()))
    if isinstance(command, SwapLot) and known is not None:
        codes |= await _lots_of(call, known)

    def show(dossier: Dossier) -> ShownFulfilment:
        return show_fulfilment(dossier.fulfilment(command.fulfilment), dossier.order.facts.lines, codes)

    return await call.run(command, show)


async def _lots_of(call: Call, known: Work) -> dict[str, str]:
    """The codes of the lots its goods may be swapped for."""
    codes: dict[str, str] = {}
    lines = {line.number: line for line in known.lines}
    for sku in {lines[wanted.line].named(wanted.item)[0] for wanted in known.fulfilment.lines if wanted.lot}:
        rows = await call.parts.views.inventory.lots(
            call.tenant, sku=sku, expires_before=None, after=None, limit=LIMIT_MAX
        )
        codes |= {row.lot.id: row.lot.code for row in rows}
    return codes


def _id(call: Call) -> FulfilmentId:
    return FulfilmentId(known_id(call.path["id"], _missing(call)))


def _missing(call: Call) -> FulfilmentNotFound:
    return FulfilmentNotFound(f"there is no fulfilment order {call.path['id']}")


def _act(name: str, summary: str, handle: object, body: type | None = None) -> Route:
    return Route(
        method="POST", path=f"{ONE}/{name}", summary=summary, handle=handle, tag="fulfilment",  # type: ignore[arg-type]
        body=body, answer=ShownFulfilment, scope=Scope.ORDERS_WRITE, refusals=(404, 409, 422),
    )  # fmt: skip


ROUTES = (
    Route(
        method="GET", path=PATH, summary="What is to be sent", handle=list_work, tag="fulfilment",
        query=WorkQuery, answer=Page[ShownFulfilment], scope=Scope.ORDERS_READ, refusals=(422,),
    ),
    Route(
        method="GET", path=ONE, summary="One fulfilment order", handle=get_fulfilment, tag="fulfilment",
        answer=ShownFulfilment, scope=Scope.ORDERS_READ, refusals=(404,),
    ),
    _act("accept", "Take it on", accept),
    _act("reject", "Leave it to another location", reject, NewRefusal),
    _act("move", "Send it from another location", move, NewWay),
    _act("pick", "Report what is off the shelf", pick, NewPick),
    _act("pack", "Report that it is packed", pack),
    _act("ship", "Report what has left", ship, NewShipment),
    _act("deliver", "Report what has arrived", deliver, NewArrival),
    _act("swap", "Send another lot", swap, NewLot),
    _act("cancel", "Call back what has not left", cancel, NewCancellation),
)  # fmt: skip
