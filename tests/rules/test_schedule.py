"""When a chore is due: the same moments for every process."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from adapters.toolkit.cron import Cron, InvalidCron
from core.scheduling.chore import Every, job_id
from tests.support.given import OTHER_TENANT, TENANT


def test_a_rare_moment_is_found_too() -> None:
    assert Cron("0 3 29 2 *").last(datetime(2026, 7, 1, tzinfo=UTC)) == datetime(2024, 2, 29, 3, tzinfo=UTC)


def test_moments_are_utc_wherever_the_clock_stands() -> None:
    evening = datetime(2026, 3, 1, 23, 30, tzinfo=timezone(timedelta(hours=-5)))
    for rhythm in (Every(seconds=3600), Cron("0 * * * *")):
        assert rhythm.last(evening) == datetime(2026, 3, 2, 4, tzinfo=UTC)
        assert rhythm.last(evening).utcoffset() == timedelta()


@pytest.mark.parametrize("expression", ["", "61 * * * *", "* * * *", "every day"])
def test_what_is_no_expression_is_refused_by_what_is_wrong_with_it(expression: str) -> None:
    with pytest.raises(InvalidCron, match=f"'{expression}'".replace("*", r"\*")):
        Cron(expression)


def test_a_chore_has_one_job() -> None:
    assert job_id(TENANT, "tidy") == job_id(TENANT, "tidy")
    assert len({job_id(TENANT, "tidy"), job_id(TENANT, "close-orders"), job_id(OTHER_TENANT, "tidy")}) == 3
