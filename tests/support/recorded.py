"""An event as the relay hands it to its subscribers."""

from adapters.toolkit.codec import WIRE, encode, name_of
from core.kernel.event import START, RecordedEvent
from core.kernel.ids import StreamId
from tests.support.given import NOW, TENANT, an_id


def recorded(body: object) -> RecordedEvent:
    """``body`` as the first event of its stream."""
    return RecordedEvent(
        tenant=TENANT,
        stream=StreamId(an_id(9)),
        version=1,
        name=name_of(body),
        payload=encode(body),
        actor="",
        correlation="",
        recorded_at=NOW,
        cursor=START,
        wire=WIRE,
    )
