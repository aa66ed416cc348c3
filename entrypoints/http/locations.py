"""Locations: places that keep stock."""

from core.identity.permission import Scope
from core.inventory.location import CreateLocation, Location, LocationKind
from entrypoints.http.fields import Body, Code, Country, Priority, Shown
from entrypoints.http.paging import Page
from entrypoints.http.routes import CATALOGUE_KNOWN, Call, Reply, Route

PATH = "/locations"


class NewLocation(Body):
    """A place to keep stock. Smaller priorities are allocated from first."""

    code: Code
    kind: LocationKind
    priority: Priority = 100
    country: Country | None = None
    sellable: bool = True


class ShownLocation(Shown):
    """A location."""

    id: str
    code: str
    kind: LocationKind
    priority: int
    country: str | None
    sellable: bool


def show_location(location: Location) -> ShownLocation:
    """A location as a person reads it."""
    return ShownLocation(
        id=location.id,
        code=location.code,
        kind=location.kind,
        priority=location.priority,
        country=location.country,
        sellable=location.sellable,
    )


async def create_location(call: Call) -> Reply:
    """Open a place that keeps stock."""
    body: NewLocation = call.body
    command = CreateLocation(
        code=body.code, kind=body.kind, priority=body.priority, country=body.country, sellable=body.sellable
    )
    return await call.run(command, show_location)


async def list_locations(call: Call) -> Reply:
    """All locations by priority, then code: a tenant has few."""
    locations = await call.parts.views.inventory.locations(call.tenant)
    return call.reply(Page([show_location(location) for location in locations]))


ROUTES = (
    Route(
        method="POST", path=PATH, summary="Create a location", handle=create_location, tag="locations",
        body=NewLocation, answer=ShownLocation, status=201, scope=Scope.STOCK_WRITE, refusals=(409, 422),
    ),
    Route(
        method="GET", path=PATH, summary="List locations", handle=list_locations, tag="locations",
        answer=Page[ShownLocation], scope=Scope.STOCK_READ, known_for=CATALOGUE_KNOWN,
    ),
)  # fmt: skip
