"""A message as bytes and back; what somebody else put there is told from ours."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.toolkit.packing import pack, unpack
from core.kernel.ids import MessageId
from core.kernel.message import Message, Priority
from ports.broker import BrokerUnavailable
from tests.support.given import TENANT, an_id

texts = st.text(st.characters(codec="utf-8"))


@given(texts, texts, st.binary(), st.sampled_from(Priority))
def test_what_is_packed_comes_out_as_it_was(key: str, correlation: str, payload: bytes, priority: Priority) -> None:
    message = Message(
        id=MessageId(an_id(1)),
        tenant=TENANT,
        queue="q",
        key=key,
        payload=payload,
        correlation=correlation,
        priority=priority,
    )
    assert unpack(pack(message), "q", priority, "there") == message


@given(st.binary())
def test_what_is_not_ours_is_said_to_be_and_where(packed: bytes) -> None:
    with pytest.raises(BrokerUnavailable, match="what comes next in there is not ours"):
        unpack(packed, "q", Priority.LOW, "there")
