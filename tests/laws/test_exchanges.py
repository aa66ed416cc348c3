"""Any story of an exchange: nobody gets goods and their price as well, and no two orders are sent for the same."""

from dataclasses import dataclass, replace

from hypothesis import given
from hypothesis import strategies as st

from core.kernel.decider import replay
from core.kernel.errors import DomainError
from core.orders.dossier import Dossier, evolve
from core.orders.order import Order
from core.orders.returning import (
    ApproveReturn,
    CancelReturn,
    ReceiveReturn,
    RefuseRefund,
    RequestRefund,
    ResolveReturn,
    ReturnChange,
)
from core.orders.returns import RefundMethod, RefundState, ReturnState
from tests.support.exchanges import ONE, OTHER, a_replacement, called_off, events, exchange, refused, sent, told

PAID = 300
CHANGES: st.SearchStrategy[ReturnChange] = st.sampled_from(
    [
        ApproveReturn(one=ONE),
        ApproveReturn(one=ONE),
        CancelReturn(one=ONE, reason="r"),
        ReceiveReturn(one=ONE, location="W101"),
        RequestRefund(one=ONE),
        RequestRefund(one=ONE),
        RequestRefund(one=ONE, method=RefundMethod.CREDIT),
        RefuseRefund(one=ONE, number=1, reason="r"),
        ResolveReturn(one=ONE),
    ]
)


@dataclass(frozen=True)
class Decided:
    """What becomes of the order that was submitted last, when that is still open."""

    order: Order


STEPS = st.lists(
    CHANGES
    | st.builds(Decided, st.integers(0, 400).map(a_replacement) | st.just(refused()))
    | st.just(Decided(called_off())),
    max_size=12,
)


@given(steps=STEPS)
def test_goods_or_money_and_never_both(steps: list[ReturnChange | Decided]) -> None:
    dossier, order = told(sent(on_account=True), exchange(3, OTHER)), None
    for step in steps:
        if isinstance(step, Decided):
            order = _after(dossier, order, step.order)
            continue
        before = len(dossier.return_of(ONE).replaced_by)
        try:
            made = events(dossier, step, order, 401 + before)
        except DomainError:
            continue
        dossier = replay(evolve, dossier, made)
        if len(dossier.return_of(ONE).replaced_by) > before:
            assert order is None or not _lives(order), "two are sent for the same"
            order = None
        _check(dossier, order)


def _after(dossier: Dossier, order: Order | None, new: Order) -> Order | None:
    """An order is decided once; an accepted one may be called off."""
    if not dossier.return_of(ONE).replaced_by:
        return None
    if order is None:
        return replace(new, cancelled_at=None) if new.accepted_at else new
    return new if order.accepted_at and new.cancelled_at else order


def _lives(order: Order) -> bool:
    return bool(order.accepted_at and not order.cancelled_at)


def _check(dossier: Dossier, order: Order | None) -> None:
    one = dossier.return_of(ONE)
    given_back = sum(refund.amount for refund in one.refunds if refund.state is not RefundState.REFUSED)
    assert given_back <= PAID
    if order is not None and _lives(order):
        assert given_back <= max(0, PAID - order.facts.total)
        assert one.state is not ReturnState.CANCELLED
    if order is None:
        assert not given_back
