"""A saga whose worker is killed, robbed of its lease or frozen at every single word it says to the storage."""

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from core.identity.permission import Scope
from core.inventory.holding import CommitReservation
from core.kernel.errors import Conflict
from core.sagas.saga import Status
from entrypoints.dispatch import UseCase
from tests.faults.saga_kills import Alone

BEFALLS = ("crash", "delivered_twice", "silence", "long_silence", "early_limit")


async def refuses(command: CommitReservation, context: Any, tx: Any) -> None:
    raise Conflict("the channel wants it no longer")


REFUSED_AT_THE_END: Mapping[type, UseCase] = {CommitReservation: UseCase(scope=Scope.STOCK_WRITE, run=refuses)}
STORIES: dict[str, tuple[dict[str, Any], Status]] = {
    "whole": ({}, Status.COMPLETED),
    "refused at once": ({"quantity": 30}, Status.COMPENSATED),
    "refused at the end": ({"overrides": REFUSED_AT_THE_END}, Status.COMPENSATED),
}


@pytest.mark.parametrize("story", STORIES)
def test_left_alone_it_ends_as_it_should(story: str) -> None:
    given, status = STORIES[story]
    alone = Alone(1, **given)
    alone.play()
    assert (alone.saga().status, alone.violations()) == (status, [])


@pytest.mark.parametrize("what", BEFALLS)
@pytest.mark.parametrize("story", STORIES)
def test_whatever_befalls_it_at_any_word_it_is_whole_or_untouched(
    story: str, what: str, record_property: Callable[[str, object], None]
) -> None:
    given, _ = STORIES[story]
    k, said = 1, 1
    while k <= said:
        alone = Alone(k, **given)
        alone.befall("worker", k, what)
        said = alone.play()
        assert alone.violations() == [], f"{what} at word {k} of '{story}'"
        k += 1
    record_property("points", k - 1)
    assert k > 25


@pytest.mark.parametrize("k", range(1, 30))
def test_a_caller_whose_api_dies_at_any_word_begins_one_saga(k: int) -> None:
    alone = Alone(k)
    alone.befall("api", k, "crash")
    alone.play()
    assert (alone.saga().status, alone.violations()) == (Status.COMPLETED, [])
