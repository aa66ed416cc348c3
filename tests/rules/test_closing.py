"""A closed order: nothing is to be done about it, and nothing is done with it until it is opened again."""

from dataclasses import replace
from decimal import Decimal

import pytest

from core.orders.changes import OrderClosed
from core.orders.changing import (
    AcceptFulfilment,
    AllocateOrder,
    AmendLine,
    CancelOrder,
    CloseOrder,
    DeliverFulfilment,
    FulfilmentChange,
    OrderChange,
    OrderIsClosed,
    OrderNotDone,
    OrderNotOpen,
    PlaceHold,
    ReleaseHold,
    ReopenOrder,
    ShipFulfilment,
)
from core.orders.closing import to_be_done
from core.orders.dossier import Dossier
from core.orders.order import HoldReason, Phase
from core.orders.returning import (
    ApproveReturn,
    DenyReturn,
    RequestRefund,
    RequestReturn,
    ResolveReturn,
    ReturnChange,
    ReturnWish,
    SettleRefund,
)
from core.orders.returns import ReturnKind
from tests.support.exchanges import ONE, ORDER, OTHER, a_replacement, called_off, exchange, told
from tests.support.given import NOW
from tests.support.orders import a_dossier, after, events, first, some

CLOSE, REOPEN = CloseOrder(order=ORDER, reason="done"), ReopenOrder(order=ORDER, reason="broken")
WISH = RequestReturn(order=ORDER, lines=(ReturnWish(line=1, quantity=Decimal(1), reason="r"),), kind=ReturnKind.CLAIM)


def delivered() -> Dossier:
    """Five pieces at 1.00, all sent, all there."""
    dossier = a_dossier()
    order = replace(dossier.order, facts=replace(dossier.order.facts, currency="GBP", total=500))
    one = first(dossier)
    acts = (AcceptFulfilment(fulfilment=one), ShipFulfilment(fulfilment=one), DeliverFulfilment(fulfilment=one))
    return after(replace(dossier, order=order), *acts)


def test_it_is_closed_when_all_has_arrived_and_once() -> None:
    (closed,) = events(delivered(), CLOSE)
    assert closed == OrderClosed(order_id=ORDER, reason="done", at=NOW)
    done = after(delivered(), CLOSE)
    assert (done.order.phase, done.order.closed_at) == (Phase.CLOSED, NOW)
    assert events(done, CLOSE) == ()


@pytest.mark.parametrize(
    "acts",
    [
        (),
        (AcceptFulfilment(fulfilment=first(a_dossier())),),
        (AcceptFulfilment(fulfilment=first(a_dossier())), ShipFulfilment(fulfilment=first(a_dossier()))),
        (
            AcceptFulfilment(fulfilment=first(a_dossier())),
            ShipFulfilment(fulfilment=first(a_dossier()), lines=some(3)),
            DeliverFulfilment(fulfilment=first(a_dossier())),
        ),
    ],
    ids=["allocated", "accepted", "under way", "in part"],
)
def test_not_before(acts: tuple[FulfilmentChange, ...]) -> None:
    with pytest.raises(OrderNotDone):
        after(a_dossier(), *acts, CLOSE)


def test_what_is_not_due_any_more_need_not_arrive() -> None:
    one = first(a_dossier())
    acts = (AcceptFulfilment(fulfilment=one), ShipFulfilment(fulfilment=one, lines=some(3)))
    less = after(
        a_dossier(), *acts, CancelOrder(order=ORDER, reason="r", forced=True), DeliverFulfilment(fulfilment=one)
    )
    assert after(less, CLOSE).order.phase is Phase.CLOSED


def test_nor_while_somebody_holds_it() -> None:
    held = after(delivered(), PlaceHold(order=ORDER, reason=HoldReason.OPERATOR, note="n"))
    with pytest.raises(OrderNotDone):
        after(held, CLOSE)


RESOLVED = (WISH, ApproveReturn(one=ONE), ResolveReturn(one=ONE))
PAID = (WISH, ApproveReturn(one=ONE), RequestRefund(one=ONE))


@pytest.mark.parametrize(
    ("acts", "ends"),
    [
        ((WISH,), False),
        ((WISH, ApproveReturn(one=ONE)), False),
        (PAID, False),
        ((*PAID, SettleRefund(one=ONE, number=1)), False),
        ((*PAID, SettleRefund(one=ONE, number=1), ResolveReturn(one=ONE)), True),
        ((WISH, DenyReturn(one=ONE, reason="r")), True),
        (RESOLVED, True),
    ],
)
def test_nor_while_a_return_is_open(acts: tuple[RequestReturn | ReturnChange, ...], ends: bool) -> None:
    dossier = told(delivered(), *acts)
    assert (to_be_done(dossier) is None) is ends
    if ends:
        assert after(dossier, CLOSE).order.closed_at
    else:
        with pytest.raises(OrderNotDone):
            after(dossier, CLOSE)


def test_nor_while_money_is_asked_for_what_was_never_sent_in_exchange() -> None:
    wish = exchange(1, OTHER)
    done = told(delivered(), wish, ApproveReturn(one=ONE), ResolveReturn(one=ONE), order=a_replacement())
    asked = told(done, RequestRefund(one=ONE), order=called_off())
    assert to_be_done(done) is None
    with pytest.raises(OrderNotDone, match=r"a refund of return .* waits for its answer"):
        after(asked, CLOSE)
    assert after(told(asked, SettleRefund(one=ONE, number=1)), CLOSE).order.closed_at


@pytest.mark.parametrize(
    "change",
    [
        PlaceHold(order=ORDER, reason=HoldReason.OPERATOR, note="n"),
        ReleaseHold(order=ORDER, note="n"),
        CancelOrder(order=ORDER, reason="r"),
        AmendLine(order=ORDER, line=1, quantity=Decimal(9), reason="r"),
        AllocateOrder(order=ORDER),
        DeliverFulfilment(fulfilment=first(a_dossier())),
    ],
)
def test_nothing_is_done_with_a_closed_order(change: OrderChange | FulfilmentChange) -> None:
    with pytest.raises(OrderIsClosed):
        after(delivered(), CLOSE, change)


def test_nothing_of_it_comes_back_until_it_is_opened_again() -> None:
    closed = after(told(delivered(), *RESOLVED), CLOSE)
    for command in (WISH, ApproveReturn(one=ONE)):
        with pytest.raises(OrderIsClosed):
            told(closed, command)
    again = after(closed, REOPEN)
    assert (again.order.phase, again.order.closed_at) == (Phase.DELIVERED, None)
    assert len(told(again, WISH).returns) == 2


def test_only_a_closed_order_is_opened_again() -> None:
    with pytest.raises(OrderNotOpen):
        after(delivered(), REOPEN)
