"""What a person says about stock, read as a command of the ledger."""

from decimal import Decimal

import pytest

from core.inventory.acts import Act, StockAct, command_of
from core.inventory.balance import Account
from core.inventory.stock import AdjustStock, CountStock, InvalidMovement, MoveStock, ReceiveStock
from core.kernel.goods import Measure
from core.kernel.quantity import InvalidQuantity
from tests.support.given import a_key

KEY = a_key()


def an_act(
    act: Act,
    quantity: str = "1.5",
    *,
    reason: str | None = "because",
    source: Account | None = None,
    target: Account | None = None,
) -> StockAct:
    return StockAct(
        act=act,
        sku="SKU-1",
        location="W1",
        quantity=Decimal(quantity),
        reason=reason,
        source=source,
        target=target,
    )


def test_each_act_becomes_its_command_in_base_units() -> None:
    assert command_of(an_act(Act.RECEIVE), KEY, Measure(scale=1)) == ReceiveStock(
        key=KEY, quantity=15, reason="because"
    )
    assert command_of(an_act(Act.ADJUST, "-1.5"), KEY, Measure(scale=1)) == AdjustStock(
        key=KEY, change=-15, reason="because"
    )
    assert command_of(an_act(Act.COUNT, "0"), KEY, Measure(scale=1)) == CountStock(key=KEY, counted=0, reason="because")
    move = an_act(Act.MOVE, source=Account.AVAILABLE, target=Account.DAMAGED)
    assert command_of(move, KEY, Measure(scale=1)) == MoveStock(
        key=KEY, source=Account.AVAILABLE, target=Account.DAMAGED, quantity=15, reason="because"
    )


def test_goods_may_arrive_without_a_reason() -> None:
    assert command_of(an_act(Act.RECEIVE, reason=None), KEY, Measure(scale=1)) == ReceiveStock(key=KEY, quantity=15)


@pytest.mark.parametrize("act", [Act.ADJUST, Act.COUNT, Act.MOVE])
@pytest.mark.parametrize("reason", [None, ""])
def test_a_correction_needs_a_reason(act: Act, reason: str | None) -> None:
    with pytest.raises(InvalidMovement, match="a reason is required") as refused:
        command_of(an_act(act, reason=reason), KEY, Measure(scale=1))
    assert refused.value.path == "$.reason"


@pytest.mark.parametrize(("source", "target"), [(Account.DAMAGED, None), (None, Account.DAMAGED)])
def test_a_move_names_both_buckets(source: Account | None, target: Account | None) -> None:
    with pytest.raises(InvalidMovement, match="both buckets"):
        command_of(an_act(Act.MOVE, source=source, target=target), KEY, Measure(scale=1))


def test_a_quantity_finer_than_the_item_is_refused() -> None:
    with pytest.raises(InvalidQuantity) as refused:
        command_of(an_act(Act.RECEIVE), KEY, Measure(scale=0))
    assert refused.value.path == "$.quantity"
