"""What became of deliveries to a webhook, and asking for them again."""

from datetime import datetime
from typing import Annotated

import msgspec
from msgspec import Meta

from core.identity.permission import Scope
from core.kernel.ids import DeliveryId
from core.webhooks.delivery import Attempt, Delivery, DeliveryState, RepeatFailed, ReplayEvents
from core.webhooks.endpoint import WebhookNotFound
from entrypoints.http import events
from entrypoints.http.fields import Body, Moment, Shown, known_id
from entrypoints.http.paging import Cursor, Page, PageQuery, page_of
from entrypoints.http.routes import Call, Reply, Route
from entrypoints.http.webhooks import ONE, endpoint_of, webhook_id
from ports.webhooks import END

_LISTING = "webhook deliveries"


class DeliveriesQuery(PageQuery, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Only those in one state."""

    status: DeliveryState | None = None


class ReplayFrom(Body):
    """`after` is a cursor as `/events` gives them; without one, from the first event there is.

    `limit` is how many events are looked at; those the webhook wants are delivered, also when they were before.
    """

    after: Cursor | None = None
    limit: Annotated[int, Meta(ge=1, le=500)] = 500


class RetrySince(Body):
    """Failed deliveries that began at `since` or later."""

    since: Moment


class ShownDelivery(Shown):
    """One event on its way to one webhook: `waiting`, `delivered` or `failed`; `detail` says what came of it last."""

    id: str
    event_id: str
    type: str
    status: DeliveryState
    detail: str
    attempts: int
    created_at: datetime


class ShownAttempt(Shown):
    """One call: the HTTP `status` it got, or the `error`; `response` is the first 4 kB of the answer."""

    number: int
    at: datetime
    took_ms: int
    status: int | None
    error: str | None
    response: str


class ShownAttempts(ShownDelivery):
    """A delivery and every call made for it."""

    calls: list[ShownAttempt]


class ShownReplay(Shown):
    """How many deliveries begin; `next_cursor` goes on from there, null: that was all."""

    replayed: int
    next_cursor: str | None


class _Place(msgspec.Struct, frozen=True):
    """Where a list of deliveries goes on."""

    created_at: datetime
    id: str


async def list_deliveries(call: Call) -> Reply:
    """Deliveries to a webhook, the last that began first."""
    query: DeliveriesQuery = call.query
    endpoint = await endpoint_of(call)
    place = call.place(_LISTING, _Place)
    rows = await call.parts.views.webhooks.deliveries(
        call.tenant,
        endpoint.id,
        state=query.status,
        before=END if place is None else (place.created_at, place.id),
        limit=query.limit + 1,
    )
    return call.reply(
        page_of(
            rows, query.limit, _show, lambda one: call.cursor(_LISTING, _Place(created_at=one.created_at, id=one.id))
        )
    )


async def get_delivery(call: Call) -> Reply:
    """A delivery with every attempt."""
    endpoint, text = await endpoint_of(call), call.path["delivery"]
    missing = WebhookNotFound(f"there is no delivery {text} to webhook {endpoint.id}")
    delivery = await call.parts.views.webhooks.delivery(call.tenant, DeliveryId(known_id(text, missing)))
    if delivery is None or delivery.endpoint != endpoint.id:
        raise missing
    attempts = await call.parts.views.webhooks.attempts(call.tenant, delivery.id)
    shown = _show(delivery)
    known = msgspec.structs.asdict(shown)
    return call.reply(ShownAttempts(**known, calls=[_show_attempt(attempt) for attempt in attempts]))


async def replay(call: Call) -> Reply:
    """Deliver events again from a place in the journal on, a page at a time."""
    body: ReplayFrom = call.body
    webhook = webhook_id(call)
    page = await call.parts.feed.page(call.tenant, events.place_of(call, body.after), body.limit)
    more = events.cursor_at(call, page[-1].cursor) if len(page) == body.limit else None
    command = ReplayEvents(id=webhook, events=tuple(page))
    return await call.run(command, lambda number: ShownReplay(replayed=number, next_cursor=more))


async def retry_failed(call: Call) -> Reply:
    """Begin failed deliveries anew, up to 1,000 at a time: asked again, it goes on."""
    body: RetrySince = call.body
    command = RepeatFailed(id=webhook_id(call), since=body.since)
    return await call.run(command, lambda number: ShownReplay(replayed=number, next_cursor=None))


def _show(delivery: Delivery) -> ShownDelivery:
    return ShownDelivery(
        id=delivery.id,
        event_id=delivery.event,
        type=delivery.name,
        status=delivery.state,
        detail=delivery.detail,
        attempts=delivery.attempts,
        created_at=delivery.created_at,
    )


def _show_attempt(attempt: Attempt) -> ShownAttempt:
    return ShownAttempt(
        number=attempt.number,
        at=attempt.at,
        took_ms=attempt.took_ms,
        status=attempt.status,
        error=attempt.error,
        response=attempt.response.decode(errors="replace"),
    )


_READ, _WRITE = Scope.CONFIGURATION_READ, Scope.CONFIGURATION_WRITE
ROUTES = (
    Route(
        method="GET", path=f"{ONE}/deliveries", summary="Deliveries to a webhook", handle=list_deliveries,
        tag="webhooks", query=DeliveriesQuery, answer=Page[ShownDelivery], scope=_READ, refusals=(404,),
    ),
    Route(
        method="GET", path=f"{ONE}/deliveries/{{delivery:str}}", summary="A delivery and its attempts",
        handle=get_delivery, tag="webhooks", answer=ShownAttempts, scope=_READ, refusals=(404,),
    ),
    Route(
        method="POST", path=f"{ONE}/replay", summary="Deliver events again from a place on", handle=replay,
        tag="webhooks", body=ReplayFrom, answer=ShownReplay, status=202, scope=_WRITE, refusals=(404, 409, 422),
    ),
    Route(
        method="POST", path=f"{ONE}/retry-failed", summary="Begin failed deliveries anew", handle=retry_failed,
        tag="webhooks", body=RetrySince, answer=ShownReplay, status=202, scope=_WRITE, refusals=(404, 409, 422),
    ),
)  # fmt: skip
