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
)
from core.orders.dossier import Dossier
from core.orders.fulfilment import FulfilmentNotFound
from entrypoints.http.fields import known_id
from entrypoints.http.fulfilment_fields import (
    NewArrival,
    NewCancellation,
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
from entrypoints.http.paging import Page, page_of
from entrypoints.http.routes import Call, Reply, Route
from ports.execution import WorkFilter

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


async def cancel(call: Call) -> Reply:
    """Call back what has not left."""
    body: NewCancellation = call.body
    return await _change(call, CancelFulfilment(fulfilment=_id(call), reason=body.reason, forced=body.forced))


async def _change(call: Call, command: FulfilmentChange) -> Reply:
    known = await call.parts.views.dossiers.fulfilment(call.tenant, command.fulfilment)
    codes = await codes_of(call, known.lines if known else ())

    def show(dossier: Dossier) -> ShownFulfilment:
        return show_fulfilment(dossier.fulfilment(command.fulfilment), dossier.order.facts.lines, codes)

    return await call.run(command, show)


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
    _act("cancel", "Call back what has not left", cancel, NewCancellation),
)  # fmt: skip
