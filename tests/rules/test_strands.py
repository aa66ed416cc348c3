"""What comes next out of a strand: what was handed out before alone and counted, the rest together."""

import pytest

from adapters.toolkit.strands import next_out, still_tried
from core.kernel.message import Priority
from ports.strands import HandedOut, StrandHold


def a_hold(first: str = "", tried: int = 0, attempts: int = 0) -> StrandHold:
    return StrandHold(
        queue="q", priority=Priority.NORMAL, strand=0, fence=1, first=first, tried=tried, attempts=attempts
    )


@pytest.mark.parametrize(
    ("hold", "expected"),
    [
        (a_hold(), HandedOut(first="m", attempt=1, in_hand=4, tried=4, behind=3)),
        (a_hold("m", 3, 1), HandedOut(first="m", attempt=2, in_hand=1, tried=3, behind=6)),
        (a_hold("m", 1, 4), HandedOut(first="m", attempt=5, in_hand=1, tried=1, behind=6)),
        (a_hold("", 2, 1), HandedOut(first="m", attempt=2, in_hand=1, tried=2, behind=6)),
        # What was first was ended, and whoever did could not say so any more.
        (a_hold("before", 3, 2), HandedOut(first="m", attempt=2, in_hand=1, tried=2, behind=6)),
        (a_hold("before", 1, 2), HandedOut(first="m", attempt=1, in_hand=4, tried=4, behind=3)),
    ],
)
def test_what_was_handed_out_before_comes_alone(hold: StrandHold, expected: HandedOut) -> None:
    assert next_out(hold, "m", 7, 4) == expected


def test_what_was_handed_out_is_counted_down() -> None:
    assert still_tried(next_out(a_hold("m", 3, 1), "m", 7, 4)) == 2
    assert still_tried(next_out(a_hold("", 1, 1), "m", 7, 4)) == 0
    assert still_tried(next_out(a_hold(), "m", 7, 4)) == 0
