"""What is waited for: asked of a location, looked at, called off; what waits and what wakes it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from adapters.toolkit.codec import EVENTS
from core.acceptance.events import OrderAccepted
from core.inventory.transferring import CancelTransfer, InvalidTransfer, StartTransfer, TransferRequest
from core.kernel.ids import FulfilmentId, ItemId, LocationId, OrderId, ReturnId, TransferId
from core.orders.changes import FulfilmentAsked, FulfilmentProposed, LinesCovered
from core.orders.changing import (
    AcceptFulfilment,
    AskFulfilment,
    CancelFulfilment,
    FulfilmentChange,
    OrderOnHold,
    PlaceHold,
    RecallFulfilment,
    ShipFulfilment,
)
from core.orders.deadlines import FulfilmentPolicy
from core.orders.fulfilment import NotInThisState, Units
from core.orders.looking import (
    FulfilmentOver,
    FulfilmentUnanswered,
    FulfilmentUnsent,
    RefundDeclined,
    RefundUnanswered,
    ReturnNotInspected,
    ReturnOver,
    check_answered,
    check_inspected,
    check_refunded,
    check_sent,
)
from core.orders.order import HoldReason
from core.orders.refunding import withdraw_refund
from core.orders.returning import WithdrawRefund
from core.orders.returns import (
    Refund,
    RefundMethod,
    RefundNotFound,
    RefundNotInThisState,
    RefundPart,
    RefundState,
    Return,
    ReturnKind,
    ReturnLine,
    ReturnNotInThisState,
    ReturnState,
)
from core.sagas import fulfil_order, settle_return, transfer_stock
from core.sagas.fulfil_order import Followed
from core.sagas.settle_return import InvalidSettlement, SettleReturn
from core.sagas.subscriptions import BEGINNING, WAKING, followed
from core.sagas.transfer_stock import GRACE_HOURS_MAX, TransferStock
from tests.support.given import NOW, an_id
from tests.support.orders import a_dossier, after, events, first, some
from tests.support.recorded import recorded

ONE = first(a_dossier())
ASK, ACCEPT = AskFulfilment(fulfilment=ONE, seconds=90.0), AcceptFulfilment(fulfilment=ONE)
RECALL = RecallFulfilment(fulfilment=ONE, reason="no answer")
SHIP = ShipFulfilment(fulfilment=ONE)
GIVE_UP = CancelFulfilment(fulfilment=ONE, reason="flooded", forced=True)


class TestAnAnswer:
    def test_a_location_is_told_until_when(self) -> None:
        (told,) = events(a_dossier(), ASK)
        assert told == FulfilmentAsked(
            order_id=a_dossier().order.facts.order_id, fulfilment_id=ONE, answer_by=NOW + timedelta(seconds=90)
        )
        assert after(a_dossier(), ASK).fulfilments[0].answer_by == NOW + timedelta(seconds=90)

    def test_who_has_answered_is_not_asked_again(self) -> None:
        for known in ((ACCEPT,), (ACCEPT, SHIP)):
            assert events(after(a_dossier(), *known), ASK) == ()
        with pytest.raises(NotInThisState):
            events(after(a_dossier(), RECALL), ASK)

    def test_what_cannot_be_accepted_for_a_hold_is_not_recalled_either(self) -> None:
        order = a_dossier().order.facts.order_id
        held = after(a_dossier(), PlaceHold(order=order, reason=HoldReason.OPERATOR, note="n"))
        with pytest.raises(OrderOnHold):
            events(held, RECALL)

    def test_what_another_locations_silence_made_short_keeps_none_from_being_recalled(self) -> None:
        order = a_dossier().order.facts.order_id
        short = after(a_dossier(), PlaceHold(order=order, reason=HoldReason.STOCK_SHORTFALL, note="n"))
        assert events(short, RECALL)
        both = after(short, PlaceHold(order=order, reason=HoldReason.OPERATOR, note="n"))
        with pytest.raises(OrderOnHold, match="held: operator"):
            events(both, RECALL)
        with pytest.raises(OrderOnHold):
            events(short, ACCEPT)

    @pytest.mark.parametrize(
        ("before", "refused"),
        [
            ((), FulfilmentUnanswered),
            ((ACCEPT,), None),
            ((ACCEPT, SHIP), None),
            ((RECALL,), FulfilmentOver),
            ((GIVE_UP,), FulfilmentOver),
        ],
    )
    def test_it_is_looked_for(self, before: tuple[FulfilmentChange, ...], refused: type[Exception] | None) -> None:
        one = after(a_dossier(), *before).fulfilments[0]
        if refused is None:
            check_answered(one)
        else:
            with pytest.raises(refused):
                check_answered(one)

    @pytest.mark.parametrize(
        ("before", "refused"),
        [
            ((), FulfilmentUnsent),
            ((ACCEPT,), FulfilmentUnsent),
            ((ACCEPT, ShipFulfilment(fulfilment=ONE, lines=some(1))), FulfilmentUnsent),
            ((ACCEPT, SHIP), None),
            ((ACCEPT, ShipFulfilment(fulfilment=ONE, lines=some(1)), GIVE_UP), None),
            ((ACCEPT, GIVE_UP), FulfilmentOver),
        ],
    )
    def test_all_of_it_has_left_or_not(
        self, before: tuple[FulfilmentChange, ...], refused: type[Exception] | None
    ) -> None:
        one = after(a_dossier(), *before).fulfilments[0]
        if refused is None:
            check_sent(one)
        else:
            with pytest.raises(refused):
                check_sent(one)


def a_return(state: ReturnState, *refunds: Refund, kind: ReturnKind = ReturnKind.RETURN) -> Return:
    return Return(
        id=ReturnId(an_id(7)),
        order=OrderId(an_id(8)),
        kind=kind,
        lines=(),
        requested_at=NOW,
        state=state,
        refunds=refunds,
    )


def a_refund(state: RefundState, method: RefundMethod = RefundMethod.REFUND, number: int = 1) -> Refund:
    part = RefundPart(line=1, amount=500)
    return Refund(number=number, method=method, parts=(part,), state=state, reference="s")


class TestAReturn:
    @pytest.mark.parametrize("state", ReturnState)
    def test_its_goods_are_looked_for(self, state: ReturnState) -> None:
        over = {ReturnState.DENIED, ReturnState.CANCELLED, ReturnState.RESOLVED}
        for kind, ready in ((ReturnKind.RETURN, ReturnState.INSPECTED), (ReturnKind.CLAIM, ReturnState.APPROVED)):
            one = a_return(state, kind=kind)
            if state is ready:
                check_inspected(one)
            else:
                with pytest.raises(ReturnOver if state in over else ReturnNotInspected):
                    check_inspected(one)

    def test_all_of_them_are_looked_for(self) -> None:
        line = ReturnLine(line=1, item=ItemId(an_id(1)), quantity=3, reason="r", received=3, sellable=1, damaged=1)
        one = replace(a_return(ReturnState.INSPECTED), lines=(line,))
        with pytest.raises(ReturnNotInspected, match="1 base units"):
            check_inspected(one)
        check_inspected(replace(one, lines=(replace(line, scrapped=1),)))

    @pytest.mark.parametrize(
        ("states", "refused"),
        [
            ((), None),
            ((RefundState.REQUESTED,), RefundUnanswered),
            ((RefundState.REFUSED,), RefundDeclined),
            ((RefundState.SETTLED,), None),
            ((RefundState.REFUSED, RefundState.SETTLED), None),
        ],
    )
    def test_its_money_is_looked_for(self, states: tuple[RefundState, ...], refused: type[Exception] | None) -> None:
        one = a_return(ReturnState.INSPECTED, *(a_refund(state) for state in states))
        strange = replace(a_refund(RefundState.SETTLED), reference="another's")
        if refused is None:
            check_refunded(one, "s")
        else:
            with pytest.raises(refused):
                check_refunded(one, "s")
        check_refunded(a_return(ReturnState.INSPECTED, strange), "s")

    def test_money_that_is_only_asked_for_or_owed_no_more_is_taken_back_once(self) -> None:
        command = WithdrawRefund(one=ReturnId(an_id(7)), reference="s", reason="r")
        refused = a_refund(RefundState.REFUSED)
        for asked in (a_refund(RefundState.REQUESTED), a_refund(RefundState.SETTLED, RefundMethod.CREDIT)):
            told = withdraw_refund(a_return(ReturnState.INSPECTED, refused, replace(asked, number=2)), command)
            assert (told.number, told.reason) == (2, "r")
        with pytest.raises(RefundNotInThisState):
            withdraw_refund(a_return(ReturnState.INSPECTED, a_refund(RefundState.SETTLED)), command)
        ended = a_return(ReturnState.RESOLVED, a_refund(RefundState.SETTLED, RefundMethod.CREDIT))
        with pytest.raises(ReturnNotInThisState):
            withdraw_refund(ended, command)
        for gone in (a_return(ReturnState.INSPECTED, refused), a_return(ReturnState.INSPECTED)):
            with pytest.raises(RefundNotFound):
                withdraw_refund(gone, command)


def test_the_names_that_concern_sagas_are_those_on_the_wire() -> None:
    assert {name: EVENTS[name] for name in WAKING} == dict(WAKING)
    assert [EVENTS[name] for name in BEGINNING] == [OrderAccepted, FulfilmentProposed, LinesCovered]


@pytest.mark.parametrize("backordered", [0, 1])
def test_what_a_location_is_asked_for_is_followed_when_it_is_there(backordered: int) -> None:
    order, place = OrderId(an_id(1)), LocationId(an_id(2))
    units = Units(line=1, fulfilment=ONE, item=ItemId(an_id(3)), location=place, quantity=2, backordered=backordered)
    asked = FulfilmentProposed(order_id=order, fulfilment_id=ONE, location=place, units=(units,))
    assert followed(recorded(asked)) == ([] if backordered else [Followed(order=order, fulfilment=ONE)])


def test_what_was_waited_for_is_followed_once_it_has_come() -> None:
    order, ready = OrderId(an_id(1)), (ONE, FulfilmentId(an_id(5)))
    covered = LinesCovered(order_id=order, units=(), ready=ready)
    assert followed(recorded(covered)) == [Followed(order=order, fulfilment=one) for one in ready]


def test_a_fulfilment_order_is_followed_as_long_as_the_policy_says() -> None:
    policy = FulfilmentPolicy(answer_within_minutes=5, ship_within_minutes=7)
    data = fulfil_order.data_of(Followed(order=OrderId(an_id(1)), fulfilment=ONE), policy)
    assert data["order_id"] == an_id(1)
    ask, answered, sent = fulfil_order.V1.steps
    assert (answered.seconds(data), sent.seconds(data)) == (300.0, 420.0)
    assert ask.command(data) == AskFulfilment(fulfilment=ONE, seconds=300.0)
    assert ask.undo is not None
    assert ask.undo(data) == RecallFulfilment(fulfilment=ONE, reason="it was not answered in time")
    assert (ask.waits, answered.waits, sent.waits) == (False, True, True)


DUE = NOW + timedelta(days=2)
GOODS = TransferRequest(sku="TEA", quantity=Decimal("1.50"), lot="L1")
MOVE = StartTransfer(source="A", target="B", lines=(GOODS,), reason="r", reference="f", due=DUE)
TRANSFER = TransferId(an_id(3))


def test_a_transfer_is_started_as_it_was_wanted() -> None:
    start, arrive = transfer_stock.V1.steps
    for wanted in (MOVE, replace(MOVE, due=None, ship_on=datetime(2030, 1, 1, tzinfo=UTC), reference=None)):
        data = transfer_stock.data_of(TransferStock(transfer=wanted), TRANSFER, NOW)
        assert start.command(data) == replace(wanted, id=TRANSFER)
        assert start.undo is not None
        assert start.undo(data) == CancelTransfer(id=TRANSFER, reason="the transfer was taken back")
        assert arrive.command(data).id == TRANSFER  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("wanted", "grace", "seconds"),
    [
        (MOVE, 24, 3 * 86400.0),
        (replace(MOVE, due=NOW - timedelta(days=9)), 1, 3600.0),
        (replace(MOVE, due=NOW), 0, 1.0),
        (replace(MOVE, due=NOW), GRACE_HOURS_MAX, GRACE_HOURS_MAX * 3600.0),
        (replace(MOVE, due=None), 0, 14 * 86400.0),
        (replace(MOVE, due=None, ship_on=NOW + timedelta(days=1)), 0, 15 * 86400.0),
        (replace(MOVE, due=None, ship_on=NOW - timedelta(days=1)), 0, 14 * 86400.0),
    ],
)
def test_it_is_overdue_a_while_after_it_was_due(wanted: StartTransfer, grace: int, seconds: float) -> None:
    data = transfer_stock.data_of(TransferStock(transfer=wanted, grace=timedelta(hours=grace)), TRANSFER, NOW)
    assert transfer_stock.V1.step("arrive").seconds(data) == seconds


@pytest.mark.parametrize("grace", [-1, GRACE_HOURS_MAX + 1])
def test_a_grace_of_less_than_nothing_or_of_years_is_refused(grace: int) -> None:
    with pytest.raises(InvalidTransfer) as refused:
        transfer_stock.data_of(TransferStock(transfer=MOVE, grace=timedelta(hours=grace)), TRANSFER, NOW)
    assert refused.value.path == "$.grace_hours"


def test_a_settlement_knows_its_refund_by_its_own_name() -> None:
    command = SettleReturn(
        one=ReturnId(an_id(7)), method=RefundMethod.CREDIT, note="n", goods_within=timedelta(days=365)
    )
    data = settle_return.data_of(command, OrderId(an_id(8)), "saga-1")
    assert data["order_id"] == an_id(8)
    inspected, refund, paid, resolve = settle_return.V1.steps
    assert (inspected.seconds(data), paid.seconds(data)) == (365 * 86400.0, 14 * 86400.0)
    assert refund.undo is not None
    asked, withdrawn = refund.command(data), refund.undo(data)
    assert (asked.reference, asked.method) == ("saga-1", RefundMethod.CREDIT)  # type: ignore[attr-defined]
    assert withdrawn.reference == paid.command(data).reference == "saga-1"  # type: ignore[attr-defined]
    assert resolve.command(data).note == "n"  # type: ignore[attr-defined]
    assert inspected.command(data).one == command.one  # type: ignore[attr-defined]


@pytest.mark.parametrize(("field", "days"), [("goods_within", 0), ("paid_within", 366)])
def test_a_settlement_that_waits_for_no_time_or_for_years_is_refused(field: str, days: int) -> None:
    command = replace(SettleReturn(one=ReturnId(an_id(7))), **{field: timedelta(days=days)})
    with pytest.raises(InvalidSettlement) as refused:
        settle_return.data_of(command, OrderId(an_id(8)), "s")
    assert refused.value.path == f"$.{field}_days"
