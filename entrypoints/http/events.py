"""The tenant's journal as CloudEvents 1.0: page by page, or as a stream that goes on."""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Any

import msgspec

from core.identity.permission import Scope
from core.kernel.event import START, Cursor, RecordedEvent
from entrypoints.http import paging
from entrypoints.http.errors import Refused
from entrypoints.http.fields import Shown
from entrypoints.http.paging import Limit, Page
from entrypoints.http.routes import Call, Reply, Route, encode

EVENT_STREAM = b"text/event-stream"
PAGE_MAX = 100
POLL_SECONDS = (0.05, 1.0)
HEARTBEAT = timedelta(seconds=15)
_LISTING = "events"


class ShownEvent(Shown):
    """A CloudEvent. `subject` is the stream, `streamversion` its place in it; `data` as the contract of `type` says."""

    specversion: str
    id: str
    source: str
    type: str
    subject: str
    time: datetime
    datacontenttype: str
    streamversion: int
    actor: str
    correlationid: str
    data: dict[str, Any]


class EventsQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Where to go on, and how many events at most."""

    limit: Limit = 50
    after: paging.Cursor | None = None


class StreamQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Where to go on; a Last-Event-ID header comes before it."""

    after: paging.Cursor | None = None


async def list_events(call: Call) -> Reply:
    """Events in order. `next_cursor` is never null: asked again later, it gives what came since."""
    query: EventsQuery = call.query
    after = place_of(call, query.after)
    events = await call.parts.feed.page(call.tenant, after, query.limit)
    last = events[-1].cursor if events else after
    return call.reply(Page([show_event(call, event) for event in events], cursor_at(call, last)))


async def stream_events(call: Call) -> Reply:
    """Events as they happen, each with an id to resume after."""
    query: StreamQuery = call.query
    header = call.headers.get(b"last-event-id")
    resume = header.decode("latin-1") if header else query.after
    return Reply(status=200, media=EVENT_STREAM, stream=_follow(call, place_of(call, resume)))


def show_event(call: Call, event: RecordedEvent) -> dict[str, object]:
    """A ShownEvent. The body goes out as it was written down."""
    return {
        "specversion": "1.0",
        "id": f"{event.stream}:{event.version}",
        "source": "/api/v1",
        "type": event.name,
        "subject": event.stream,
        "time": event.recorded_at,
        "datacontenttype": "application/json",
        "streamversion": event.version,
        "actor": event.actor,
        "correlationid": event.correlation,
        "data": msgspec.Raw(event.payload),
    }


async def _follow(call: Call, after: Cursor) -> AsyncIterator[bytes]:
    """Poll, slower while nothing happens; a comment now and then shows that the connection lives.

    Then the key is asked about again, however much happens: a stream must not outlive it.
    """
    clock, shutdown = call.parts.clock, call.parts.shutdown
    pause, beat_at = POLL_SECONDS[0], clock.now() + HEARTBEAT
    yield b": welcome\n\n"
    while not shutdown.is_set():
        if clock.now() >= beat_at:
            if not await _still_welcome(call):
                return
            yield b": still here\n\n"
            beat_at = clock.now() + HEARTBEAT
        events = await call.parts.feed.page(call.tenant, after, PAGE_MAX)
        for event in events:
            yield _frame(call, event)
        if events:
            after, pause = events[-1].cursor, POLL_SECONDS[0]
            continue
        await clock.sleep(pause)
        pause = min(POLL_SECONDS[1], pause * 2)


async def _still_welcome(call: Call) -> bool:
    """Whether the key still opens anything."""
    try:
        await call.desk.authenticator.key(call.headers)
    except Refused:
        return False
    return True


def _frame(call: Call, event: RecordedEvent) -> bytes:
    shown = show_event(call, event)
    cursor = cursor_at(call, event.cursor)
    return f"id: {cursor}\nevent: {shown['type']}\ndata: ".encode() + encode(shown) + b"\n\n"


def cursor_at(call: Call, cursor: Cursor) -> str:
    """A place in the events, for the caller to come back with."""
    return call.cursor(_LISTING, cursor)


def place_of(call: Call, after: str | None) -> Cursor:
    """The place the caller came back with; the beginning without one. Raises Refused (400)."""
    place = call.desk.cursors.read(call.tenant, _LISTING, after, str, field="after")
    return START if place is None else Cursor(place)


ROUTES = (
    Route(
        method="GET", path="/events", summary="Events, page by page", handle=list_events, tag="events",
        query=EventsQuery, answer=Page[ShownEvent], scope=Scope.EVENTS_READ,
    ),
    Route(
        method="GET", path="/events/stream", summary="Events as they happen (SSE)", handle=stream_events,
        tag="events", query=StreamQuery, answer=str, media=EVENT_STREAM, scope=Scope.EVENTS_READ,
    ),
)  # fmt: skip
