"""Returns: goods that come back, and the money for them."""

from core.identity.permission import Scope
from core.kernel.ids import OrderId, ReturnId
from core.orders.dossier import Dossier
from core.orders.order import OrderNotFound
from core.orders.returning import (
    ApproveReturn,
    CancelReturn,
    DenyReturn,
    Finding,
    InspectReturn,
    ReceiveReturn,
    RefundShare,
    RefuseRefund,
    ReplacementWish,
    RequestRefund,
    RequestReturn,
    ResolveReturn,
    ReturnChange,
    ReturnWish,
    SendReturn,
    SettleRefund,
)
from core.orders.returns import RefundNotFound, ReturnNotFound
from entrypoints.http.fields import known_id
from entrypoints.http.fulfilment_fields import to_quantities
from entrypoints.http.paging import Page, page_of
from entrypoints.http.return_fields import (
    NewArrivalOfGoods,
    NewDenial,
    NewInspection,
    NewRefund,
    NewResolution,
    NewReturn,
    NewSettlement,
    ReturnsQuery,
    ShownReturn,
    show_return,
)
from entrypoints.http.routes import Call, Reply, Route

PATH = "/returns"
ONE = f"{PATH}/{{id:str}}"
OF_ORDER = "/orders/{id:str}/returns"
REFUND = f"{ONE}/refunds/{{number:str}}"


async def request(call: Call) -> Reply:
    """Begin a return."""
    body: NewReturn = call.body
    wishes = tuple(ReturnWish(line=one.line, quantity=one.quantity, reason=one.reason) for one in body.lines)
    instead = tuple(
        ReplacementWish(sku=one.sku, quantity=one.quantity, unit_price=one.unit_price) for one in body.replacements
    )
    command = RequestReturn(order=_order(call), lines=wishes, kind=body.kind, replacements=instead)
    return await call.run(command, lambda dossier: _show(dossier, dossier.returns[-1].id))


async def list_of_order(call: Call) -> Reply:
    """An order's returns."""
    order = await call.parts.views.orders.order(call.tenant, _order(call))
    if order is None:
        raise _no_order(call)
    found = await call.parts.views.dossiers.returns(call.tenant, order.facts.order_id)
    return call.reply([show_return(one, order.facts.lines, order.facts.currency) for one in found])


async def list_returns(call: Call) -> Reply:
    """Returns, oldest order first."""
    query: ReturnsQuery = call.query
    after = call.place("returns", ReturnId)
    rows = await call.parts.views.dossiers.returned(call.tenant, state=query.state, after=after, limit=query.limit + 1)
    page = page_of(
        rows,
        query.limit,
        lambda row: show_return(row.one, row.lines, row.currency),
        lambda row: call.cursor("returns", row.one.id),
    )
    return call.reply(page)


async def approve(call: Call) -> Reply:
    """Let it come."""
    return await _change(call, ApproveReturn(one=_id(call)))


async def deny(call: Call) -> Reply:
    """Do not take it back."""
    body: NewDenial = call.body
    return await _change(call, DenyReturn(one=_id(call), reason=body.reason))


async def cancel(call: Call) -> Reply:
    """The customer keeps it."""
    body: NewDenial = call.body
    return await _change(call, CancelReturn(one=_id(call), reason=body.reason))


async def send(call: Call) -> Reply:
    """It is on its way."""
    return await _change(call, SendReturn(one=_id(call)))


async def receive(call: Call) -> Reply:
    """Report what has come."""
    body: NewArrivalOfGoods = call.body
    lines = to_quantities(body.lines)
    return await _change(call, ReceiveReturn(one=_id(call), location=body.location, lines=lines))


async def inspect(call: Call) -> Reply:
    """Report what was found."""
    body: NewInspection = call.body
    findings = tuple(
        Finding(line=one.line, sellable=one.sellable, damaged=one.damaged, scrapped=one.scrapped) for one in body.lines
    )
    return await _change(call, InspectReturn(one=_id(call), findings=findings))


async def refund(call: Call) -> Reply:
    """Ask for money back."""
    body: NewRefund = call.body
    shares = None
    if body.lines is not None:
        shares = tuple(RefundShare(line=one.line, amount=one.amount) for one in body.lines)
    return await _change(call, RequestRefund(one=_id(call), method=body.method, shares=shares))


async def settle(call: Call) -> Reply:
    """Report that it was paid."""
    body: NewSettlement = call.body
    return await _change(call, SettleRefund(one=_id(call), number=_number(call), note=body.reference))


async def refuse(call: Call) -> Reply:
    """Report that it was not paid."""
    body: NewDenial = call.body
    return await _change(call, RefuseRefund(one=_id(call), number=_number(call), reason=body.reason))


async def resolve(call: Call) -> Reply:
    """End it."""
    body: NewResolution = call.body
    return await _change(call, ResolveReturn(one=_id(call), note=body.note))


async def _change(call: Call, command: ReturnChange) -> Reply:
    return await call.run(command, lambda dossier: _show(dossier, command.one))


def _show(dossier: Dossier, one: ReturnId) -> ShownReturn:
    facts = dossier.order.facts
    return show_return(dossier.return_of(one), facts.lines, facts.currency)


def _id(call: Call) -> ReturnId:
    return ReturnId(known_id(call.path["id"], ReturnNotFound(f"there is no return {call.path['id']}")))


def _order(call: Call) -> OrderId:
    return OrderId(known_id(call.path["id"], _no_order(call)))


def _no_order(call: Call) -> OrderNotFound:
    return OrderNotFound(f"there is no order {call.path['id']}")


def _number(call: Call) -> int:
    text = call.path["number"]
    if not (text.isascii() and text.isdigit() and len(text) < 9):
        raise RefundNotFound(f"the return has no refund {text}", path="number")
    return int(text)


def _act(path: str, summary: str, handle: object, body: type | None = None, status: int = 200) -> Route:
    return Route(
        method="POST", path=path, summary=summary, handle=handle, tag="returns",  # type: ignore[arg-type]
        body=body, answer=ShownReturn, status=status, scope=Scope.ORDERS_WRITE, refusals=(404, 409, 422),
    )  # fmt: skip


ROUTES = (
    _act(OF_ORDER, "Begin a return", request, NewReturn, 201),
    Route(
        method="GET", path=OF_ORDER, summary="An order's returns", handle=list_of_order, tag="returns",
        answer=list[ShownReturn], scope=Scope.ORDERS_READ, refusals=(404,),
    ),
    Route(
        method="GET", path=PATH, summary="List returns", handle=list_returns, tag="returns",
        query=ReturnsQuery, answer=Page[ShownReturn], scope=Scope.ORDERS_READ,
    ),
    _act(f"{ONE}/approve", "Let it come", approve),
    _act(f"{ONE}/deny", "Do not take it back", deny, NewDenial),
    _act(f"{ONE}/cancel", "The customer keeps it", cancel, NewDenial),
    _act(f"{ONE}/send", "It is on its way", send),
    _act(f"{ONE}/receive", "Report what has come", receive, NewArrivalOfGoods),
    _act(f"{ONE}/inspect", "Report what was found", inspect, NewInspection),
    _act(f"{ONE}/refunds", "Ask for money back", refund, NewRefund),
    _act(f"{REFUND}/settle", "Report that it was paid", settle, NewSettlement),
    _act(f"{REFUND}/refuse", "Report that it was not paid", refuse, NewDenial),
    _act(f"{ONE}/resolve", "End it", resolve, NewResolution),
)  # fmt: skip
