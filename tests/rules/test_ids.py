"""Ids: canonical UUIDv7 whose first 48 bits are the time."""

from datetime import UTC, datetime, timedelta

from core.kernel.ids import NO_LOT, first_id_at, is_id, made_at, named_stream
from tests.support.given import OTHER_TENANT, TENANT


def test_an_id_is_canonical_lower_case_text() -> None:
    assert is_id(TENANT)
    assert is_id(NO_LOT)
    assert not is_id(TENANT.upper())
    assert not is_id(TENANT.replace("-", ""))
    assert not is_id(TENANT + "0")
    assert not is_id(" " + TENANT)
    assert not is_id("")


def test_the_first_id_of_a_moment_carries_its_milliseconds() -> None:
    moment = datetime(2026, 3, 1, tzinfo=UTC)
    assert first_id_at(moment) == "019ca6b1-dc00-0000-0000-000000000000"
    assert made_at(first_id_at(moment)) == moment


def test_time_inside_a_millisecond_is_not_kept() -> None:
    moment = datetime(2026, 3, 1, tzinfo=UTC)
    assert first_id_at(moment + timedelta(microseconds=999)) == first_id_at(moment)
    assert first_id_at(moment + timedelta(milliseconds=1)) > first_id_at(moment)


def test_a_named_stream_is_the_same_each_time_and_differs_by_name_and_tenant() -> None:
    stream = named_stream(TENANT, "flag:X")
    assert stream == named_stream(TENANT, "flag:X")
    assert stream != named_stream(TENANT, "flag:Y")
    assert stream[15:] != named_stream(OTHER_TENANT, "flag:X")[15:]
