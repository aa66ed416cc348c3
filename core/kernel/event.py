"""What happened, as the journal keeps it: a core value in a stream, at a version, with who and why.

A stream is one thing's history (an order, an item, a location); its versions count from 1 without gaps. An event's
name and version on the wire are declared in the codec, never taken from the class name.
"""

from datetime import datetime
from typing import NewType

from core.kernel.ids import StreamId, TenantId
from core.kernel.value import value

Cursor = NewType("Cursor", str)
"""An opaque place in the journal; reading goes on after it. ``START`` is before everything."""

START = Cursor("")


@value
class NewEvent:
    """An event to be recorded in the running transaction. ``body`` is a core event value."""

    tenant: TenantId
    stream: StreamId
    version: int
    body: object


@value
class RecordedEvent:
    """An event as read back. ``cursor`` is its place in reading order: (transaction id, position)."""

    tenant: TenantId
    stream: StreamId
    version: int
    body: object
    actor: str
    correlation: str
    recorded_at: datetime
    cursor: Cursor

    @property
    def key(self) -> tuple[str, str, int]:
        """What makes a delivery a duplicate: (tenant, stream, version)."""
        return (self.tenant, self.stream, self.version)
