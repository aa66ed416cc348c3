"""Whatever an event says, it says the same after the wire."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import tests.laws.strategies  # registers what a field can be  # noqa: F401
from adapters.toolkit.codec import EVENTS, UnknownMessage, decode_event, encode, encode_event, name_of


@pytest.mark.parametrize("name", EVENTS)
@settings(max_examples=60)
@given(data=st.data())
def test_an_event_is_read_as_it_was_written(name: str, data: st.DataObject) -> None:
    event = data.draw(st.from_type(EVENTS[name]))
    wire_name, payload = encode_event(event)
    assert wire_name == name == name_of(event)
    assert decode_event(wire_name, payload) == event
    assert encode(decode_event(wire_name, payload)) == payload


def test_a_message_without_a_name_is_never_guessed_at() -> None:
    with pytest.raises(UnknownMessage, match="str has no name"):
        encode_event("words")
    with pytest.raises(UnknownMessage, match=r"order\.eaten\.v1"):
        decode_event("order.eaten.v1", b"{}")


def test_no_two_events_share_a_name_or_a_type() -> None:
    assert len(set(EVENTS.values())) == len(EVENTS)
