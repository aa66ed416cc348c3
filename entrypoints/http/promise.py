"""What of an item can be promised, now and later."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import msgspec

from core.identity.permission import Scope
from core.inventory.location import Location
from core.inventory.promise import Promise, Shelf, counted, expected_on, promise
from core.kernel.errors import NotFound
from core.kernel.quantity import to_amount
from entrypoints.http.fields import Code, Moment, Shown, to_moment
from entrypoints.http.routes import STOCK_KNOWN, Call, Reply, Route
from ports.supply import Prospect


class PromiseQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Where and when: left out, at every sellable location, and now."""

    location: Code | None = None
    at: Moment | None = None


class ShownStep(Shown):
    """`change` comes (positive) or leaves at `at`; then `projected` is available, and `atp` can be promised."""

    at: datetime
    change: Decimal
    cause: str
    projected: Decimal
    atp: Decimal


class ShownPromise(Shown):
    """`atp_now` counts what may still be owed; `atp` at a time to come counts only goods."""

    atp_now: Decimal
    at: datetime
    atp: Decimal
    steps: list[ShownStep]


class ShownLocationPromise(ShownPromise):
    """What one location can promise."""

    location: str


class ShownItemPromise(ShownPromise):
    """What can be promised of an item over all its sellable locations, or at the one asked for; and at each of them.

    `expected_on` is the day the next goods are expected: the next supply, or the day a preorder is sent from.
    """

    sku: str
    expected_on: date | None
    locations: list[ShownLocationPromise]


async def get_promise(call: Call) -> Reply:
    """What can be promised, and which dated supply and demand it depends on."""
    query: PromiseQuery = call.query
    sku, at = call.path["sku"], to_moment(query.at) or call.context.now
    prospect = await call.parts.views.supply.prospect(call.tenant, sku)
    if prospect is None:
        raise NotFound(f"there is no item with the SKU '{sku}'")
    shelves = [(place, _now(shelf, call.context.now)) for place, shelf in await _wanted(call, prospect, query.location)]

    def told(some: Iterable[tuple[Location, Shelf]]) -> Promise:
        return promise([shelf for _, shelf in some], prospect.backorder_limit, at)

    own = [
        ShownLocationPromise(location=place.code, **_fields(told([(place, shelf)]), prospect.scale))
        for place, shelf in shelves
    ]
    day = expected_on([shelf for _, shelf in shelves], prospect.available_on, call.context.now)
    fields = _fields(told(shelves), prospect.scale)
    return call.reply(ShownItemPromise(sku=prospect.sku, expected_on=day, locations=own, **fields))


async def _wanted(call: Call, prospect: Prospect, code: str | None) -> Sequence[tuple[Location, Shelf]]:
    """The shelves asked for; one at a location that never had the item is empty."""
    if code is None:
        return [(place, shelf) for place, shelf in prospect.shelves if place.sellable]
    found = [(place, shelf) for place, shelf in prospect.shelves if place.code == code]
    if found:
        return found
    for place in await call.parts.views.inventory.locations(call.tenant):
        if place.code == code:
            return [(place, Shelf(available=0))]
    raise NotFound(f"there is no location with the code '{code}'")


def _now(shelf: Shelf, now: datetime) -> Shelf:
    return Shelf(available=shelf.available, flows=counted(shelf.flows, now))


def _fields(told: Promise, scale: int) -> dict[str, Any]:
    return {
        "atp_now": to_amount(told.now, scale),
        "at": told.at,
        "atp": to_amount(told.atp, scale),
        "steps": [
            ShownStep(
                at=step.at,
                change=to_amount(step.change, scale),
                cause=step.cause,
                projected=to_amount(step.projected, scale),
                atp=to_amount(step.atp, scale),
            )
            for step in told.steps
        ],
    }


ROUTES = (
    Route(
        method="GET", path="/stock/{sku:str}/promise", summary="What can be promised, now and later",
        handle=get_promise, tag="stock", query=PromiseQuery, answer=ShownItemPromise, scope=Scope.STOCK_READ,
        refusals=(404,), known_for=STOCK_KNOWN,
    ),
)  # fmt: skip
