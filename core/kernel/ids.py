"""Ids are UUIDv7 in canonical text, made by the ids port only; each kind is its own type.

The first 48 bits of a UUIDv7 are milliseconds since 1970 (RFC 9562, section 5.7), which is what large tables
are partitioned by.
"""

import hashlib
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import NewType

TenantId = NewType("TenantId", str)
ItemId = NewType("ItemId", str)
LocationId = NewType("LocationId", str)
LotId = NewType("LotId", str)
OrderId = NewType("OrderId", str)
IntakeId = NewType("IntakeId", str)
ApiKeyId = NewType("ApiKeyId", str)
JobId = NewType("JobId", str)
StreamId = NewType("StreamId", str)
GroupId = NewType("GroupId", str)
ReservationId = NewType("ReservationId", str)
FulfilmentId = NewType("FulfilmentId", str)
ReturnId = NewType("ReturnId", str)
TransferId = NewType("TransferId", str)
ExpectedReceiptId = NewType("ExpectedReceiptId", str)
AllotmentId = NewType("AllotmentId", str)
SagaId = NewType("SagaId", str)
MessageId = NewType("MessageId", str)
WebhookId = NewType("WebhookId", str)
DeliveryId = NewType("DeliveryId", str)
SourceId = NewType("SourceId", str)
NoticeId = NewType("NoticeId", str)

NewId = Callable[[], str]
"""Makes one UUIDv7 in canonical text; later calls sort after earlier ones of the same process."""

NO_LOT = LotId("00000000-0000-0000-0000-000000000000")
"""The lot of stock that is not kept by lot: it stands in every key, so that lots need no second key."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_CANONICAL = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


def is_id(text: str) -> bool:
    """Whether ``text`` is a UUID in canonical lower-case form."""
    return _CANONICAL.fullmatch(text) is not None


def first_id_at(moment: datetime) -> str:
    """The smallest id a UUIDv7 made at ``moment`` (aware) can have: the bound between two partitions."""
    milliseconds = (moment - _EPOCH) // timedelta(milliseconds=1)
    digits = f"{milliseconds:012x}"
    return f"{digits[:8]}-{digits[8:]}-0000-0000-000000000000"


def made_at(identifier: str) -> datetime:
    """When a UUIDv7 was made, to the millisecond, in UTC."""
    return _EPOCH + timedelta(milliseconds=int(identifier[:8] + identifier[9:13], 16))


def named_stream(tenant: TenantId, name: str) -> StreamId:
    """The stream of something a tenant has one of (a flag, a policy): the tenant's own time, a digest of the name."""
    return StreamId(derived_id(tenant, f"{tenant}:{name}"))


@lru_cache(maxsize=8)
def event_id(tenant: TenantId, stream: StreamId, version: int) -> str:
    """The id of an event, the same whoever asks: its stream's own time, a digest of where it stands.

    It is asked for twice in a row, by the event's envelope and by the message that carries it.
    """
    return derived_id(stream, f"{tenant}:{stream}:{version}")


def derived_id(of: str, name: str) -> str:
    """An id as old as ``of``, the same for the same ``name`` each time."""
    digits = hashlib.sha256(name.encode()).hexdigest()
    return f"{of[:14]}7{digits[1:4]}-8{digits[5:8]}-{digits[8:20]}"
