"""What happened, as the journal keeps it: a core value in a stream, at a version, with who and why.

A stream is one thing's history (an order, an item, a location); its versions count from 1 without gaps. An event's
name and version on the wire are declared in the codec, never taken from the class name.
"""

from dataclasses import field
from datetime import datetime, timedelta
from typing import NewType, Protocol, TypeVar

from core.kernel.errors import Rejected
from core.kernel.ids import StreamId, TenantId, event_id
from core.kernel.value import value

Cursor = NewType("Cursor", str)
"""An opaque place in the journal; reading goes on after it. ``START`` is before everything."""

START = Cursor("")

EVENT_QUEUE = "events"
"""The queue events are relayed to, and those set aside wait in."""

REMEMBERED = timedelta(days=7)
"""So long it is known of an event who has applied it."""
_WHILE_IT_TAKES = timedelta(days=1)


class LongForgotten(Rejected):
    """Nobody knows any more who has applied what happened then: it would be applied a second time."""

    code = "long_forgotten"


CLOCKS_DIFFER = timedelta(minutes=1)
"""By no more than this between two processes."""


def may_come_again(since: datetime, now: datetime) -> datetime:
    """The time from which on recorded events are delivered again to have all after ``since``. Raises LongForgotten."""
    earliest = now - REMEMBERED + _WHILE_IT_TAKES
    if since < earliest:
        raise LongForgotten(
            f"only what was recorded after {earliest:%Y-%m-%dT%H:%M:%SZ} may come again", path="$.since"
        )
    return since - CLOCKS_DIFFER


@value
class NewEvent:
    """An event to be recorded in the running transaction. ``body`` is a core event value."""

    tenant: TenantId
    stream: StreamId
    version: int
    body: object


Read = TypeVar("Read")


class Wire(Protocol):
    """How events are written down. Raises on a name or a body it cannot read; nothing is guessed."""

    def read(self, name: str, payload: bytes) -> object:
        """The event called ``name``."""
        ...

    def read_as(self, kind: type[Read], payload: bytes) -> Read:
        """Only what ``kind`` asks for of an event; what else it says is passed over."""
        ...


@value
class RecordedEvent:
    """An event as read back, still as it was written: whoever carries it on need not understand it.

    ``cursor`` is its place in reading order: (transaction id, position).
    """

    tenant: TenantId
    stream: StreamId
    version: int
    name: str
    payload: bytes
    actor: str
    correlation: str
    recorded_at: datetime
    cursor: Cursor
    wire: Wire = field(repr=False, compare=False)

    @property
    def body(self) -> object:
        """The event itself, read anew each time it is asked for."""
        return self.wire.read(self.name, self.payload)

    def read_as(self, kind: type[Read]) -> Read:
        """Only what ``kind`` asks for of the event."""
        return self.wire.read_as(kind, self.payload)

    @property
    def id(self) -> str:
        """The event's own, derived from its key: a UUID, as messages and jobs about it need one."""
        return event_id(self.tenant, self.stream, self.version)

    @property
    def key(self) -> tuple[str, str, int]:
        """What makes a delivery a duplicate: (tenant, stream, version)."""
        return (self.tenant, self.stream, self.version)
