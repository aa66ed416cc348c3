"""A saga whose worker or relay is killed, robbed of its lease or frozen at every single word it says to the storage."""

from collections.abc import Callable

import pytest

from core.sagas.saga import Status
from tests.faults.saga_kills import Alone
from tests.faults.saga_stories import STORIES

BEFALLS = ("crash", "delivered_twice", "silence", "long_silence", "early_limit")
WORDS_MIN = 25


@pytest.mark.parametrize("story", STORIES)
def test_left_alone_it_ends_as_it_should(story: str) -> None:
    alone = Alone(1, STORIES[story])
    alone.play()
    assert (alone.sagas()[0].status, alone.violations()) == (STORIES[story].ends, [])


@pytest.mark.parametrize("what", BEFALLS)
@pytest.mark.parametrize("story", STORIES)
def test_whatever_befalls_it_at_any_word_it_is_whole_or_untouched(
    story: str, what: str, record_property: Callable[[str, object], None]
) -> None:
    k, said = 1, 1
    while k <= said:
        alone = Alone(k, STORIES[story])
        alone.befall("worker", k, what)
        said = alone.play()
        assert alone.violations() == [], f"{what} at word {k} of '{story}'"
        k += 1
    record_property("points", k - 1)
    assert k > WORDS_MIN


@pytest.mark.parametrize("story", ["transfer arrives", "return settled", "fulfilled", "fulfilment rejected"])
def test_whatever_befalls_the_relay_what_is_waited_for_is_heard_of(
    story: str, record_property: Callable[[str, object], None]
) -> None:
    k, said = 1, 1
    while k <= said:
        alone = Alone(k, STORIES[story])
        alone.befall("relay", k, "crash")
        said = alone.play()
        assert (alone.sagas()[0].status, alone.violations()) == (STORIES[story].ends, []), f"crash at word {k}"
        k += 1
    record_property("points", k - 1)


@pytest.mark.parametrize("k", range(1, 30))
def test_a_caller_whose_api_dies_at_any_word_begins_one_saga(k: int) -> None:
    alone = Alone(k, STORIES["allocated"])
    alone.befall("api", k, "crash")
    alone.play()
    assert [saga.status for saga in alone.sagas()] == [Status.COMPLETED]
    assert alone.violations() == []
