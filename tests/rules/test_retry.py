"""Retry delays: exponential, capped, jittered by a hash of the message."""

import pytest

from core.kernel.retry import DEFAULT, RetryPolicy, delay_seconds

PLAIN = RetryPolicy(jitter=0.0)


@pytest.mark.parametrize(("attempt", "seconds"), [(1, 1), (2, 2), (3, 4), (6, 32), (7, 60), (50, 60), (5000, 60)])
def test_a_delay_doubles_up_to_the_cap(attempt: int, seconds: int) -> None:
    assert delay_seconds(PLAIN, attempt, "m") == seconds


def test_jitter_is_a_quarter_either_way_and_the_same_for_the_same_message() -> None:
    delays = [delay_seconds(DEFAULT, 1, f"message {n}") for n in range(200)]
    assert all(0.75 <= delay <= 1.25 for delay in delays)
    assert min(delays) < 0.8
    assert max(delays) > 1.2
    assert delays == [delay_seconds(DEFAULT, 1, f"message {n}") for n in range(200)]


def test_each_attempt_of_a_message_has_its_own_jitter() -> None:
    assert delay_seconds(DEFAULT, 8, "m") != delay_seconds(DEFAULT, 9, "m")
