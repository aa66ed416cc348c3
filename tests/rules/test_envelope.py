"""An event in its envelope: a CloudEvent to whoever reads it, the same event to us."""

import json
from dataclasses import replace

import msgspec
import pytest

from adapters.toolkit.envelope import SOURCE, seal, unseal
from core.configuration.flag import Flag, FlagSet
from core.kernel.event import Cursor
from tests.support.given import NOW, OTHER_TENANT, TENANT
from tests.support.recorded import recorded

EVENT = replace(
    recorded(FlagSet(flag=Flag.RISK_ASSESSMENT, enabled=True)),
    version=7,
    actor="anna",
    correlation="c-3",
    cursor=Cursor("812-19"),
)


def test_it_comes_out_as_it_went_in() -> None:
    event = unseal(seal(EVENT))
    assert event == EVENT
    assert event.payload == EVENT.payload
    assert event.body == EVENT.body


def test_it_is_a_cloud_event() -> None:
    told = json.loads(seal(EVENT))
    assert told == {
        "specversion": "1.0",
        "id": EVENT.id,
        "source": SOURCE + TENANT,
        "type": "flag.set.v1",
        "subject": EVENT.stream,
        "time": NOW.isoformat().replace("+00:00", "Z"),
        "datacontenttype": "application/json",
        "tenantid": TENANT,
        "streamversion": 7,
        "correlationid": "c-3",
        "actorid": "anna",
        "journalposition": "812-19",
        "data": json.loads(EVENT.payload),
    }
    assert all(name.isalnum() and name.islower() for name in told)


def test_an_event_has_one_id_and_no_other_event_has_it() -> None:
    others = [
        replace(EVENT, version=8),
        replace(EVENT, tenant=OTHER_TENANT),
        replace(EVENT, stream=EVENT.stream[:-1] + "0"),
    ]
    assert replace(EVENT, actor="bob", cursor=Cursor("9-9")).id == EVENT.id
    assert len({EVENT.id, *(other.id for other in others)}) == 4


@pytest.mark.parametrize("sealed", [b"", b"{}", b"[1]", seal(EVENT).replace(b'"1.0"', b'"0.3"')])
def test_what_is_no_envelope_is_refused(sealed: bytes) -> None:
    with pytest.raises(msgspec.DecodeError):
        unseal(sealed)
