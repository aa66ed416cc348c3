"""Change the prices of many items in one transaction."""

from core.catalogue.item import AmendItem, Item, ItemAmended, ItemNotFound, amend, evolve
from core.catalogue.pricing import NewPrice, Priced, SetPrices
from core.kernel.context import Context
from core.kernel.decider import replay
from core.kernel.errors import DomainError
from core.kernel.event import NewEvent
from core.kernel.ids import StreamId
from ports.catalogue import CatalogueTransaction


async def set_prices(command: SetPrices, context: Context, tx: CatalogueTransaction) -> list[Priced | DomainError]:
    """What became of each price, or the error it was refused with (ItemNotFound, InvalidItem), in order.

    A SKU named twice is changed twice, and an item that has the price already stays as it is.
    """
    items = dict(await tx.items.hold({new.sku for new in command.prices}))
    outcomes: list[Priced | DomainError] = []
    events: list[NewEvent] = []
    changed: dict[str, Item] = {}
    for new in command.prices:
        try:
            item, amended = _priced(items.get(new.sku), new)
        except DomainError as refusal:
            outcomes.append(refusal)
            continue
        outcomes.append(Priced(item=item, changed=bool(amended)))
        if amended:
            items[new.sku] = changed[new.sku] = item
        for body in amended:
            events.append(NewEvent(tenant=context.tenant, stream=StreamId(item.id), version=item.version, body=body))
    await tx.items.change_prices(list(changed.values()))
    await tx.journal.record(events)
    return outcomes


def _priced(item: Item | None, new: NewPrice) -> tuple[Item, tuple[ItemAmended, ...]]:
    if item is None:
        raise ItemNotFound(f"there is no item with the SKU '{new.sku}'", path="$.sku")
    amended = amend(item, AmendItem(id=item.id, price=new.price))
    return replay(evolve, item, amended), amended
