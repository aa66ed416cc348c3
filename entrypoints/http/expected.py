"""Expected receipts: supply that was announced."""

from datetime import date, datetime
from decimal import Decimal

from core.identity.permission import Scope
from core.inventory.expected import ExpectedReceipt, ExpectedState
from core.inventory.expecting import (
    AmendExpected,
    AnnounceReceipt,
    ExpectedReceiptNotFound,
    ReceiveExpected,
    WithdrawExpected,
)
from core.kernel.ids import ExpectedReceiptId
from core.kernel.quantity import to_amount
from entrypoints.http.fields import Body, Code, Moment, Positive, Reason, Reference, Shown, Sku, known_id, to_moment
from entrypoints.http.paging import Page, PageQuery, page_of
from entrypoints.http.routes import Call, Reply, Route

PATH = "/stock/expected"


class NewExpectedReceipt(Body):
    """So much of one item is to come to one location. Without `due` nothing is promised on it."""

    sku: Sku
    location: Code
    quantity: Positive
    due: Moment | None = None
    reference: Reference | None = None


class NewAmendment(Body):
    """Another quantity in all, another time, or both; what is left out stays."""

    quantity: Positive | None = None
    due: Moment | None = None


class NewDelivery(Body):
    """What has arrived; left out, all that was still to come. More than was announced may. `lot` as at a receipt."""

    quantity: Positive | None = None
    lot: Code | None = None
    expires_on: date | None = None


class NewWithdrawal(Body):
    """Nothing more is to come."""

    reason: Reason


class ExpectedQuery(PageQuery, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Which expected receipts to list."""

    state: ExpectedState | None = None


class ShownExpectedReceipt(Shown):
    """An expected receipt: `outstanding` is what is still to come."""

    id: str
    state: ExpectedState
    sku: str
    location: str
    quantity: Decimal
    received: Decimal
    outstanding: Decimal
    due: datetime | None
    reference: str | None


async def announce(call: Call) -> Reply:
    """Announce supply."""
    body: NewExpectedReceipt = call.body
    command = AnnounceReceipt(
        sku=body.sku,
        location=body.location,
        quantity=body.quantity,
        due=to_moment(body.due),
        reference=body.reference,
    )
    return await call.run(command, show)


async def amend(call: Call) -> Reply:
    """Say otherwise how much, or when."""
    body: NewAmendment = call.body
    return await call.run(AmendExpected(id=_id(call), quantity=body.quantity, due=to_moment(body.due)), show)


async def receive(call: Call) -> Reply:
    """Receive what has come."""
    body: NewDelivery = call.body
    return await call.run(
        ReceiveExpected(id=_id(call), quantity=body.quantity, lot=body.lot, expires_on=body.expires_on), show
    )


async def withdraw(call: Call) -> Reply:
    """Expect it no longer."""
    body: NewWithdrawal = call.body
    return await call.run(WithdrawExpected(id=_id(call), reason=body.reason), show)


async def list_expected(call: Call) -> Reply:
    """Expected receipts, newest first."""
    query: ExpectedQuery = call.query
    before = call.place("expected", ExpectedReceiptId)
    rows = await call.parts.views.expected.expected_receipts(
        call.tenant, state=query.state, before=before, limit=query.limit + 1
    )
    return call.reply(page_of(rows, query.limit, show, lambda row: call.cursor("expected", row.id)))


async def get_expected(call: Call) -> Reply:
    """One expected receipt."""
    expected = await call.parts.views.expected.expected_receipt(call.tenant, _id(call))
    if expected is None:
        raise _missing(call)
    return call.reply(show(expected))


def show(expected: ExpectedReceipt) -> ShownExpectedReceipt:
    """An expected receipt as a person reads it."""
    return ShownExpectedReceipt(
        id=expected.id,
        state=expected.state,
        sku=expected.sku,
        location=expected.location_code,
        quantity=to_amount(expected.quantity, expected.scale),
        received=to_amount(expected.received, expected.scale),
        outstanding=to_amount(expected.outstanding, expected.scale),
        due=expected.due,
        reference=expected.reference,
    )


def _id(call: Call) -> ExpectedReceiptId:
    return ExpectedReceiptId(known_id(call.path["id"], _missing(call)))


def _missing(call: Call) -> ExpectedReceiptNotFound:
    return ExpectedReceiptNotFound(f"there is no expected receipt {call.path['id']}")


ROUTES = (
    Route(
        method="POST", path=PATH, summary="Announce supply", handle=announce, tag="stock",
        body=NewExpectedReceipt, answer=ShownExpectedReceipt, status=201, scope=Scope.STOCK_WRITE,
        refusals=(409, 422),
    ),
    Route(
        method="GET", path=PATH, summary="List expected receipts", handle=list_expected, tag="stock",
        query=ExpectedQuery, answer=Page[ShownExpectedReceipt], scope=Scope.STOCK_READ,
    ),
    Route(
        method="GET", path=f"{PATH}/{{id:str}}", summary="One expected receipt", handle=get_expected, tag="stock",
        answer=ShownExpectedReceipt, scope=Scope.STOCK_READ, refusals=(404,),
    ),
    Route(
        method="POST", path=f"{PATH}/{{id:str}}/amend", summary="Amend an expected receipt", handle=amend,
        tag="stock", body=NewAmendment, answer=ShownExpectedReceipt, scope=Scope.STOCK_WRITE,
        refusals=(404, 409, 422),
    ),
    Route(
        method="POST", path=f"{PATH}/{{id:str}}/receive", summary="Receive an expected receipt", handle=receive,
        tag="stock", body=NewDelivery, answer=ShownExpectedReceipt, scope=Scope.STOCK_WRITE,
        refusals=(404, 409, 422),
    ),
    Route(
        method="POST", path=f"{PATH}/{{id:str}}/withdraw", summary="Withdraw an expected receipt", handle=withdraw,
        tag="stock", body=NewWithdrawal, answer=ShownExpectedReceipt, scope=Scope.STOCK_WRITE,
        refusals=(404, 409, 422),
    ),
)  # fmt: skip
