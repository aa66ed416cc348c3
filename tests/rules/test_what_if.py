"""Orders decided once more: demand, supply, what is counted, what a policy file may say."""

from dataclasses import replace
from datetime import timedelta

import pytest

from core.acceptance.decision import decide_batch
from core.acceptance.facts import Facts, LotOnShelf, Requested, Working
from core.acceptance.tally import Load, Report
from core.acceptance.what_if import Decided, Happening, Replay, Supplied
from core.inventory.balance import Account, EntryKind, Movement
from core.inventory.lot import Lot
from core.inventory.ranking import AllocationPolicy, InvalidAllocationPolicy, UnknownRule
from core.kernel.errors import DomainError
from core.kernel.goods import Tracking
from core.kernel.ids import LotId
from entrypoints.cli.order_what_if import UnreadablePolicy, read_policy
from tests.support.given import NOW, a_balance, a_key, a_line, a_location, an_id, an_item, facts, requested
from tests.support.replays import decided, stage_of

BY_PLACE = AllocationPolicy(rules=("priority",))


def two_places() -> Facts:
    return facts(
        items=(an_item(1), an_item(2, scale=1)),
        locations=(a_location(101, priority=1), a_location(102, priority=2)),
        balances=(a_balance(1, 101, available=3), a_balance(1, 102, available=9), a_balance(2, 102, available=50)),
    )


def as_decided(*batch: Requested) -> list[Decided]:
    return decided(decide_batch(batch, Working(two_places()), NOW))


def replayed(policy: AllocationPolicy, happenings: list[Happening]) -> Report:
    replay = Replay(stage_of(two_places()), policy)
    for happening in happenings:
        replay.happen(happening)
    return replay.tally.report()


def moved(kind: EntryKind, source: Account, target: Account, quantity: int) -> Supplied:
    movement = Movement(key=a_key(1, 102), kind=kind, source=source, target=target, quantity=quantity)
    return Supplied(movements=(movement,), at=NOW)


def test_another_policy_serves_from_elsewhere_and_splits() -> None:
    orders = as_decided(requested(a_line("SKU-1", 5), a_line("SKU-2", 2)), requested(a_line("SKU-1", 4), number=202))
    report = replayed(BY_PLACE, [*orders])
    assert (report.orders, report.served_orders, report.lines) == (2, 2, 3)
    assert (report.quantity, report.served_quantity) == (11_000_000, 11_000_000)
    assert (report.split_orders, report.split_lines, report.parcels) == (1, 1, 3)
    assert report.differing == 1
    assert report.load == {
        "W101": Load(orders=1, quantity=3_000_000),
        "W102": Load(orders=2, quantity=8_000_000),
    }


def test_an_order_that_is_short_is_not_served_and_takes_nothing() -> None:
    orders = as_decided(requested(a_line("SKU-1", 5)), requested(a_line("SKU-1", 7), number=202))
    report = replayed(AllocationPolicy(excluded={"api": ("W101",)}), [orders[0], *orders])
    assert (report.orders, report.served_orders, report.stock_outs) == (3, 1, 2)
    assert (report.quantity, report.served_quantity) == (17_000_000, 5_000_000)


def test_supply_counts_as_it_came_and_what_orders_did_does_not() -> None:
    (order,) = as_decided(requested(a_line("SKU-1", 99)))
    assert order.refusals == ("insufficient_stock",)
    receipt = moved(EntryKind.RECEIVE, Account.SUPPLIER, Account.AVAILABLE, 90)
    loss = moved(EntryKind.DAMAGE, Account.AVAILABLE, Account.DAMAGED, 4)
    given_back = moved(EntryKind.UNCOMMIT, Account.COMMITTED, Account.AVAILABLE, 90)
    assert replayed(BY_PLACE, [receipt, order]).served_orders == 1
    assert replayed(BY_PLACE, [receipt, loss, order]).served_orders == 0
    assert replayed(BY_PLACE, [given_back, order]).served_orders == 0
    assert replayed(BY_PLACE, [order, receipt]).served_orders == 0


def test_a_lot_whose_day_is_over_when_an_order_is_decided_is_not_served_from() -> None:
    item = replace(an_item(1), tracking=Tracking.LOT)
    lot = Lot(id=LotId(an_id(900)), item=item.id, code="L", expires_on=NOW.date())
    on_shelf = LotOnShelf(lot=lot, location=a_location(101).id, available=9)
    there = replace(facts(items=(item,), locations=(a_location(101),)), lots={item.id: [on_shelf]}, today=NOW.date())
    (order,) = decided(decide_batch([requested(a_line("SKU-1", 2))], Working(there), NOW))
    replay = Replay(stage_of(there), BY_PLACE)
    replay.happen(order)
    replay.happen(replace(order, at=NOW + timedelta(days=1)))
    report = replay.tally.report()
    assert (report.orders, report.served_orders, report.differing) == (2, 1, 1)


def test_an_order_that_something_else_was_against_is_no_demand() -> None:
    orders = as_decided(requested(a_line("NOPE", 1)), requested(a_line("SKU-1", 1), number=202))
    assert replayed(BY_PLACE, [*orders]).orders == 1


@pytest.mark.parametrize(
    ("text", "error", "words"),
    [
        (b"", UnreadablePolicy, "no allocation policy"),
        (b"[]", UnreadablePolicy, "no allocation policy"),
        (b'{"rules": 3}', UnreadablePolicy, "$.rules"),
        (b'{"cheapest": []}', UnreadablePolicy, "'cheapest'"),
        (b'{"rules": ["nearest"]}', UnknownRule, "'nearest'"),
        (b'{"costs": {"W1": {"*": -1}}}', InvalidAllocationPolicy, "-1"),
    ],
)
def test_a_policy_file_that_makes_no_sense_is_refused(text: bytes, error: type[DomainError], words: str) -> None:
    with pytest.raises(error) as refused:
        read_policy(text)
    assert words in refused.value.detail


def test_a_policy_file_reads_like_the_api() -> None:
    text = b'{"rules": ["preferred"], "preferred": ["W2"], "excluded": {"web": ["W1"]}, "kept": {"web": {"*": 2}}}'
    assert read_policy(text) == AllocationPolicy(
        rules=("preferred",), preferred=("W2",), excluded={"web": ("W1",)}, kept={"web": {"*": 2}}
    )
