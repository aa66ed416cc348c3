"""Open a place that keeps stock."""

from core.inventory.location import CreateLocation, Location, LocationTaken, create, evolve
from core.kernel.context import Context
from core.kernel.event import NewEvent
from core.kernel.ids import LocationId, NewId, StreamId
from ports.inventory import InventoryTransaction


async def create_location(
    command: CreateLocation, context: Context, tx: InventoryTransaction, *, new_id: NewId
) -> Location:
    """The new location. Raises LocationTaken."""
    event = create(command, LocationId(new_id()))
    location = evolve(event)
    if not await tx.locations.add(location):
        raise LocationTaken(f"there is a location with the code '{command.code}'", path="$.code")
    await tx.journal.record([NewEvent(tenant=context.tenant, stream=StreamId(location.id), version=1, body=event)])
    return location
