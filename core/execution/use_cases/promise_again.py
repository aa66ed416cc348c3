"""Promising anew what a change left due and promised from nowhere: gather the supply, let the policy choose."""

from collections.abc import Awaitable, Callable, Collection, Iterable

from core.execution.reallocation import Needs, Reallocated, Supply, reallocate, refusing
from core.inventory.acts import UnknownLocation
from core.inventory.ranking import AllocationPolicy
from core.inventory.stock import InsufficientStock
from core.kernel.context import Context
from core.kernel.ids import ItemId, LocationId
from core.orders.changes import FulfilmentProposed, FulfilmentRejected, OrderEvent
from core.orders.changing import (
    AllocateOrder,
    AmendLine,
    FulfilmentChange,
    InvalidChange,
    MoveFulfilment,
    OrderChange,
    RecallFulfilment,
    RejectFulfilment,
)
from core.orders.dossier import Dossier
from core.orders.lifecycle import missing, propose
from ports.execution import ExecutionTransaction
from ports.inventory import InventoryTransaction

EndExpired = Callable[[Collection[ItemId], Context, InventoryTransaction], Awaitable[int]]
"""Ends holds on items whose time is over; answers how many."""
WHOLE = (AmendLine, MoveFulfilment)
"""Changes that promise all they ask for or are refused; others promise what there is."""


async def promise_again(
    change: OrderChange | FulfilmentChange,
    events: Iterable[OrderEvent],
    dossier: Dossier,
    context: Context,
    tx: ExecutionTransaction,
    end_expired: EndExpired,
) -> tuple[FulfilmentProposed, ...]:
    """What ``change`` makes of ``dossier``, which is as ``events`` left it: who is asked to send what is missing.

    Raises InsufficientStock, UnknownLocation, InvalidChange.
    """
    needs = _needs(change, events, dossier)
    if needs is None:
        return ()
    among = await _among(change, dossier, tx)
    done = await _reallocated(needs, dossier, among, context, tx, end_expired)
    if done.short and isinstance(change, WHOLE):
        raise InsufficientStock(f"{done.short} base units are not available", path="$.quantity")
    return propose(dossier, done.promised)


def _needs(change: OrderChange | FulfilmentChange, events: Iterable[OrderEvent], dossier: Dossier) -> Needs | None:
    """What is to be promised, by line and item; None: this change promises nothing."""
    match change:
        case AllocateOrder() | RejectFulfilment() | RecallFulfilment():
            return missing(dossier)
        case AmendLine():
            of_line = {key: units for key, units in missing(dossier).items() if key[0] == change.line}
            return of_line or None
        case MoveFulfilment():
            moved: dict[tuple[int, ItemId], int] = {}
            for event in events:
                for units in event.units if isinstance(event, FulfilmentRejected) else ():
                    moved[units.line, units.item] = moved.get((units.line, units.item), 0) + units.quantity
            return moved
        case _:
            return None


async def _among(
    change: OrderChange | FulfilmentChange, dossier: Dossier, tx: ExecutionTransaction
) -> Collection[LocationId] | None:
    if not isinstance(change, MoveFulfilment):
        return None
    found = (await tx.locations.by_code([change.location])).get(change.location)
    if found is None:
        raise UnknownLocation(f"there is no location '{change.location}'", path="$.location")
    if found.id == dossier.fulfilment(change.fulfilment).location:
        raise InvalidChange("it is sent from there already", path="$.location")
    return [found.id]


async def _reallocated(
    needs: Needs,
    dossier: Dossier,
    among: Collection[LocationId] | None,
    context: Context,
    tx: ExecutionTransaction,
    end_expired: EndExpired,
) -> Reallocated:
    items = sorted({item for _, item in needs})
    if items:
        await end_expired(items, context, tx)
    supplies: dict[ItemId, Supply] = {}
    policy = AllocationPolicy()
    for item in items:
        shelves = await tx.ledger.shelves(item)
        assert shelves is not None, "an item is never deleted"
        policy = shelves.policy
        supplies[item] = Supply(
            candidates=tuple(shelves.candidates(context.now.date())), backorder_limit=shelves.stockable.backorder_limit
        )
    request = await tx.dossiers.request(dossier) if items else None
    country = request.ship_to.country if request and request.ship_to else None
    without = refusing(dossier) if among is None else ()
    channel = dossier.order.facts.channel
    return reallocate(needs, supplies, policy, country=country, channel=channel, among=among, without=without)
