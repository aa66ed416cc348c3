"""A location: a place that keeps stock, and how eagerly it is allocated from."""

from enum import StrEnum

from core.kernel.errors import Conflict
from core.kernel.ids import LocationId
from core.kernel.value import value


class LocationTaken(Conflict):
    """The tenant already has a location with this code."""

    code = "location_taken"


class LocationKind(StrEnum):
    """What sort of place it is. Stock on its way lives on an ``in_transit`` location."""

    WAREHOUSE = "warehouse"
    STORE = "store"
    THIRD_PARTY = "3pl"
    VIRTUAL = "virtual"
    IN_TRANSIT = "in_transit"


@value
class Location:
    """``priority``: smaller is allocated from first. Only a ``sellable`` location is promised from."""

    id: LocationId
    code: str
    kind: LocationKind
    priority: int = 100
    country: str | None = None
    sellable: bool = True


@value
class CreateLocation:
    """Open a place that keeps stock."""

    code: str
    kind: LocationKind
    priority: int = 100
    country: str | None = None
    sellable: bool = True


@value
class LocationCreated:
    """The place exists from now on."""

    location_id: LocationId
    code: str
    kind: LocationKind
    priority: int
    country: str | None
    sellable: bool


def create(command: CreateLocation, location_id: LocationId) -> LocationCreated:
    """The event that opens a location. Stock in transit belongs to nobody's shelf, so it is never sellable."""
    return LocationCreated(
        location_id=location_id,
        code=command.code,
        kind=command.kind,
        priority=command.priority,
        country=command.country,
        sellable=command.sellable and command.kind is not LocationKind.IN_TRANSIT,
    )


def evolve(event: LocationCreated) -> Location:
    """The location after ``event``."""
    return Location(
        id=event.location_id,
        code=event.code,
        kind=event.kind,
        priority=event.priority,
        country=event.country,
        sellable=event.sellable,
    )
