"""Rhythms, whenever they are asked."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from adapters.toolkit.cron import Cron
from core.scheduling.chore import Every

FIRST = datetime(1970, 1, 2, tzinfo=UTC)
MOMENTS = st.integers(0, 130 * 365 * 86_400 * 1_000_000).map(lambda n: FIRST + timedelta(microseconds=n))


@given(now=MOMENTS, seconds=st.integers(1, 86_400))
def test_the_last_beat_is_no_more_than_a_beat_ago_and_stays_until_the_next(now: datetime, seconds: int) -> None:
    rhythm = Every(seconds=seconds)
    last = rhythm.last(now)
    assert last <= now < last + timedelta(seconds=seconds)
    assert rhythm.last(last) == last
    assert rhythm.last(last - timedelta(microseconds=1)) == last - timedelta(seconds=seconds)


@given(now=MOMENTS)
def test_of_a_cron_expression_the_last_moment_is_found_whenever_it_is_asked(now: datetime) -> None:
    last = Cron("31 * * * *").last(now)
    assert last <= now < last + timedelta(hours=1)
    assert (last.minute, last.second, last.microsecond) == (31, 0, 0)
    assert Cron("31 * * * *").last(last) == last
