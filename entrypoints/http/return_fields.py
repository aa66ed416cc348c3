"""The structs of returns, and how a person reads one."""

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from typing import Annotated

from msgspec import Meta

from core.kernel.quantity import to_amount
from core.orders.order import OrderLine
from core.orders.returns import Refund, RefundMethod, RefundState, Return, ReturnKind, ReturnState
from entrypoints.http.fields import (
    Body,
    Code,
    MoneyOut,
    NotNegative,
    Number,
    Positive,
    Reason,
    Reference,
    Shown,
    show_minor,
)
from entrypoints.http.fulfilment_fields import LineNumber, Lines
from entrypoints.http.order_body import ITEMS_MAX
from entrypoints.http.paging import PageQuery


class NewReturnLine(Body):
    """So much of one line, and what is wrong with it."""

    line: LineNumber
    quantity: Positive
    reason: Reason


class NewReplacement(Body):
    """What is sent in exchange, quantity and price in its item's unit of measure and the order's currency.

    Without a price it costs what the same item cost that comes back, else what the item costs.
    """

    sku: Reference
    quantity: Positive
    unit_price: NotNegative | None = None


class NewReturn(Body):
    """What the customer sends back; with kind `claim`, what he says he never got as he should have.

    With kind `exchange`, `replacements` are sent instead, as an order of its own once it is approved.
    """

    lines: Annotated[tuple[NewReturnLine, ...], Meta(min_length=1, max_length=ITEMS_MAX)]
    kind: ReturnKind = ReturnKind.RETURN
    replacements: Annotated[tuple[NewReplacement, ...], Meta(max_length=ITEMS_MAX)] = ()


class NewDenial(Body):
    """Why it is not taken back, or why the customer keeps it."""

    reason: Reason


class NewArrivalOfGoods(Body):
    """What has come to which location; all that is expected when `lines` are left out."""

    location: Code
    lines: Lines | None = None


class NewFinding(Body):
    """What was found of one line. Only what is sellable goes back on a shelf."""

    line: LineNumber
    sellable: NotNegative = Decimal(0)
    damaged: NotNegative = Decimal(0)
    scrapped: NotNegative = Decimal(0)


class NewInspection(Body):
    """What somebody found who looked at it."""

    lines: Annotated[tuple[NewFinding, ...], Meta(min_length=1, max_length=ITEMS_MAX)]


class NewRefundShare(Body):
    """So much for one line, in the order's currency."""

    line: LineNumber
    amount: Number


class NewRefund(Body):
    """Money to give back; all that was paid for what is returned when `lines` are left out."""

    method: RefundMethod = RefundMethod.REFUND
    lines: Annotated[tuple[NewRefundShare, ...], Meta(min_length=1, max_length=ITEMS_MAX)] | None = None


class NewSettlement(Body):
    """The reference of whoever paid it back."""

    reference: Reference | None = None


class NewResolution(Body):
    """How it ended."""

    note: Reason | None = None


class ShownReturnLine(Shown):
    """What is to come back of one line and what became of it, quantities in its item's unit of measure."""

    line: int
    sku: str
    reason: str
    quantity: Decimal
    received: Decimal
    sellable: Decimal
    damaged: Decimal
    scrapped: Decimal


class ShownRefundShare(Shown):
    """So much for one line."""

    line: int
    amount: MoneyOut | None


class ShownRefund(Shown):
    """Money asked for, and the answer."""

    number: int
    method: RefundMethod
    state: RefundState
    amount: MoneyOut | None
    note: str | None
    lines: list[ShownRefundShare]


class ShownReplacement(Shown):
    """What is sent in exchange; without a price it costs what the item costs."""

    sku: str
    quantity: Decimal
    unit_price: MoneyOut | None


class ShownReturn(Shown):
    """A return: where its goods are, and where its money; of an exchange, what is sent and as which orders.

    Of `replaced_by` the last is the one that counts: those before it were refused or called off.
    """

    id: str
    order_id: str
    kind: ReturnKind
    state: ReturnState
    requested_at: datetime
    note: str | None
    lines: list[ShownReturnLine]
    refunds: list[ShownRefund]
    replacements: list[ShownReplacement]
    replaced_by: list[str]


class ReturnsQuery(PageQuery, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Which returns to list."""

    state: ReturnState | None = None


def show_return(one: Return, lines: Iterable[OrderLine], currency: str | None) -> ShownReturn:
    """A return as a person reads it; ``lines`` are its order's."""
    known = {line.number: line for line in lines}
    return ShownReturn(
        id=one.id,
        order_id=one.order,
        kind=one.kind,
        state=one.state,
        requested_at=one.requested_at,
        note=one.note,
        lines=[
            ShownReturnLine(
                line=wanted.line,
                sku=known[wanted.line].sku,
                reason=wanted.reason,
                **{
                    name: to_amount(getattr(wanted, name), known[wanted.line].scale)
                    for name in ("quantity", "received", "sellable", "damaged", "scrapped")
                },
            )
            for wanted in one.lines
        ],
        refunds=[_show_refund(refund, currency) for refund in one.refunds],
        replacements=[
            ShownReplacement(sku=new.sku, quantity=new.quantity, unit_price=show_minor(new.price, currency))
            for new in one.replacements
        ],
        replaced_by=list(one.replaced_by),
    )


def _show_refund(refund: Refund, currency: str | None) -> ShownRefund:
    return ShownRefund(
        number=refund.number,
        method=refund.method,
        state=refund.state,
        amount=show_minor(refund.amount, currency),
        note=refund.note,
        lines=[ShownRefundShare(line=part.line, amount=show_minor(part.amount, currency)) for part in refund.parts],
    )
