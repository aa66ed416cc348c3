"""Begin to sell items."""

from core.catalogue.item import CreateItems, Item, ItemCreated, SkuTaken, create, evolve
from core.kernel.context import Context
from core.kernel.errors import DomainError
from core.kernel.event import NewEvent
from core.kernel.ids import ItemId, NewId, StreamId
from ports.catalogue import CatalogueTransaction


async def create_items(
    command: CreateItems, context: Context, tx: CatalogueTransaction, *, new_id: NewId
) -> list[Item | DomainError]:
    """Create each item that can be; for the others the error (InvalidItem, InvalidQuantity, SkuTaken), in order.

    A SKU named twice in one call is created once. A kit's components are items that are there already.
    """
    known = await tx.items.by_sku({part.sku for new in command.items for part in new.components})
    outcomes: list[ItemCreated | DomainError] = []
    seen: set[str] = set()
    for new in command.items:
        try:
            if new.sku in seen:
                raise SkuTaken(f"there is an item with the SKU '{new.sku}'", path="$.sku")
            outcomes.append(create(new, ItemId(new_id()), known))
            seen.add(new.sku)
        except DomainError as refusal:
            outcomes.append(refusal)
    created = [event for event in outcomes if isinstance(event, ItemCreated)]
    taken = set(await tx.items.add([evolve(None, event) for event in created]))
    await tx.journal.record(
        [
            NewEvent(tenant=context.tenant, stream=StreamId(event.item_id), version=1, body=event)
            for event in created
            if event.sku not in taken
        ]
    )
    return [_answer(outcome, taken) for outcome in outcomes]


def _answer(outcome: ItemCreated | DomainError, taken: set[str]) -> Item | DomainError:
    if isinstance(outcome, DomainError):
        return outcome
    if outcome.sku in taken:
        return SkuTaken(f"there is an item with the SKU '{outcome.sku}'", path="$.sku")
    return evolve(None, outcome)
