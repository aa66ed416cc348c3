"""What comes back: the goods by inspection alone, the money by itself, neither more than there was."""

from dataclasses import replace
from decimal import Decimal

import pytest

from core.execution.stock import movements_of
from core.inventory.balance import Account
from core.kernel.decider import replay
from core.kernel.errors import DomainError
from core.kernel.ids import LocationId, ReturnId
from core.orders.changing import AcceptFulfilment, InvalidChange, LineNotFound, LineQuantity, ShipFulfilment
from core.orders.dossier import Dossier, evolve
from core.orders.order import Order
from core.orders.return_decisions import decide_return
from core.orders.return_events import ReturnEvent
from core.orders.returning import (
    ApproveReturn,
    CancelReturn,
    DenyReturn,
    Finding,
    InspectReturn,
    ReceiveReturn,
    RefundShare,
    RefuseRefund,
    RequestRefund,
    RequestReturn,
    ResolveReturn,
    ReturnChange,
    ReturnWish,
    SendReturn,
    SettleRefund,
)
from core.orders.returns import (
    NEXT,
    RefundMethod,
    RefundNotFound,
    RefundNotInThisState,
    RefundState,
    Return,
    ReturnAct,
    ReturnKind,
    ReturnNotFound,
    ReturnNotInThisState,
    ReturnState,
)
from tests.support.given import NOW, an_id
from tests.support.orders import a_dossier, after, first

PLACES = {"W101": LocationId(an_id(101))}
ORDER = a_dossier().order.facts.order_id


def sent() -> Dossier:
    """Five pieces at 1.00, all sent."""

    dossier = a_dossier()
    order: Order = replace(dossier.order, facts=replace(dossier.order.facts, currency="GBP", total=500))
    dossier = replace(dossier, order=order)
    return after(dossier, AcceptFulfilment(fulfilment=first(dossier)), ShipFulfilment(fulfilment=first(dossier)))


def wish(quantity: int = 2, line: int = 1, kind: ReturnKind = ReturnKind.RETURN) -> RequestReturn:
    wanted = ReturnWish(line=line, quantity=Decimal(quantity), reason="does not fit")
    return RequestReturn(order=ORDER, lines=(wanted,), kind=kind)


def events(dossier: Dossier, command: RequestReturn | ReturnChange) -> tuple[ReturnEvent, ...]:
    return decide_return(dossier, command, NOW, PLACES)


def told(dossier: Dossier, *commands: RequestReturn | ReturnChange) -> Dossier:
    for command in commands:
        dossier = replay(evolve, dossier, events(dossier, command))
    return dossier


ONE = told(sent(), wish()).returns[0].id
APPROVE = ApproveReturn(one=ONE)
DENY = DenyReturn(one=ONE, reason="worn")
CANCEL = CancelReturn(one=ONE, reason="keeps it")
SEND = SendReturn(one=ONE)
RECEIVE = ReceiveReturn(one=ONE, location="W101")
RESOLVE = ResolveReturn(one=ONE, note="done")
REFUND = RequestRefund(one=ONE)


def found(sellable: int = 0, damaged: int = 0, scrapped: int = 0) -> InspectReturn:
    finding = Finding(line=1, sellable=Decimal(sellable), damaged=Decimal(damaged), scrapped=Decimal(scrapped))
    return InspectReturn(one=ONE, findings=(finding,))


INSPECT = found(2)
OF: dict[ReturnAct, ReturnChange] = {
    ReturnAct.APPROVE: APPROVE,
    ReturnAct.DENY: DENY,
    ReturnAct.CANCEL: CANCEL,
    ReturnAct.SEND: SEND,
    ReturnAct.RECEIVE: RECEIVE,
    ReturnAct.INSPECT: INSPECT,
    ReturnAct.RESOLVE: RESOLVE,
}
TO: dict[ReturnState, tuple[ReturnChange, ...]] = {
    ReturnState.REQUESTED: (),
    ReturnState.APPROVED: (APPROVE,),
    ReturnState.IN_TRANSIT: (APPROVE, SEND),
    ReturnState.RECEIVED: (APPROVE, RECEIVE),
    ReturnState.INSPECTED: (APPROVE, RECEIVE, INSPECT),
    ReturnState.RESOLVED: (APPROVE, RECEIVE, INSPECT, RESOLVE),
    ReturnState.DENIED: (DENY,),
    ReturnState.CANCELLED: (CANCEL,),
}
EVERYTHING_HAS_COME = {ReturnState.RECEIVED, ReturnState.INSPECTED}


def the_return(dossier: Dossier) -> Return:
    return dossier.return_of(ONE)


@pytest.mark.parametrize("act", ReturnAct)
@pytest.mark.parametrize("begin", ReturnState)
def test_every_act_in_every_state_is_as_the_table_says(begin: ReturnState, act: ReturnAct) -> None:
    dossier = told(sent(), wish(), *TO[begin])
    assert the_return(dossier).state is begin
    if (begin, act) == (ReturnState.RESOLVED, ReturnAct.RESOLVE):
        assert events(dossier, RESOLVE) == (), "it is so already"
    elif (begin, act) not in NEXT:
        with pytest.raises(ReturnNotInThisState):
            told(dossier, OF[act])
    elif act is ReturnAct.RECEIVE and begin in EVERYTHING_HAS_COME:
        with pytest.raises(InvalidChange):
            told(dossier, RECEIVE)
    else:
        assert the_return(told(dossier, OF[act])).state is NEXT[begin, act]


class TestGoods:
    def test_they_go_back_on_the_shelf_by_inspection_alone(self) -> None:
        dossier = told(sent(), wish(), APPROVE)
        back = movements_of(events(dossier, RECEIVE))
        assert [(one.source, one.target, one.quantity) for one in back] == [
            (Account.CUSTOMER, Account.QUALITY_CONTROL, 2)
        ]
        dossier = told(dossier, RECEIVE)
        assert dossier.order.facts.lines[0].returned == 2
        looked = movements_of(events(dossier, found(1, 0, 1)))
        assert [(one.target, one.quantity) for one in looked] == [(Account.AVAILABLE, 1), (Account.SCRAP, 1)]
        assert [one.target for one in movements_of(events(dossier, found(0, 2)))] == [Account.DAMAGED]

    def test_they_come_and_are_looked_at_piece_by_piece(self) -> None:
        some = ReceiveReturn(one=ONE, location="W101", lines=(LineQuantity(line=1, quantity=Decimal(1)),))
        dossier = told(sent(), wish(), APPROVE, some, found(1))
        assert the_return(dossier).state is ReturnState.INSPECTED
        dossier = told(dossier, some)
        assert (the_return(dossier).state, the_return(dossier).lines[0].received) == (ReturnState.RECEIVED, 2)
        dossier = told(dossier, found(damaged=1), RESOLVE)
        line = the_return(dossier).lines[0]
        assert (line.sellable, line.damaged, line.scrapped, line.inspected) == (1, 1, 0, 2)

    @pytest.mark.parametrize("finding", [found(3), found(), found(1, 1, 1), found(-1, 1)])
    def test_no_more_is_found_than_came(self, finding: InspectReturn) -> None:
        with pytest.raises(InvalidChange):
            told(sent(), wish(), APPROVE, RECEIVE, finding)

    @pytest.mark.parametrize("quantity", [0, 3])
    def test_no_more_comes_than_is_expected(self, quantity: int) -> None:
        lines = (LineQuantity(line=1, quantity=Decimal(quantity)),)
        with pytest.raises(InvalidChange) as refusal:
            told(sent(), wish(), APPROVE, ReceiveReturn(one=ONE, location="W101", lines=lines))
        assert refusal.value.path == "$.lines[0].quantity"

    @pytest.mark.parametrize(
        ("command", "refused"), [(wish(6), InvalidChange), (wish(0), InvalidChange), (wish(1, 9), LineNotFound)]
    )
    def test_no_more_is_asked_back_than_was_sent(self, command: RequestReturn, refused: type[DomainError]) -> None:
        with pytest.raises(refused):
            told(sent(), command)

    def test_two_returns_share_what_was_sent(self) -> None:
        dossier = told(sent(), wish(3))
        with pytest.raises(InvalidChange):
            told(dossier, wish(3))
        assert len(told(dossier, wish(2)).returns) == 2
        assert len(told(dossier, DENY, wish(5)).returns) == 2, "what was denied may be asked for again"

    def test_what_was_not_sent_does_not_come_back(self) -> None:
        with pytest.raises(InvalidChange):
            told(a_dossier(), wish(1))

    def test_a_return_that_waits_for_inspection_is_not_over(self) -> None:
        with pytest.raises(ReturnNotInThisState):
            told(sent(), wish(), APPROVE, RECEIVE, RESOLVE)

    def test_there_is_no_such_return(self) -> None:
        with pytest.raises(ReturnNotFound):
            told(sent(), ApproveReturn(one=ReturnId(an_id(1))))


class TestMoney:
    def test_it_is_asked_for_answered_and_needs_no_goods(self) -> None:
        dossier = told(sent(), wish(kind=ReturnKind.CLAIM), APPROVE, REFUND)
        (refund,) = the_return(dossier).refunds
        assert (refund.amount, refund.state) == (200, RefundState.REQUESTED)
        assert movements_of(events(told(sent(), wish(), APPROVE), REFUND)) == ()
        with pytest.raises(ReturnNotInThisState):
            told(dossier, RESOLVE)
        dossier = told(dossier, SettleRefund(one=ONE, number=1, note="re_7"), RESOLVE)
        assert the_return(dossier).refunds[0].state is RefundState.SETTLED

    def test_a_claim_brings_no_goods(self) -> None:
        with pytest.raises(ReturnNotInThisState):
            told(sent(), wish(kind=ReturnKind.CLAIM), APPROVE, RECEIVE)

    def test_it_is_given_back_once(self) -> None:
        dossier = told(sent(), wish(), APPROVE, REFUND)
        with pytest.raises(InvalidChange):
            told(dossier, REFUND)
        settled = told(dossier, SettleRefund(one=ONE, number=1))
        for again in (REFUND, SettleRefund(one=ONE, number=1), RefuseRefund(one=ONE, number=1, reason="r")):
            with pytest.raises((InvalidChange, RefundNotInThisState)):
                told(settled, again)

    def test_what_was_refused_may_be_asked_for_again(self) -> None:
        dossier = told(sent(), wish(), APPROVE, REFUND, RefuseRefund(one=ONE, number=1, reason="card expired"))
        assert the_return(dossier).refunds[0].note == "card expired"
        assert [refund.number for refund in the_return(told(dossier, REFUND)).refunds] == [1, 2]

    @pytest.mark.parametrize(
        ("amount", "fits"), [("2.00", True), ("0.01", True), ("2.01", False), ("0", False), ("-1", False)]
    )
    def test_part_of_it_and_never_more_than_was_paid(self, amount: str, fits: bool) -> None:
        share = RequestRefund(one=ONE, shares=(RefundShare(line=1, amount=Decimal(amount)),))
        dossier = told(sent(), wish(), APPROVE)
        if fits:
            assert len(the_return(told(dossier, share)).refunds) == 1
        else:
            with pytest.raises(InvalidChange):
                told(dossier, share)

    def test_two_shares_of_one_line_add_up(self) -> None:
        shares = (RefundShare(line=1, amount=Decimal("1.50")),) * 2
        with pytest.raises(InvalidChange) as refusal:
            told(sent(), wish(), APPROVE, RequestRefund(one=ONE, shares=shares))
        assert refusal.value.path == "$.lines[1].amount"

    def test_two_returns_of_one_line_give_back_what_it_cost(self) -> None:
        dossier = told(sent(), wish(2), wish(3))
        two = dossier.returns[1].id
        dossier = told(dossier, APPROVE, ApproveReturn(one=two), REFUND, RequestRefund(one=two, shares=None))
        asked = [refund.amount for one in dossier.returns for refund in one.refunds]
        assert sum(asked) == 500

    @pytest.mark.parametrize("before", [(), (DENY,), (CANCEL,), (APPROVE, RECEIVE, INSPECT, RESOLVE)])
    def test_only_while_it_is_open(self, before: tuple[ReturnChange, ...]) -> None:
        with pytest.raises(ReturnNotInThisState):
            told(sent(), wish(), *before, REFUND)

    def test_a_credit_is_for_those_who_have_an_account(self) -> None:
        with pytest.raises(InvalidChange):
            told(sent(), wish(), APPROVE, RequestRefund(one=ONE, method=RefundMethod.CREDIT))

    def test_there_is_no_such_refund(self) -> None:
        with pytest.raises(RefundNotFound):
            told(sent(), wish(), APPROVE, SettleRefund(one=ONE, number=1))

    def test_what_is_paid_for_is_not_kept_as_well(self) -> None:
        with pytest.raises(ReturnNotInThisState):
            told(sent(), wish(), APPROVE, REFUND, CANCEL)
