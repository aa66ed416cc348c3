"""Goods for goods: others are sent once, and what they cost is not given back."""

from dataclasses import replace
from decimal import Decimal

import pytest

from core.execution.exchanging import replacement_request
from core.intake.submission import Address, OrderRequest
from core.kernel.errors import DomainError
from core.kernel.ids import OrderId
from core.kernel.money import Money
from core.orders.changing import InvalidChange
from core.orders.dossier import Dossier
from core.orders.exchanging import ReplacementOpen
from core.orders.order import Order
from core.orders.return_events import ReturnMoved, ReturnReplaced
from core.orders.returning import (
    ApproveReturn,
    CancelReturn,
    DenyReturn,
    ReceiveReturn,
    RefundShare,
    RefuseRefund,
    ReplacementWish,
    RequestRefund,
    ResolveReturn,
)
from core.orders.returns import RefundMethod, ReturnKind, ReturnNotInThisState, ReturnState
from tests.support.exchanges import (
    NEW,
    ONE,
    OTHER,
    a_replacement,
    called_off,
    events,
    exchange,
    refused,
    sent,
    told,
    under_review,
)
from tests.support.given import an_id

APPROVE, REFUND = ApproveReturn(one=ONE), RequestRefund(one=ONE)


def approved(*, on_account: bool = False) -> Dossier:
    return told(sent(on_account=on_account), exchange(2, OTHER), APPROVE)


def amounts(dossier: Dossier) -> list[int]:
    return [refund.amount for refund in dossier.return_of(ONE).refunds]


class TestWhatIsSent:
    def test_it_is_submitted_when_the_exchange_is_approved_and_not_before(self) -> None:
        dossier = told(sent(), exchange(2, OTHER))
        assert dossier.return_of(ONE).replaced_by == ()
        moved, replaced = events(dossier, APPROVE)
        assert (type(moved), type(replaced)) == (ReturnMoved, ReturnReplaced)
        assert approved().return_of(ONE).replaced_by == (NEW,)

    @pytest.mark.parametrize("end", [DenyReturn(one=ONE, reason="worn"), CancelReturn(one=ONE, reason="keeps it")])
    def test_what_ends_before_sends_nothing(self, end: DenyReturn | CancelReturn) -> None:
        ended = told(sent(), exchange(2, OTHER), end)
        assert ended.return_of(ONE).replaced_by == ()
        with pytest.raises(ReturnNotInThisState):
            told(ended, APPROVE)

    @pytest.mark.parametrize("kind", [ReturnKind.RETURN, ReturnKind.CLAIM])
    def test_only_an_exchange_sends_anything_and_it_always_does(self, kind: ReturnKind) -> None:
        for command in (exchange(2, OTHER, kind=kind), exchange(2)):
            with pytest.raises(InvalidChange) as refusal:
                told(sent(), command)
            assert refusal.value.path == "$.replacements"
        assert len(events(told(sent(), exchange(2, kind=kind)), APPROVE)) == 1

    @pytest.mark.parametrize(
        ("wish", "price"),
        [
            (ReplacementWish(sku="SKU-1", quantity=Decimal(1)), 100),
            (ReplacementWish(sku="SKU-9", quantity=Decimal(1)), None),
            (ReplacementWish(sku="SKU-1", quantity=Decimal(1), unit_price=Decimal("0.80")), 80),
        ],
    )
    def test_the_same_item_costs_what_it_cost_unless_it_is_said_otherwise(
        self, wish: ReplacementWish, price: int | None
    ) -> None:
        (new,) = told(sent(), exchange(2, wish)).return_of(ONE).replacements
        assert new.price == price

    def test_a_price_for_a_box_is_one_for_a_piece(self) -> None:
        dossier = sent()
        line = replace(dossier.order.facts.lines[0], price=900, per=12, unit="box")
        facts = replace(dossier.order.facts, lines=(line,))
        boxed = replace(dossier, order=replace(dossier.order, facts=facts))
        (new,) = told(boxed, exchange(2, ReplacementWish(sku="SKU-1", quantity=Decimal(1)))).return_of(ONE).replacements
        assert new.price == 75

    @pytest.mark.parametrize(
        ("wish", "path"),
        [
            (ReplacementWish(sku="SKU-9", quantity=Decimal(0)), "quantity"),
            (ReplacementWish(sku="SKU-9", quantity=Decimal(1), unit_price=Decimal(-1)), "unit_price"),
            (ReplacementWish(sku="SKU-9", quantity=Decimal(1), unit_price=Decimal("0.001")), "unit_price"),
        ],
    )
    def test_a_wish_makes_sense(self, wish: ReplacementWish, path: str) -> None:
        with pytest.raises(DomainError) as refusal:
            told(sent(), exchange(2, OTHER, wish))
        assert refusal.value.path == f"$.replacements[1].{path}"

    def test_it_goes_where_the_first_went(self) -> None:
        dossier = approved()
        facts = replace(dossier.order.facts, channel="shop", customer="ada", external_id="S-1")
        original = OrderRequest(items=(), ship_to=Address(country="DE"), vendor_id="v-1", external_id="S-1")
        wish = replace(dossier.return_of(ONE), replacements=told(sent(), exchange(1, OTHER)).returns[0].replacements)
        request = replacement_request(facts, original, wish)
        assert (request.channel, request.customer, request.currency) == ("shop", "ada", "GBP")
        assert (request.ship_to, request.vendor_id, request.external_id) == (original.ship_to, "v-1", None)
        assert [(line.sku, line.quantity, line.unit_price) for line in request.items] == [("SKU-9", Decimal(1), None)]
        priced = replace(wish, replacements=(replace(wish.replacements[0], price=80),))
        assert replacement_request(facts, None, priced).items[0].unit_price == Money(minor=80, currency="GBP")


class TestMoney:
    def test_it_is_what_came_back_less_what_is_sent(self) -> None:
        assert amounts(told(approved(), REFUND, order=a_replacement(150))) == [50]

    @pytest.mark.parametrize("total", [200, 999])
    def test_nothing_is_given_back_when_what_is_sent_costs_as_much(self, total: int) -> None:
        with pytest.raises(InvalidChange):
            told(approved(), REFUND, order=a_replacement(total))

    @pytest.mark.parametrize(("amount", "fits"), [("0.50", True), ("0.51", False)])
    def test_nor_more_in_shares(self, amount: str, fits: bool) -> None:
        share = RefundShare(line=1, amount=Decimal(amount))
        asked = RequestRefund(one=ONE, shares=(share,))
        if fits:
            assert amounts(told(approved(), asked, order=a_replacement(150))) == [50]
        else:
            with pytest.raises(InvalidChange):
                told(approved(), asked, order=a_replacement(150))

    def test_nor_more_in_two_shares_than_in_one(self) -> None:
        shares = (RefundShare(line=1, amount=Decimal("0.30")),) * 2
        with pytest.raises(InvalidChange) as refusal:
            told(approved(), RequestRefund(one=ONE, shares=shares), order=a_replacement(150))
        assert refusal.value.path == "$.lines[1].amount"

    def test_nor_twice(self) -> None:
        dossier = told(approved(), REFUND, order=a_replacement(150))
        with pytest.raises(InvalidChange):
            told(dossier, REFUND, order=a_replacement(150))
        again = told(dossier, RefuseRefund(one=ONE, number=1, reason="card"), REFUND, order=a_replacement(150))
        assert amounts(again) == [50, 50]

    @pytest.mark.parametrize("order", [None, under_review()])
    def test_nobody_knows_while_it_is_not_decided(self, order: Order | None) -> None:
        with pytest.raises(ReplacementOpen):
            told(approved(), REFUND, order=order)
        with pytest.raises(ReplacementOpen):
            told(approved(), ResolveReturn(one=ONE), order=order)

    @pytest.mark.parametrize("order", [refused(), called_off()])
    def test_all_of_it_is_given_back_when_nothing_is_sent(self, order: Order) -> None:
        assert amounts(told(approved(), REFUND, order=order)) == [200]

    def test_on_account_all_is_credited_because_what_is_sent_is_owed_there(self) -> None:
        credit = RequestRefund(one=ONE, method=RefundMethod.CREDIT)
        on_account = approved(on_account=True)
        assert amounts(told(on_account, credit, order=a_replacement(150, on_account=True))) == [200]
        assert amounts(told(on_account, credit, order=a_replacement(150))) == [50]
        both = told(on_account, REFUND, credit, order=a_replacement(150, on_account=True))
        assert amounts(both) == [50, 150], "in money and on account together it is what was paid"


class TestAgain:
    def test_what_came_to_nothing_is_submitted_anew(self) -> None:
        dossier = told(approved(), ReceiveReturn(one=ONE, location="W101"))
        again = told(dossier, APPROVE, order=refused())
        assert again.return_of(ONE).replaced_by == (NEW, OrderId(an_id(402)))
        assert again.return_of(ONE).state is ReturnState.RECEIVED, "where its goods are does not change"

    @pytest.mark.parametrize("order", [None, under_review(), a_replacement()])
    def test_while_it_lives_there_is_no_other(self, order: Order | None) -> None:
        with pytest.raises(ReplacementOpen):
            told(approved(), APPROVE, order=order)

    def test_nor_when_money_was_asked_for_instead(self) -> None:
        paid = told(approved(), REFUND, order=refused())
        with pytest.raises(ReturnNotInThisState):
            told(paid, APPROVE, order=refused())

    @pytest.mark.parametrize("order", [None, under_review(), a_replacement()])
    def test_nobody_keeps_the_goods_while_others_are_sent_for_them(self, order: Order | None) -> None:
        cancel = CancelReturn(one=ONE, reason="keeps it")
        with pytest.raises(ReplacementOpen):
            told(approved(), cancel, order=order)
        assert told(approved(), cancel, order=called_off()).return_of(ONE).state is ReturnState.CANCELLED
