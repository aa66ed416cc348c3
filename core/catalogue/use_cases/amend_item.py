"""Change an item's terms."""

from core.catalogue.item import AmendItem, Item, ItemNotFound, amend, evolve
from core.kernel.context import Context
from core.kernel.event import NewEvent
from core.kernel.ids import StreamId
from ports.catalogue import CatalogueTransaction


async def amend_item(command: AmendItem, context: Context, tx: CatalogueTransaction) -> Item:
    """The item as it is now. Raises ItemNotFound, InvalidItem."""
    item = await tx.items.lock(command.id)
    if item is None:
        raise ItemNotFound(f"there is no item {command.id}")
    for event in amend(item, command):
        item = evolve(item, event)
        await tx.items.change(item)
        await tx.journal.record(
            [NewEvent(tenant=context.tenant, stream=StreamId(item.id), version=item.version, body=event)]
        )
    return item
