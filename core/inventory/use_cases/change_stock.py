"""Receive, adjust, count and move stock: any number of acts in one transaction."""

from collections.abc import Mapping
from dataclasses import replace

from core.inventory.acts import ChangeStock, StockAct, StockChanged, UnknownLocation, UnknownSku, command_of
from core.inventory.balance import BalanceKey
from core.inventory.location import Location
from core.inventory.stock import decide, evolve
from core.inventory.use_cases.entering import enter
from core.kernel.context import Context
from core.kernel.decider import replay
from core.kernel.errors import DomainError
from core.kernel.ids import GroupId, NewId
from ports.inventory import InventoryTransaction, LockedBalance, NewEntries, Stockable


async def change_stock(
    command: ChangeStock, context: Context, tx: InventoryTransaction, *, new_id: NewId
) -> list[StockChanged | DomainError]:
    """Each act's effect, or the error it was refused with, in order; a refused act changes nothing.

    Errors: UnknownSku, UnknownLocation, InvalidQuantity, InvalidMovement, InsufficientStock.
    """
    stockables = await tx.ledger.stockables({act.sku for act in command.acts})
    locations = await tx.locations.by_code({act.location for act in command.acts})
    keys = {
        BalanceKey(item=stockables[act.sku].item, location=locations[act.location].id)
        for act in command.acts
        if act.sku in stockables and act.location in locations
    }
    held = await tx.ledger.lock(keys)
    incoming = await tx.supply.incoming(keys)
    locked = dict(held)
    outcomes: list[StockChanged | DomainError] = []
    for act in command.acts:
        try:
            changed = _change(act, stockables, locations, locked, new_id)
        except DomainError as refusal:
            outcomes.append(refusal)
            continue
        key = changed.balance.key
        outcomes.append(replace(changed, incoming=incoming.get(key, 0)))
        locked[key] = replace(locked[key], balance=changed.balance)
    done = [outcome for outcome in outcomes if isinstance(outcome, StockChanged) and outcome.movements]
    acts = [NewEntries(group=changed.group, movements=changed.movements) for changed in done]
    await enter(acts, held, context, tx)
    return outcomes


def _change(
    act: StockAct,
    stockables: Mapping[str, Stockable],
    locations: Mapping[str, Location],
    locked: Mapping[BalanceKey, LockedBalance],
    new_id: NewId,
) -> StockChanged:
    item, location = stockables.get(act.sku), locations.get(act.location)
    if item is None:
        raise UnknownSku(f"there is no item with the SKU '{act.sku}'", path="$.sku")
    if location is None:
        raise UnknownLocation(f"there is no location with the code '{act.location}'", path="$.location")
    key = BalanceKey(item=item.item, location=location.id)
    balance = locked[key].balance
    movements = decide(balance, command_of(act, key, item.scale))
    after = replay(evolve, balance, movements)
    if movements:
        after = replace(after, version=balance.version + 1)
    return StockChanged(group=GroupId(new_id()), act=act, scale=item.scale, movements=movements, balance=after)
