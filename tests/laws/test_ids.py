"""Ids carry their time and sort by it; named streams are ids too."""

import uuid
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from adapters.system.ids import Uuid7, new_secret
from core.identity.api_key import read_token, token_of
from core.kernel.ids import TenantId, first_id_at, is_id, made_at, named_stream

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MOMENTS = st.integers(0, 7 * 10**15).map(lambda microseconds: EPOCH + timedelta(microseconds=microseconds))
MILLISECOND = timedelta(milliseconds=1)


def test_ids_are_canonical_uuid7_in_the_order_they_were_made() -> None:
    new_id = Uuid7()
    ids = [new_id() for _ in range(10_000)]
    assert ids == sorted(ids)
    assert len(set(ids)) == len(ids)
    for identifier in ids:
        assert is_id(identifier)
        assert (uuid.UUID(identifier).version, uuid.UUID(identifier).variant) == (7, uuid.RFC_4122)


def test_an_id_says_when_it_was_made() -> None:
    before = datetime.now(UTC)
    identifier = Uuid7()()
    assert before - MILLISECOND <= made_at(identifier) <= datetime.now(UTC)
    assert first_id_at(made_at(identifier)) <= identifier < first_id_at(made_at(identifier) + MILLISECOND)


@given(moment=MOMENTS)
def test_the_first_id_of_a_moment_was_made_in_its_millisecond(moment: datetime) -> None:
    first = first_id_at(moment)
    assert is_id(first)
    assert made_at(first) <= moment < made_at(first) + MILLISECOND
    assert first_id_at(made_at(first)) == first


@given(one=MOMENTS, other=MOMENTS)
def test_ids_sort_as_their_moments_do(one: datetime, other: datetime) -> None:
    if one <= other:
        assert first_id_at(one) <= first_id_at(other)


@given(moment=MOMENTS, tail=st.integers(0, 2**62 - 1), names=st.lists(st.text(), min_size=2, max_size=2, unique=True))
def test_a_named_stream_is_a_canonical_uuid_of_its_tenants_time(moment: datetime, tail: int, names: list[str]) -> None:
    tenant = TenantId(f"{first_id_at(moment)[:14]}7000-8000-{tail % 2**48:012x}")
    streams = [named_stream(tenant, name) for name in names]
    for stream in streams:
        assert is_id(stream)
        assert (uuid.UUID(stream).version, uuid.UUID(stream).variant) == (7, uuid.RFC_4122)
        assert made_at(stream) == made_at(tenant)
    assert streams[0] != streams[1]


def test_a_token_of_a_fresh_secret_is_read_back() -> None:
    tenant = TenantId(Uuid7()())
    for _ in range(50):
        read = read_token(token_of(tenant, new_secret()))
        assert read is not None
        assert read[0] == tenant


@given(text=st.text())
def test_no_text_breaks_the_reading_of_tokens(text: str) -> None:
    assert read_token(text) is None
