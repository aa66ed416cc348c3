"""Which lane a request waits in."""

import pytest

from core.intake.submission import Lane, LanePolicy, lane_of

POLICY = LanePolicy(channels={"marketplace": "low"}, customers={"acme": "high"})


@pytest.mark.parametrize(
    ("channel", "customer", "wish", "lane"),
    [
        ("marketplace", "acme", "normal", Lane.NORMAL),
        ("marketplace", "acme", None, Lane.HIGH),
        ("marketplace", "other", None, Lane.LOW),
        ("marketplace", None, None, Lane.LOW),
        ("api", "other", None, Lane.NORMAL),
        ("api", None, "low", Lane.LOW),
    ],
)
def test_a_wish_comes_before_the_customer_before_the_channel(
    channel: str, customer: str | None, wish: str | None, lane: Lane
) -> None:
    assert lane_of(POLICY, channel=channel, customer=customer, wish=wish) is lane


def test_lanes_are_served_high_to_low() -> None:
    assert sorted(Lane) == [Lane.HIGH, Lane.NORMAL, Lane.LOW]
