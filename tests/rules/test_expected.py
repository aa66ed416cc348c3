"""Supply that was announced comes, comes in part, comes late, or never."""

from datetime import timedelta
from decimal import Decimal

import pytest

from core.inventory.expected import (
    Changed,
    ExpectedReceipt,
    ExpectedState,
    ReceiptAnnounced,
    announced,
    decide,
    evolve,
)
from core.inventory.expecting import (
    AmendExpected,
    Change,
    ExpectedReceiptEnded,
    InvalidExpectation,
    ReceiveExpected,
    WithdrawExpected,
)
from core.inventory.stock import InvalidMovement
from core.kernel.ids import ExpectedReceiptId, ItemId, LocationId
from core.kernel.quantity import InvalidQuantity
from tests.support.given import NOW, an_id

ID = ExpectedReceiptId(an_id(1))
ALL, GONE = ReceiveExpected(id=ID), WithdrawExpected(id=ID, reason="the supplier closed")


def an_expectation(quantity: int = 10) -> ExpectedReceipt:
    return announced(
        ReceiptAnnounced(
            expected_id=ID,
            item=ItemId(an_id(2)),
            sku="A",
            scale=0,
            location=LocationId(an_id(101)),
            location_code="W101",
            quantity=quantity,
            due=NOW,
            reference="ASN-1",
        )
    )


def coming(quantity: int | str) -> ReceiveExpected:
    return ReceiveExpected(id=ID, quantity=Decimal(quantity))


def after(*commands: Change) -> ExpectedReceipt:
    expected = an_expectation()
    for command in commands:
        expected = evolve(expected, decide(expected, command))
    return expected


def seen(expected: ExpectedReceipt) -> tuple[str, int, int, int]:
    return expected.state.value, expected.received, expected.outstanding, expected.version


@pytest.mark.parametrize(
    ("commands", "then"),
    [
        ((), ("open", 0, 10, 1)),
        ((ALL,), ("received", 10, 0, 2)),
        ((coming(4),), ("open", 4, 6, 2)),
        ((coming(4), coming(6)), ("received", 10, 0, 3)),
        ((coming(4), ALL), ("received", 10, 0, 3)),
        ((coming(12),), ("received", 12, 0, 2)),
        ((coming(4), GONE), ("withdrawn", 4, 0, 3)),
    ],
)
def test_what_came_came(commands: tuple[Change, ...], then: tuple[str, int, int, int]) -> None:
    assert seen(after(*commands)) == then


@pytest.mark.parametrize("ends", [(ALL,), (coming(11),), (GONE,)])
@pytest.mark.parametrize("again", [ALL, GONE, AmendExpected(id=ID, quantity=Decimal(20))])
def test_an_end_is_an_end(ends: tuple[Change, ...], again: Change) -> None:
    with pytest.raises(ExpectedReceiptEnded, match=r"is (received|withdrawn)"):
        decide(after(*ends), again)


def test_an_amendment_says_how_much_or_when_and_leaves_the_other() -> None:
    later = NOW + timedelta(days=2)
    more = after(AmendExpected(id=ID, quantity=Decimal(12)))
    assert (more.quantity, more.due) == (12, NOW)
    moved = after(AmendExpected(id=ID, due=later))
    assert (moved.quantity, moved.due, moved.state) == (10, later, ExpectedState.OPEN)


@pytest.mark.parametrize("quantity", [None, Decimal(4), Decimal(3)])
def test_an_amendment_says_something_and_not_less_than_has_come(quantity: Decimal | None) -> None:
    with pytest.raises(InvalidExpectation) as refused:
        decide(after(coming(4)), AmendExpected(id=ID, quantity=quantity))
    assert refused.value.path == "$.quantity"


@pytest.mark.parametrize(
    ("quantity", "error"), [("0", InvalidMovement), ("-1", InvalidMovement), ("1.5", InvalidQuantity)]
)
def test_quantities_are_whole_and_positive(quantity: str, error: type[Exception]) -> None:
    for command in (coming(quantity), AmendExpected(id=ID, quantity=Decimal(quantity))):
        with pytest.raises(error):
            decide(an_expectation(), command)


def test_a_withdrawal_says_why() -> None:
    event: Changed = decide(an_expectation(), GONE)
    assert getattr(event, "reason", None) == "the supplier closed"
