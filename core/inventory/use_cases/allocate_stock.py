"""Promise so much of one item to a channel outside an order, or only say where it would come from."""

from dataclasses import replace

from core.inventory.acts import AllocateStock, StockAllocated, UnknownSku
from core.inventory.allocation import Allocation, Candidate, allocate
from core.inventory.balance import BalanceKey, Movement, StockMoved
from core.inventory.stock import CommitStock, InvalidMovement, decide, evolve
from core.kernel.context import Context
from core.kernel.decider import replay
from core.kernel.event import NewEvent
from core.kernel.ids import GroupId, NewId
from core.kernel.quantity import to_units
from ports.inventory import InventoryTransaction, NewEntries, Shelves


async def allocate_stock(
    command: AllocateStock, context: Context, tx: InventoryTransaction, *, new_id: NewId
) -> StockAllocated:
    """Evaluate and, unless it is a dry run or short, commit: the same function decides both.

    Raises UnknownSku, InvalidQuantity, InvalidMovement.
    """
    shelves = await tx.ledger.shelves(command.name)
    if shelves is None:
        raise UnknownSku(f"there is no item '{command.name}'", path="$.sku")
    demand = to_units(command.quantity, shelves.stockable.scale, path="$.quantity")
    if demand <= 0:
        raise InvalidMovement("quantity must be greater than zero", path="$.quantity")
    allocation = allocate(
        demand,
        [Candidate(location=place, available=locked.balance.available) for place, locked in shelves.places],
        shelves.policy,
        backorder_limit=shelves.stockable.backorder_limit,
    )
    group = None
    if not allocation.short and not command.dry_run:
        group = GroupId(new_id())
        await _commit(allocation, shelves, group, command.channel, context, tx)
    return StockAllocated(allocation=allocation, sku=shelves.stockable.sku, scale=shelves.stockable.scale, group=group)


async def _commit(
    allocation: Allocation,
    shelves: Shelves,
    group: GroupId,
    channel: str,
    context: Context,
    tx: InventoryTransaction,
) -> None:
    places = {place.id: locked for place, locked in shelves.places}
    movements: list[Movement] = []
    events = []
    for part in allocation.parts:
        locked = places[part.location]
        key = BalanceKey(item=shelves.stockable.item, location=part.location)
        made = decide(locked.balance, CommitStock(key=key, quantity=part.quantity))
        after = replace(replay(evolve, locked.balance, made), version=locked.balance.version + 1)
        movements.extend(made)
        body = StockMoved(group=group, movements=made)
        events.append(NewEvent(tenant=context.tenant, stream=locked.stream, version=after.version, body=body))
    await tx.ledger.enter([NewEntries(group=group, movements=tuple(movements), cause=f"channel:{channel}")])
    await tx.journal.record(events)
