"""The batch fold: each command sees what those before it did; a refused one changes nothing."""

from collections.abc import Sequence

import pytest

from core.kernel.decider import decide_each, in_halves, replay
from core.kernel.errors import Conflict


def withdraw(balance: int, amount: int) -> Sequence[int]:
    if amount > balance:
        raise Conflict("not enough")
    return (-amount,)


def add(balance: int, change: int) -> int:
    return balance + change


def test_a_command_sees_the_effects_of_those_before_it() -> None:
    after, outcomes = decide_each(withdraw, add, 10, [6, 6, 4])
    assert after == 0
    assert outcomes[0] == (-6,)
    assert isinstance(outcomes[1], Conflict)
    assert outcomes[2] == (-4,)


def test_an_error_that_is_no_refusal_is_not_swallowed() -> None:
    def broken(balance: int, amount: int) -> Sequence[int]:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        decide_each(broken, add, 10, [1])


def test_replaying_events_gives_the_state() -> None:
    assert replay(add, 0, [1, 2, 3]) == 6


def test_a_batch_is_searched_for_its_poison_by_halves() -> None:
    assert in_halves((1, 2, 3)) == ((1,), (2, 3))
    assert in_halves((1, 2)) == ((1,), (2,))
