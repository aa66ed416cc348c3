"""Any backlog: what has come is given once, to the oldest, and nothing of it to anybody while an older one waits."""

from collections import Counter
from dataclasses import replace
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from core.execution.covering import Backlog, Waiting, due_to
from core.inventory.balance import BalanceKey
from core.kernel.ids import OrderId
from tests.support.given import NOW, a_key, an_id

SHELVES = [a_key(1, 101), a_key(1, 102), a_key(2, 101)]
waiting = st.builds(
    lambda order, shelf, quantity: Waiting(
        order=OrderId(an_id(300 + order)),
        accepted_at=NOW + timedelta(hours=order % 3),
        shelf=shelf,
        quantity=quantity,
    ),
    st.integers(1, 6),
    st.sampled_from(SHELVES),
    st.integers(1, 5),
)
backlogs = st.builds(
    lambda waiting, available: Backlog(waiting=tuple(waiting), available=dict(zip(SHELVES, available, strict=True))),
    st.lists(waiting, max_size=8),
    st.tuples(*[st.integers(-20, 6) for _ in SHELVES]),
)


def given_to(backlog: Backlog) -> Counter[tuple[str, BalanceKey]]:
    """Base units by order and shelf."""
    found: Counter[tuple[str, BalanceKey]] = Counter()
    for order, share in due_to(backlog).items():
        for (item, location, _), units in share.items():
            found[order, BalanceKey(item=item, location=location)] += units
    return found


def wanted(backlog: Backlog) -> Counter[tuple[str, BalanceKey]]:
    sums: Counter[tuple[str, BalanceKey]] = Counter()
    for one in backlog.waiting:
        sums[one.order, one.shelf] += one.quantity
    return sums


@given(backlog=backlogs)
def test_as_much_is_given_as_waits_beyond_what_is_owed(backlog: Backlog) -> None:
    gets, waits = given_to(backlog), wanted(backlog)
    for shelf in SHELVES:
        all_of_it = sum(units for (_, where), units in waits.items() if where == shelf)
        beyond = max(0, all_of_it - max(0, -backlog.available[shelf]))
        assert sum(units for (_, where), units in gets.items() if where == shelf) == beyond


@given(backlog=backlogs)
def test_nobody_gets_anything_while_an_older_one_waits(backlog: Backlog) -> None:
    gets, waits = given_to(backlog), wanted(backlog)
    ages = {one.order: (one.accepted_at, one.order) for one in backlog.waiting}
    for (order, shelf), units in gets.items():
        assert 0 < units <= waits[order, shelf]
        for (other, where), wished in waits.items():
            if where == shelf and ages[OrderId(other)] < ages[OrderId(order)]:
                assert gets[other, shelf] == wished


@given(backlog=backlogs, first=st.integers(0, 3))
def test_covering_some_first_and_looking_again_comes_to_the_same(backlog: Backlog, first: int) -> None:
    whole = given_to(backlog)
    some = set(list(due_to(backlog))[:first])
    left = Counter({key: units for key, units in whole.items() if key[0] in some})
    after = []
    for one in backlog.waiting:
        gone = min(one.quantity, left[one.order, one.shelf])
        left[one.order, one.shelf] -= gone
        after.append(replace(one, quantity=one.quantity - gone))
    again = given_to(replace(backlog, waiting=tuple(one for one in after if one.quantity)))
    assert again == Counter({key: units for key, units in whole.items() if key[0] not in some})


@given(backlog=backlogs)
def test_the_order_facts_came_in_makes_no_difference(backlog: Backlog) -> None:
    assert given_to(replace(backlog, waiting=backlog.waiting[::-1])) == given_to(backlog)
