"""Stock now and at any moment before, and why a number is what it is."""

from collections.abc import Sequence
from datetime import datetime

from core.catalogue.item import ItemNotFound
from core.identity.permission import Scope
from core.inventory.cause import (
    Cause,
    ChannelCause,
    OrderCause,
    OtherCause,
    ReservationCause,
    ReturnCause,
    TransferCause,
)
from core.inventory.history import Step, past_moment
from core.inventory.words import sentence, thing
from core.kernel.quantity import to_amount
from entrypoints.http.history_fields import (
    ExplainQuery,
    PastQuery,
    PastStockQuery,
    ShownCause,
    ShownPastStock,
    ShownStep,
    ShownStory,
)
from entrypoints.http.paging import Page, page_of
from entrypoints.http.routes import STOCK_KNOWN, Call, Reply, Route
from entrypoints.http.stock import place_of, show_stock
from entrypoints.http.stock_fields import ShownStock
from ports.history import StockStory
from ports.inventory import StockRow

SHELVES_MAX = 10_000
"""Of one item: more than any page, so that one look shows all there is."""


async def list_stock(call: Call) -> Reply:
    """Balances by SKU, location and lot, as they are; with `at`, as they were at that moment."""
    query: PastStockQuery = call.query
    listing = f"stock at {query.at.isoformat()}" if query.at else "stock"
    after = call.place(listing, tuple[str, str, str]) or ("", "", "")
    rows = await _stock(call, query.at, query.sku, query.location, after, query.limit + 1)
    return call.reply(page_of(rows, query.limit, show_stock, lambda row: call.cursor(listing, place_of(row))))


async def get_stock(call: Call) -> Reply:
    """Every balance of one item, as it is or, with `at`, as it was."""
    query: PastQuery = call.query
    sku = call.path["sku"]
    rows = await _stock(call, query.at, sku, None, ("", "", ""), SHELVES_MAX)
    if not rows and not await call.parts.views.catalogue.items(call.tenant, sku=sku, after="", limit=1):
        raise _missing(sku)
    return call.reply(ShownPastStock(sku=sku, at=query.at or call.context.now, items=[show_stock(row) for row in rows]))


async def explain(call: Call) -> Reply:
    """Why a number is what it is: the entries that made it so, each with its cause."""
    query: ExplainQuery = call.query
    at = query.at and past_moment(query.at, call.context.now)
    sku = call.path["sku"]
    story = await call.parts.views.history.explain(call.tenant, sku, location=query.location, at=at, limit=query.limit)
    if story is None:
        raise _missing(sku)
    return call.reply(_show_story(story, query.at or call.context.now, query.location))


async def _stock(
    call: Call, at: datetime | None, sku: str | None, location: str | None, after: tuple[str, str, str], limit: int
) -> Sequence[StockRow]:
    views = call.parts.views
    if at is None:
        return await views.inventory.stock(call.tenant, sku=sku, location=location, after=after, limit=limit)
    moment = past_moment(at, call.context.now)
    return await views.history.as_of(call.tenant, moment, sku=sku, location=location, after=after, limit=limit)


def _show_story(story: StockStory, at: datetime, location: str | None) -> ShownStory:
    balances = [row.balance for row in story.shelves]
    return ShownStory(
        sku=story.sku,
        at=at,
        location=location,
        available=to_amount(sum(balance.available for balance in balances), story.scale),
        on_hand=to_amount(sum(balance.on_hand for balance in balances), story.scale),
        items=[show_stock(row) for row in story.shelves],
        steps=[_show_step(step, story.scale) for step in story.steps],
        ends=story.ends,
    )


def _show_step(step: Step, scale: int) -> ShownStep:
    entry = step.entry
    return ShownStep(
        kind=entry.movement.kind,
        from_bucket=entry.movement.source,
        to_bucket=entry.movement.target,
        quantity=to_amount(entry.movement.quantity, scale),
        reason=entry.movement.reason,
        group_id=entry.group,
        number=entry.number,
        location=entry.location,
        available=to_amount(step.available, scale),
        on_hand=to_amount(step.on_hand, scale),
        anchored=step.anchored,
        cause=_show_cause(entry.cause) if entry.cause else None,
        actor=entry.actor,
        recorded_at=entry.recorded_at,
        says=sentence(step, scale),
    )


def _show_cause(cause: Cause) -> ShownCause:
    text = thing(cause)
    match cause:
        case OrderCause():
            return ShownCause(
                kind="order",
                text=text,
                id=cause.order,
                channel=cause.channel,
                external_id=cause.external_id,
                customer=cause.customer,
                received_at=cause.received_at,
            )
        case ReservationCause():
            return ShownCause(
                kind="reservation",
                text=text,
                id=cause.reservation,
                holder=cause.holder,
                reference=cause.reference,
            )
        case ChannelCause():
            return ShownCause(kind="channel", text=text, channel=cause.channel)
        case ReturnCause():
            return ShownCause(
                kind="return", text=text, id=cause.one, channel=cause.channel, external_id=cause.external_id
            )
        case TransferCause():
            return ShownCause(kind="transfer", text=text, id=cause.transfer)
        case OtherCause():
            return ShownCause(kind=cause.kind, text=text)


def _missing(sku: str) -> ItemNotFound:
    return ItemNotFound(f"there is no item with the SKU '{sku}'")


ROUTES = (
    Route(
        method="GET", path="/stock", summary="List balances, now or before", handle=list_stock, tag="stock",
        query=PastStockQuery, answer=Page[ShownStock], scope=Scope.STOCK_READ, refusals=(422,), known_for=STOCK_KNOWN,
    ),
    Route(
        method="GET", path="/stock/{sku:str}", summary="The balances of an item, now or before", handle=get_stock,
        tag="stock", query=PastQuery, answer=ShownPastStock, scope=Scope.STOCK_READ, refusals=(404, 422),
        known_for=STOCK_KNOWN,
    ),
    Route(
        method="GET", path="/stock/{sku:str}/explain", summary="Why stock is what it is", handle=explain, tag="stock",
        query=ExplainQuery, answer=ShownStory, scope=Scope.STOCK_READ, refusals=(404, 422),
    ),
)  # fmt: skip
