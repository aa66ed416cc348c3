"""A context names its tenants; a command has exactly one."""

import pytest

from adapters.toolkit.codec import WIRE
from core.kernel.event import START, RecordedEvent
from core.kernel.ids import StreamId
from tests.support.given import NOW, OTHER_TENANT, TENANT, a_context, an_id


def test_a_command_has_one_tenant() -> None:
    assert a_context(TENANT).tenant == TENANT


def test_a_batch_over_several_tenants_has_no_one_tenant() -> None:
    with pytest.raises(ValueError, match="too many values"):
        _ = a_context(TENANT, OTHER_TENANT).tenant


def test_a_delivery_is_known_by_tenant_stream_and_version() -> None:
    stream = StreamId(an_id(1))
    event = RecordedEvent(
        tenant=TENANT,
        stream=stream,
        version=3,
        name="",
        payload=b"",
        actor="",
        correlation="",
        recorded_at=NOW,
        cursor=START,
        wire=WIRE,
    )
    assert event.key == (TENANT, stream, 3)
