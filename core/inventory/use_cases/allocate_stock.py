"""Promise so much of one item to a channel outside an order, or only say where it would come from."""

from core.inventory.acts import AllocateStock, StockAllocated, UnknownSku
from core.inventory.allocation import Allocation, Candidate, allocate
from core.inventory.balance import BalanceKey, Movement
from core.inventory.stock import CommitStock, InvalidMovement, decide
from core.inventory.use_cases.entering import end_expired, enter
from core.kernel.context import Context
from core.kernel.ids import GroupId, ItemId, NewId, is_id
from core.kernel.quantity import to_units
from ports.inventory import InventoryTransaction, NewEntries, Shelves


async def allocate_stock(
    command: AllocateStock, context: Context, tx: InventoryTransaction, *, new_id: NewId
) -> StockAllocated:
    """Evaluate and, unless it is a dry run or short, commit: the same function decides both.

    Raises UnknownSku, InvalidQuantity, InvalidMovement.
    """
    await _end_expired(command.name, context, tx, new_id)
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
    places = {locked.balance.key: locked for _, locked in shelves.places}
    movements: list[Movement] = []
    for part in allocation.parts:
        key = BalanceKey(item=shelves.stockable.item, location=part.location)
        movements.extend(decide(places[key].balance, CommitStock(key=key, quantity=part.quantity)))
    act = NewEntries(group=group, movements=tuple(movements), cause=f"channel:{channel}")
    await enter([act], places, context, tx)


async def _end_expired(name: str, context: Context, tx: InventoryTransaction, new_id: NewId) -> None:
    """What holds on this item ran out of time keep is to be had again, before anybody is told that it is not."""
    known = (await tx.ledger.stockables([name])).get(name)
    item = known.item if known else ItemId(name) if is_id(name) else None
    if item is not None:
        await end_expired([item], context, tx, new_id=new_id)
