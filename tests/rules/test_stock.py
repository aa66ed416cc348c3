"""One shelf of the ledger: what each act moves, and what is refused."""

from dataclasses import replace

import pytest

from core.inventory.balance import Account, Balance, EntryKind, Movement
from core.inventory.stock import (
    AdjustStock,
    CommitStock,
    CountStock,
    InsufficientStock,
    InvalidMovement,
    MoveStock,
    ReceiveStock,
    StockCommand,
    decide,
    evolve,
    violation,
)
from core.kernel.decider import replay
from core.kernel.quantity import UNITS_MAX
from tests.support.given import a_balance, a_key

KEY = a_key()


def after(balance: Balance, command: StockCommand) -> Balance:
    return replay(evolve, balance, decide(balance, command))


def move(source: Account, target: Account, quantity: int) -> MoveStock:
    return MoveStock(key=KEY, source=source, target=target, quantity=quantity, reason="because")


def test_received_goods_come_from_the_supplier_and_can_be_sold() -> None:
    (movement,) = decide(a_balance(), ReceiveStock(key=KEY, quantity=5, reason="delivery 7"))
    assert movement == Movement(
        key=KEY,
        kind=EntryKind.RECEIVE,
        source=Account.SUPPLIER,
        target=Account.AVAILABLE,
        quantity=5,
        reason="delivery 7",
    )
    assert evolve(a_balance(available=2), movement) == a_balance(available=7)


def test_an_adjustment_goes_either_way_against_the_adjustment_account() -> None:
    (up,) = decide(a_balance(), AdjustStock(key=KEY, change=3, reason="found"))
    assert (up.kind, up.source, up.target, up.quantity) == (
        EntryKind.ADJUST,
        Account.ADJUSTMENT,
        Account.AVAILABLE,
        3,
    )
    (down,) = decide(a_balance(available=5), AdjustStock(key=KEY, change=-3, reason="lost"))
    assert (down.source, down.target, down.quantity) == (Account.AVAILABLE, Account.ADJUSTMENT, 3)
    for change in (1, -1):
        (least,) = decide(a_balance(available=1), AdjustStock(key=KEY, change=change, reason="one"))
        assert evolve(a_balance(available=1), least).available == 1 + change
    assert down.reason == "lost"


def test_an_adjustment_by_nothing_moves_nothing() -> None:
    assert decide(a_balance(), AdjustStock(key=KEY, change=0, reason="none")) == ()


def test_nobody_adjusts_away_what_is_not_there() -> None:
    with pytest.raises(InsufficientStock, match="available would be -1, the limit is 0") as refused:
        decide(a_balance(available=2), AdjustStock(key=KEY, change=-3, reason="lost"))
    assert refused.value.code == "insufficient_stock"
    assert refused.value.path == "$.quantity"


def test_a_count_covers_the_whole_shelf_and_leaves_promises_alone() -> None:
    shelf = Balance(key=KEY, available=5, reserved=1, committed=3, picked=1, quality_control=2, damaged=1, in_transit=9)
    assert shelf.on_hand == 13
    counted = after(shelf, CountStock(key=KEY, counted=15, reason="stocktake"))
    assert counted == Balance(
        key=KEY, available=7, reserved=1, committed=3, picked=1, quality_control=2, damaged=1, in_transit=9
    )
    assert counted.on_hand == 15
    (movement,) = decide(shelf, CountStock(key=KEY, counted=12, reason="stocktake"))
    assert (movement.kind, movement.source, movement.quantity) == (EntryKind.COUNT, Account.AVAILABLE, 1)


def test_an_empty_shelf_is_counted_as_nothing_and_no_count_is_less() -> None:
    assert after(a_balance(available=3), CountStock(key=KEY, counted=0, reason="stocktake")).on_hand == 0
    with pytest.raises(InvalidMovement) as refused:
        decide(a_balance(available=3), CountStock(key=KEY, counted=-1, reason="stocktake"))
    assert refused.value.path == "$.quantity"


def test_recount_while_reserved_the_difference_goes_to_what_is_available() -> None:
    shelf = Balance(key=KEY, available=4, reserved=3, committed=2)
    assert after(shelf, CountStock(key=KEY, counted=6, reason="stocktake")) == replace(shelf, available=1)
    assert after(shelf, CountStock(key=KEY, counted=5, reason="stocktake")) == replace(shelf, available=0)


def test_recount_below_what_is_promised_shows_what_is_short() -> None:
    shelf = Balance(key=KEY, available=4, reserved=3, committed=2)
    with pytest.raises(InsufficientStock, match="available would be -1, the limit is 0"):
        decide(shelf, CountStock(key=KEY, counted=4, reason="stocktake"))
    owed = replace(shelf, backorder_limit=2)
    assert after(owed, CountStock(key=KEY, counted=4, reason="stocktake")) == replace(owed, available=-1)
    with pytest.raises(InsufficientStock, match="available would be -3, the limit is -2"):
        decide(owed, CountStock(key=KEY, counted=2, reason="stocktake"))


def test_a_count_that_agrees_moves_nothing() -> None:
    assert decide(a_balance(available=4), CountStock(key=KEY, counted=4, reason="stocktake")) == ()


def test_a_count_cannot_be_negative() -> None:
    with pytest.raises(InvalidMovement, match="a count cannot be negative"):
        decide(a_balance(), CountStock(key=KEY, counted=-1, reason="stocktake"))


def test_a_count_below_what_is_promised_is_refused() -> None:
    with pytest.raises(InsufficientStock):
        decide(Balance(key=KEY, committed=3), CountStock(key=KEY, counted=2, reason="stocktake"))


@pytest.mark.parametrize(
    ("source", "target", "kind"),
    [
        (Account.AVAILABLE, Account.DAMAGED, EntryKind.DAMAGE),
        (Account.AVAILABLE, Account.SAFETY_STOCK, EntryKind.SET_SAFETY),
        (Account.SAFETY_STOCK, Account.AVAILABLE, EntryKind.SET_SAFETY),
        (Account.QUALITY_CONTROL, Account.DAMAGED, EntryKind.DAMAGE),
        (Account.DAMAGED, Account.AVAILABLE, EntryKind.MOVE),
        (Account.AVAILABLE, Account.QUALITY_CONTROL, EntryKind.MOVE),
    ],
)
def test_a_move_between_buckets_says_what_it_was_for(source: Account, target: Account, kind: EntryKind) -> None:
    shelf = Balance(key=KEY, available=2, quality_control=2, damaged=2, safety_stock=2)
    (movement,) = decide(shelf, move(source, target, 2))
    assert (movement.kind, movement.source, movement.target, movement.quantity) == (kind, source, target, 2)
    moved = evolve(shelf, movement)
    assert (getattr(moved, source), getattr(moved, target), moved.on_hand) == (0, 4, shelf.on_hand)


@pytest.mark.parametrize(
    ("source", "target"),
    [
        (Account.AVAILABLE, Account.AVAILABLE),
        (Account.AVAILABLE, Account.COMMITTED),
        (Account.RESERVED, Account.AVAILABLE),
        (Account.SUPPLIER, Account.AVAILABLE),
        (Account.AVAILABLE, Account.IN_TRANSIT),
        (Account.AVAILABLE, Account.SCRAP),
    ],
)
def test_what_belongs_to_orders_and_transfers_is_not_moved_by_hand(source: Account, target: Account) -> None:
    shelf = Balance(key=KEY, available=2, reserved=2)
    with pytest.raises(InvalidMovement, match="stock moves between two of") as refused:
        decide(shelf, move(source, target, 1))
    assert refused.value.path == "$.to_bucket"


def test_a_bucket_never_goes_below_zero() -> None:
    with pytest.raises(InsufficientStock, match="damaged would be -1"):
        decide(Balance(key=KEY, damaged=1), move(Account.DAMAGED, Account.AVAILABLE, 2))


@pytest.mark.parametrize("quantity", [0, -1, UNITS_MAX + 1])
@pytest.mark.parametrize("make", [ReceiveStock, CommitStock])
def test_a_quantity_is_positive_and_bounded(make: type[ReceiveStock] | type[CommitStock], quantity: int) -> None:
    with pytest.raises(InvalidMovement) as refused:
        decide(a_balance(), make(key=KEY, quantity=quantity))
    assert refused.value.path == "$.quantity"


def test_as_much_can_be_received_as_can_be_counted() -> None:
    (movement,) = decide(a_balance(), ReceiveStock(key=KEY, quantity=UNITS_MAX))
    assert movement.quantity == UNITS_MAX


def test_a_move_of_nothing_is_refused() -> None:
    with pytest.raises(InvalidMovement):
        decide(a_balance(available=1), move(Account.AVAILABLE, Account.DAMAGED, 0))


def test_a_promise_commits_what_is_available() -> None:
    (movement,) = decide(a_balance(available=5), CommitStock(key=KEY, quantity=5))
    assert (movement.kind, movement.source, movement.target) == (
        EntryKind.COMMIT,
        Account.AVAILABLE,
        Account.COMMITTED,
    )
    assert evolve(a_balance(available=5), movement) == Balance(key=KEY, committed=5)


def test_a_promise_may_use_the_backorder_limit_and_not_one_unit_more() -> None:
    shelf = a_balance(available=5, backorder_limit=2)
    assert after(shelf, CommitStock(key=KEY, quantity=7)).available == -2
    with pytest.raises(InsufficientStock, match="available would be -3, the limit is -2"):
        decide(shelf, CommitStock(key=KEY, quantity=8))


def test_nothing_is_taken_from_an_empty_shelf_even_within_the_backorder_limit() -> None:
    shelf = a_balance(available=1, backorder_limit=10)
    with pytest.raises(InsufficientStock, match="available, reserved and committed together would be -1"):
        decide(shelf, move(Account.AVAILABLE, Account.DAMAGED, 2))


def test_a_balance_within_its_bounds_breaks_none() -> None:
    assert violation(Balance(key=KEY, available=-2, committed=2, backorder_limit=2)) is None
    assert violation(Balance(key=KEY, in_transit=-1)) == "in_transit would be -1"
