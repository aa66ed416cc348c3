"""Events as they cross a process boundary: CloudEvents 1.0 in JSON, the event's own JSON within it untouched.

An envelope's ``id`` is the event's, ``source`` the tenant's part of Fluxor, ``type`` the event's name on the wire and
``subject`` its stream. Extensions say the rest of what the journal knows: ``tenantid``, ``streamversion``,
``correlationid``, ``actorid``, ``journalposition``: lower case without a sign between, as CloudEvents asks.
"""

from datetime import datetime
from typing import Literal

import msgspec

from adapters.toolkit.codec import WIRE
from core.kernel.event import Cursor, RecordedEvent
from core.kernel.ids import StreamId, TenantId

SOURCE = "urn:fluxor:tenant:"


class Envelope(msgspec.Struct, frozen=True, kw_only=True):
    """A CloudEvent."""

    specversion: Literal["1.0"] = "1.0"
    id: str
    source: str
    type: str
    subject: str
    time: datetime
    datacontenttype: Literal["application/json"] = "application/json"
    tenantid: str
    streamversion: int
    correlationid: str
    actorid: str
    journalposition: str
    data: msgspec.Raw


_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(Envelope)


def seal(event: RecordedEvent) -> bytes:
    """The event in its envelope, as JSON."""
    return _encoder.encode(
        Envelope(
            id=event.id,
            source=SOURCE + event.tenant,
            type=event.name,
            subject=event.stream,
            time=event.recorded_at,
            tenantid=event.tenant,
            streamversion=event.version,
            correlationid=event.correlation,
            actorid=event.actor,
            journalposition=event.cursor,
            data=msgspec.Raw(event.payload),
        )
    )


def unseal(sealed: bytes) -> RecordedEvent:
    """The event as it was recorded. Raises msgspec.ValidationError or DecodeError for what is no envelope."""
    envelope = _decoder.decode(sealed)
    return RecordedEvent(
        tenant=TenantId(envelope.tenantid),
        stream=StreamId(envelope.subject),
        version=envelope.streamversion,
        name=envelope.type,
        payload=bytes(envelope.data),
        actor=envelope.actorid,
        correlation=envelope.correlationid,
        recorded_at=envelope.time,
        cursor=Cursor(envelope.journalposition),
        wire=WIRE,
    )
