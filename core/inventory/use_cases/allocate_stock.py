"""Promise so much of one item to a channel outside an order, or only say where it would come from."""

from dataclasses import replace

from core.inventory.acts import AllocateStock, ItemAllocation, StockAllocated, UnknownSku
from core.inventory.balance import Movement
from core.inventory.stock import CommitStock, InvalidMovement, decide
from core.inventory.use_cases.entering import end_expired, enter
from core.inventory.use_cases.taking import Taking, hold_shelves, wants
from core.kernel.context import Context
from core.kernel.ids import GroupId, ItemId, NewId
from core.kernel.quantity import to_units
from ports.inventory import InventoryTransaction, NewEntries


async def allocate_stock(
    command: AllocateStock, context: Context, tx: InventoryTransaction, *, new_id: NewId
) -> StockAllocated:
    """Evaluate and, unless it is a dry run or short, commit: the same function decides both. A kit is whole or not.

    Raises UnknownSku, InvalidQuantity, InvalidMovement.
    """
    stockable = await tx.ledger.named(command.name)
    if stockable is None:
        raise UnknownSku(f"there is no item '{command.name}'", path="$.sku")
    demand = to_units(command.quantity, stockable.scale, path="$.quantity")
    if demand <= 0:
        raise InvalidMovement("quantity must be greater than zero", path="$.quantity")
    wanted = wants(stockable, demand)
    # What holds whose time is over keep is to be had again, before anybody is told that it is not.
    await end_expired([item for item, _ in wanted], context, tx, new_id=new_id)
    shelves = await hold_shelves([stockable], tx)
    taking = Taking(shelves, context.now.date(), [wanted], channel=command.channel)
    evaluated = StockAllocated(
        sku=stockable.sku,
        scale=stockable.scale,
        demand=demand,
        allocations=tuple(_allocated(taking, item, units) for item, units in wanted),
        group=None,
        components=stockable.components,
    )
    if evaluated.short or command.dry_run:
        return evaluated
    group = GroupId(new_id())
    await _commit(group, taking, command.channel, context, tx)
    return replace(evaluated, group=group)


def _allocated(taking: Taking, item: ItemId, demand: int) -> ItemAllocation:
    found = taking.shelves[item]
    return ItemAllocation(
        item=item,
        sku=found.stockable.sku,
        scale=found.stockable.scale,
        allocation=taking.take(item, demand, may_owe=True),
        lots={lot.id: lot.code for lot in found.lots.values()},
    )


async def _commit(group: GroupId, taking: Taking, channel: str, context: Context, tx: InventoryTransaction) -> None:
    locked = taking.locked()
    movements: list[Movement] = []
    for key, quantity in taking.taken.items():
        movements.extend(decide(locked[key].balance, CommitStock(key=key, quantity=quantity)))
    await enter([NewEntries(group=group, movements=tuple(movements), cause=f"channel:{channel}")], locked, context, tx)
