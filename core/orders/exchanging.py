"""Goods for goods: what is sent for what comes back is an order of its own, and what it costs is not given back.

It is submitted when the exchange is approved, and decided as any order is. As long as nobody has decided it, nobody
knows what it costs; when it was refused or called off it costs nothing, and the exchange may be paid for instead or
approved once more.
"""

from collections.abc import Iterable

from core.kernel.errors import Conflict
from core.kernel.ids import IntakeId, OrderId
from core.kernel.money import extended, to_minor
from core.kernel.value import value
from core.orders.cancelling import line_of
from core.orders.changing import InvalidChange
from core.orders.dossier import Dossier
from core.orders.order import Order
from core.orders.return_events import ReturnEvent, ReturnMoved, ReturnReplaced
from core.orders.returning import ReplacementWish, RequestReturn
from core.orders.returns import (
    PAYING,
    RefundMethod,
    RefundState,
    Replacement,
    Return,
    ReturnAct,
    ReturnKind,
    ReturnNotInThisState,
    ReturnState,
    next_return_state,
)


class ReplacementOpen(Conflict):
    """What was submitted in exchange is not decided yet, or is on its way."""

    code = "replacement_open"


@value
class Exchange:
    """What a decision about an exchange must know: the order submitted last, and the ids the next one would have.

    ``order`` is None as long as nobody has decided it.
    """

    order: Order | None = None
    next_order: OrderId | None = None
    next_job: IntakeId | None = None


NOTHING = Exchange()


def replacements(dossier: Dossier, command: RequestReturn) -> tuple[Replacement, ...]:
    """What is to be sent. Raises InvalidChange, InvalidMoney."""
    if (command.kind is ReturnKind.EXCHANGE) != bool(command.replacements):
        words = "an exchange says what is sent instead, and nothing else does"
        raise InvalidChange(words, path="$.replacements")
    lines = [wish.line for wish in command.lines]
    return tuple(
        Replacement(
            sku=wish.sku, quantity=wish.quantity, price=_price(dossier, wish, lines, f"$.replacements[{place}]")
        )
        for place, wish in enumerate(command.replacements)
    )


def _price(dossier: Dossier, wish: ReplacementWish, lines: Iterable[int], path: str) -> int | None:
    if wish.quantity <= 0:
        raise InvalidChange("quantity must be greater than zero", path=f"{path}.quantity")
    if wish.unit_price is not None:
        currency = dossier.order.facts.currency
        if currency is None:
            raise InvalidChange("the order has no prices", path=f"{path}.unit_price")
        price = to_minor(wish.unit_price, currency, path=f"{path}.unit_price")
        if price < 0:
            raise InvalidChange("a price is not negative", path=f"{path}.unit_price")
        return price
    for line in [line_of(dossier, number) for number in lines]:
        if line.sku == wish.sku and line.price is not None:
            return line.price if line.per is None else extended(line.price, 10**line.scale, line.per)
    return None


def approve(one: Return, exchange: Exchange) -> tuple[ReturnEvent, ...]:
    """The events that let it come, and of an exchange those that submit what is sent, once more if need be.

    Raises ReturnNotInThisState, ReplacementOpen.
    """
    if one.kind is not ReturnKind.EXCHANGE or one.state not in PAYING:
        moved = ReturnMoved(
            order_id=one.order, return_id=one.id, state=next_return_state(one, ReturnAct.APPROVE), note=None
        )
        return (moved, *_submit(one, exchange)) if one.kind is ReturnKind.EXCHANGE else (moved,)
    let_go(one, exchange)
    if any(refund.state is not RefundState.REFUSED for refund in one.refunds):
        raise ReturnNotInThisState("money was asked for it instead")
    return _submit(one, exchange)


def _submit(one: Return, exchange: Exchange) -> tuple[ReturnReplaced, ...]:
    assert exchange.next_order is not None, "whoever approves has an id for what is sent"
    assert exchange.next_job is not None, "and one for its request"
    new = ReturnReplaced(
        order_id=one.order, return_id=one.id, replaced_by=exchange.next_order, job_id=exchange.next_job
    )
    return (new,)


def decided(one: Return, exchange: Exchange) -> None:
    """Raise ReplacementOpen as long as nobody has decided what is sent in exchange."""
    order = exchange.order
    if one.replaced_by and (order is None or not (order.accepted_at or order.rejected_at)):
        raise ReplacementOpen(f"order {one.replaced_by[-1]}, sent in exchange, is not decided yet")


def let_go(one: Return, exchange: Exchange) -> None:
    """Raise ReplacementOpen unless nothing is sent in exchange: it was refused, or called off."""
    decided(one, exchange)
    order = exchange.order
    if one.replaced_by and order is not None and order.accepted_at and not order.cancelled_at:
        raise ReplacementOpen(f"order {one.replaced_by[-1]} is sent in exchange: cancel that first")


def unsent(one: Return, exchange: Exchange) -> bool:
    """Whether it is resolved and what was to be sent for it never will be: then it may still be paid for."""
    order = exchange.order
    gone = order is not None and bool(order.rejected_at or order.cancelled_at)
    return one.state is ReturnState.RESOLVED and one.kind is ReturnKind.EXCHANGE and gone


def kept_for_it(one: Return, exchange: Exchange, method: RefundMethod, *, on_account: bool) -> int:
    """Minor units of what the goods cost that are not given back, because others are sent for it.

    Where the others are owed on the customer's account they are paid for there: all of it is credited, or, where the
    first were paid for (not ``on_account``), given back.
    """
    decided(one, exchange)
    order = exchange.order
    if order is None or not one.replaced_by or not order.accepted_at:
        return 0
    owed_there = order.on_account and (method is RefundMethod.CREDIT or not on_account)
    return 0 if owed_there else order.facts.total
