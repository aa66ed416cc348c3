"""What is asked of an order after it was accepted."""

from typing import Annotated

from msgspec import Meta

from core.identity.permission import Scope
from core.kernel.ids import OrderId
from core.orders.changing import (
    AllocateOrder,
    AmendLine,
    CancelLine,
    CancelOrder,
    CloseOrder,
    LineNotFound,
    OrderChange,
    PlaceHold,
    ReleaseHold,
    ReopenOrder,
)
from core.orders.dossier import Dossier
from core.orders.order import HoldReason, OrderNotFound
from entrypoints.http.fields import Body, Positive, Reason, known_id
from entrypoints.http.fulfilment_fields import (
    NewCancellation,
    ShownFulfilment,
    show_fulfilment,
)
from entrypoints.http.orders import ShownOrder, codes_of, order_fields
from entrypoints.http.preorders import days_of
from entrypoints.http.routes import Call, Reply, Route

ONE = "/orders/{id:str}"
LINE = f"{ONE}/lines/{{line:str}}"
Note = Annotated[str, Meta(min_length=1, max_length=500)]


class NewHold(Body):
    """Stop the order: nothing of it is accepted, picked, packed or shipped until the hold is released."""

    note: Note
    reason: HoldReason = HoldReason.OPERATOR


class NewHoldRelease(Body):
    """Release the hold of this `hold` reason, or every one."""

    reason: Note
    hold: HoldReason | None = None


class NewEnd(Body):
    """Why nothing more is to be done about the order, or something is after all."""

    reason: Reason


class NewLineCancellation(Body):
    """Send so much less of the line, or no more of it. `forced` calls back what is being picked or packed."""

    reason: Reason
    quantity: Positive | None = None
    forced: bool = False


class NewLineAmendment(Body):
    """The quantity that is wanted of the line altogether."""

    quantity: Positive
    reason: Reason


class ShownChangedOrder(ShownOrder):
    """An order as the change left it."""

    fulfilments: list[ShownFulfilment]


async def hold(call: Call) -> Reply:
    """Stop it."""
    body: NewHold = call.body
    return await _change(call, PlaceHold(order=_id(call), reason=body.reason, note=body.note))


async def release(call: Call) -> Reply:
    """Let it go on."""
    body: NewHoldRelease = call.body
    return await _change(call, ReleaseHold(order=_id(call), note=body.reason, reason=body.hold))


async def cancel(call: Call) -> Reply:
    """Send no more of it."""
    body: NewCancellation = call.body
    return await _change(call, CancelOrder(order=_id(call), reason=body.reason, forced=body.forced))


async def cancel_line(call: Call) -> Reply:
    """Send less of a line."""
    body: NewLineCancellation = call.body
    command = CancelLine(
        order=_id(call), line=_line(call), reason=body.reason, quantity=body.quantity, forced=body.forced
    )
    return await _change(call, command)


async def amend_line(call: Call) -> Reply:
    """Change what is wanted of a line."""
    body: NewLineAmendment = call.body
    command = AmendLine(order=_id(call), line=_line(call), quantity=body.quantity, reason=body.reason)
    return await _change(call, command)


async def allocate(call: Call) -> Reply:
    """Promise what is due and promised from nowhere."""
    return await _change(call, AllocateOrder(order=_id(call)))


async def close(call: Call) -> Reply:
    """Nothing more is to be done about it."""
    body: NewEnd = call.body
    return await _change(call, CloseOrder(order=_id(call), reason=body.reason))


async def reopen(call: Call) -> Reply:
    """Something is to be done about it after all."""
    body: NewEnd = call.body
    return await _change(call, ReopenOrder(order=_id(call), reason=body.reason))


async def list_fulfilments(call: Call) -> Reply:
    """An order's fulfilment orders."""
    order = await call.parts.views.orders.order(call.tenant, _id(call))
    if order is None:
        raise _missing(call)
    codes = await codes_of(call, order.facts.lines)
    found = await call.parts.views.dossiers.fulfilments(call.tenant, order.facts.order_id)
    return call.reply([show_fulfilment(one, order.facts.lines, codes) for one in found])


async def _change(call: Call, command: OrderChange) -> Reply:
    known = await call.parts.views.orders.order(call.tenant, command.order)
    lines = known.facts.lines if known else ()
    # A change may make a line wait that did not.
    items = {item for line in lines for item in line.needs(1)}
    codes, expected = await codes_of(call, lines), await days_of(call, items)

    def show(dossier: Dossier) -> ShownChangedOrder:
        lines = dossier.order.facts.lines
        return ShownChangedOrder(
            **order_fields(dossier.order, codes, expected),
            fulfilments=[show_fulfilment(one, lines, codes) for one in dossier.fulfilments],
        )

    return await call.run(command, show)


def _id(call: Call) -> OrderId:
    return OrderId(known_id(call.path["id"], _missing(call)))


def _missing(call: Call) -> OrderNotFound:
    return OrderNotFound(f"there is no order {call.path['id']}")


def _line(call: Call) -> int:
    text = call.path["line"]
    if not (text.isascii() and text.isdigit() and len(text) < 9):
        raise LineNotFound(f"the order has no line {text}", path="line")
    return int(text)


def _act(path: str, summary: str, handle: object, body: type | None = None) -> Route:
    return Route(
        method="POST", path=path, summary=summary, handle=handle, tag="orders",  # type: ignore[arg-type]
        body=body, answer=ShownChangedOrder, scope=Scope.ORDERS_WRITE, refusals=(404, 409, 422),
    )  # fmt: skip


ROUTES = (
    Route(
        method="GET", path=f"{ONE}/fulfilments", summary="An order's fulfilment orders", handle=list_fulfilments,
        tag="orders", answer=list[ShownFulfilment], scope=Scope.ORDERS_READ, refusals=(404,),
    ),
    _act(f"{ONE}/hold", "Stop an order", hold, NewHold),
    _act(f"{ONE}/release", "Let an order go on", release, NewHoldRelease),
    _act(f"{ONE}/cancel", "Cancel an order", cancel, NewCancellation),
    _act(f"{ONE}/allocate", "Promise what is promised from nowhere", allocate),
    _act(f"{ONE}/close", "Close a delivered order", close, NewEnd),
    _act(f"{ONE}/reopen", "Open a closed order again", reopen, NewEnd),
    _act(f"{LINE}/cancel", "Cancel a line, or part of it", cancel_line, NewLineCancellation),
    _act(f"{LINE}/amend", "Change what is wanted of a line", amend_line, NewLineAmendment),
)  # fmt: skip
