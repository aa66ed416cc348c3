"""What may be done with an accepted order, and what it makes of it."""

from dataclasses import replace
from decimal import Decimal

import pytest

from core.kernel.errors import DomainError
from core.kernel.quantity import InvalidQuantity
from core.orders.changes import LineAmended, LinesCancelled, OrderCancelled, OrderHoldPlaced, OrderHoldReleased
from core.orders.changing import (
    AcceptFulfilment,
    AllocateOrder,
    AmendLine,
    CancelFulfilment,
    CancelLine,
    CancelOrder,
    GoodsAtWork,
    HoldNotFound,
    InvalidChange,
    LineNotFound,
    OrderNotOpen,
    OrderOnHold,
    PackFulfilment,
    PickFulfilment,
    PlaceHold,
    RejectFulfilment,
    ReleaseHold,
    ShipFulfilment,
)
from core.orders.dossier import Dossier
from core.orders.fulfilment import FulfilmentState
from core.orders.lifecycle import missing
from core.orders.order import HoldReason, Phase
from tests.support.given import NOW
from tests.support.orders import a_dossier, a_part, after, an_order_line, events, first, some

ORDER = a_dossier().order.facts.order_id
OPERATOR = PlaceHold(order=ORDER, reason=HoldReason.OPERATOR, note="wait")
CANCEL = CancelOrder(order=ORDER, reason="changed his mind")


def cancel_line(quantity: str | None = None, *, line: int = 1, forced: bool = False) -> CancelLine:
    return CancelLine(
        order=ORDER, line=line, reason="less", quantity=None if quantity is None else Decimal(quantity), forced=forced
    )


def amend(quantity: str) -> AmendLine:
    return AmendLine(order=ORDER, line=1, quantity=Decimal(quantity), reason="by telephone")


def the_line(dossier: Dossier) -> tuple[int, int, int, int]:
    """Ordered, allocated, shipped, cancelled."""
    line = dossier.order.facts.lines[0]
    return line.ordered, line.allocated, line.shipped, line.cancelled


class TestHolds:
    def test_a_held_order_waits_and_goes_on_when_released(self) -> None:
        held = after(a_dossier(), OPERATOR)
        assert held.order.phase is Phase.ON_HOLD
        with pytest.raises(OrderOnHold):
            after(held, AcceptFulfilment(fulfilment=first(held)))
        released = after(held, ReleaseHold(order=ORDER, note="go", reason=HoldReason.OPERATOR))
        assert released.order.phase is Phase.ALLOCATED
        assert (
            after(released, AcceptFulfilment(fulfilment=first(held))).fulfilments[0].state is FulfilmentState.ACCEPTED
        )

    def test_nothing_of_a_held_order_is_accepted_picked_packed_or_shipped(self) -> None:
        one = first(a_dossier())
        accept, pick = AcceptFulfilment(fulfilment=one), PickFulfilment(fulfilment=one, lines=some(1))
        pack, ship = PackFulfilment(fulfilment=one), ShipFulfilment(fulfilment=one)
        for steps, stopped in (((), accept), ((accept,), pick), ((accept, pick), pack), ((accept, pick, pack), ship)):
            with pytest.raises(OrderOnHold):
                after(after(a_dossier(), *steps, OPERATOR), stopped)

    def test_the_same_hold_twice_is_one(self) -> None:
        assert len(after(a_dossier(), OPERATOR, OPERATOR).order.holds) == 1
        assert events(after(a_dossier(), OPERATOR), OPERATOR) == ()

    def test_each_reason_is_released_by_itself_or_all_at_once(self) -> None:
        both = after(a_dossier(), OPERATOR, PlaceHold(order=ORDER, reason=HoldReason.CREDIT, note="late"))
        one = after(both, ReleaseHold(order=ORDER, note="paid", reason=HoldReason.CREDIT))
        assert [hold.reason for hold in one.order.holds] == [HoldReason.OPERATOR]
        none = events(both, ReleaseHold(order=ORDER, note="go"))
        assert [event.reason for event in none if isinstance(event, OrderHoldReleased)] == ["operator", "credit"]

    def test_a_hold_that_is_not_there_cannot_be_released(self) -> None:
        with pytest.raises(HoldNotFound):
            after(a_dossier(), ReleaseHold(order=ORDER, note="go"))

    def test_a_held_order_can_be_cancelled_and_rejected_by_its_location(self) -> None:
        held = after(a_dossier(), OPERATOR)
        assert after(held, CANCEL).order.phase is Phase.CANCELLED
        assert missing(after(held, RejectFulfilment(fulfilment=first(held), reason="r")))

    def test_when_is_kept(self) -> None:
        (placed,) = events(a_dossier(), OPERATOR)
        assert isinstance(placed, OrderHoldPlaced)
        assert placed.at == NOW


class TestCancelling:
    def test_nothing_of_a_cancelled_order_is_sent_or_owed(self) -> None:
        gone, ended = events(a_dossier(), CANCEL)
        assert isinstance(gone, LinesCancelled)
        assert isinstance(ended, OrderCancelled)
        assert (gone.amount, [units.quantity for units in gone.units]) == (500, [5])
        dossier = after(a_dossier(), CANCEL)
        assert the_line(dossier) == (5, 0, 0, 5)
        assert dossier.fulfilments[0].state is FulfilmentState.CANCELLED
        assert dossier.version == 3

    @pytest.mark.parametrize("change", [CANCEL, OPERATOR, cancel_line(), amend("7"), AllocateOrder(order=ORDER)])
    def test_what_is_cancelled_stays_so(self, change: object) -> None:
        with pytest.raises(OrderNotOpen):
            after(after(a_dossier(), CANCEL), change)  # type: ignore[arg-type]

    def test_part_of_a_line(self) -> None:
        dossier = after(a_dossier(), cancel_line("2"))
        assert the_line(dossier) == (5, 3, 0, 2)
        assert dossier.fulfilments[0].lines[0].quantity == 3
        assert dossier.order.phase is Phase.ALLOCATED
        assert dossier.order.cancelled_at is None

    def test_the_last_line_takes_the_order_with_it(self) -> None:
        two = a_dossier(an_order_line(a_part(1)), an_order_line(a_part(1), number=2))
        one = after(two, cancel_line())
        assert one.order.cancelled_at is None
        assert after(one, cancel_line(line=2)).order.cancelled_at == NOW

    def test_what_is_owed_goes_before_what_is_on_a_shelf(self) -> None:
        line = an_order_line(a_part(4, 101, backordered=1), a_part(2, 102))
        dossier = after(a_dossier(line), cancel_line("2"))
        # The youngest location that nobody has touched gives first.
        assert [(part.quantity, part.backordered) for part in dossier.order.facts.lines[0].parts] == [(4, 1)]
        again = after(dossier, cancel_line("1"))
        assert [(part.quantity, part.backordered) for part in again.order.facts.lines[0].parts] == [(3, 0)]

    def test_what_somebody_holds_in_his_hands_is_called_back_by_force(self) -> None:
        dossier = after(a_dossier(), AcceptFulfilment(fulfilment=first(a_dossier())))
        picking = after(dossier, PickFulfilment(fulfilment=first(dossier), lines=some(2)))
        with pytest.raises(GoodsAtWork):
            after(picking, CANCEL)
        forced = replace(CANCEL, forced=True)
        gone = events(picking, forced)[0]
        assert isinstance(gone, LinesCancelled)
        assert [(units.quantity, units.picked) for units in gone.units] == [(5, 2)]
        assert after(picking, forced).fulfilments[0].state is FulfilmentState.CANCELLED

    def test_what_was_sent_is_not_cancelled(self) -> None:
        dossier = after(a_dossier(), AcceptFulfilment(fulfilment=first(a_dossier())))
        sent = after(dossier, ShipFulfilment(fulfilment=first(dossier), lines=some(2)))
        rest = after(sent, replace(CANCEL, forced=True))
        assert the_line(rest) == (5, 2, 2, 3)
        assert rest.order.phase is Phase.FULFILLED
        assert rest.order.cancelled_at is None
        with pytest.raises(OrderNotOpen):
            after(rest, CANCEL)

    @pytest.mark.parametrize(
        ("change", "refused"),
        [
            (cancel_line("6"), InvalidChange),
            (cancel_line("0"), InvalidChange),
            (cancel_line("0.5"), InvalidQuantity),
            (cancel_line(line=2), LineNotFound),
            (amend("0"), InvalidChange),
        ],
    )
    def test_less_than_nothing_more_than_there_is(self, change: object, refused: type[DomainError]) -> None:
        with pytest.raises(refused):
            after(a_dossier(), change)  # type: ignore[arg-type]

    def test_an_order_under_review_is_cancelled_and_never_decided(self) -> None:
        order = replace(a_dossier().order, accepted_at=None, held_at=NOW)
        waiting = Dossier(order=order, fulfilments=(), version=1)
        with pytest.raises(OrderNotOpen):
            after(waiting, OPERATOR)
        cancelled = after(waiting, CANCEL).order
        assert (cancelled.phase, cancelled.held_at, cancelled.rejected_at) == (Phase.CANCELLED, None, NOW)


class TestAmending:
    def test_more_is_owed_and_promised_from_nowhere_yet(self) -> None:
        (more,) = events(a_dossier(), amend("8"))
        assert isinstance(more, LineAmended)
        assert (more.ordered, more.amount) == (8, 300)
        dossier = after(a_dossier(), amend("8"))
        assert missing(dossier) == {(1, dossier.order.facts.lines[0].item): 3}
        assert dossier.order.phase is Phase.AWAITING_STOCK

    def test_less_is_a_cancellation(self) -> None:
        assert the_line(after(a_dossier(), amend("3"))) == (5, 3, 0, 2)

    def test_the_same_is_nothing(self) -> None:
        assert events(a_dossier(), amend("5")) == ()

    def test_what_was_sent_stays_sent(self) -> None:
        dossier = after(a_dossier(), AcceptFulfilment(fulfilment=first(a_dossier())))
        sent = after(dossier, ShipFulfilment(fulfilment=first(dossier), lines=some(2)))
        with pytest.raises(InvalidChange):
            after(sent, amend("1"))
        whole = after(sent, ShipFulfilment(fulfilment=first(dossier)))
        with pytest.raises(OrderNotOpen):
            after(whole, amend("9"))

    def test_what_was_cancelled_is_wanted_again(self) -> None:
        dossier = after(a_dossier(), cancel_line("2"), amend("5"))
        assert the_line(dossier) == (7, 3, 0, 2)
        assert sum(missing(dossier).values()) == 2
        # What is promised from nowhere is the first to be let go.
        assert the_line(after(dossier, cancel_line("2"))) == (7, 3, 0, 4)


class TestGivenUpByALocation:
    def test_its_units_are_due_and_promised_from_nowhere(self) -> None:
        dossier = after(a_dossier(), CancelFulfilment(fulfilment=first(a_dossier()), reason="flooded"))
        assert the_line(dossier) == (5, 0, 0, 0)
        assert sum(missing(dossier).values()) == 5
        assert (dossier.fulfilments[0].state, dossier.fulfilments[0].reason) == (FulfilmentState.CANCELLED, "flooded")
