"""Keeping what was decided of an order: the ledger's entries, the order itself, its events."""

from collections.abc import Awaitable, Callable, Mapping, Sequence

from core.inventory.balance import BalanceKey, Movement
from core.inventory.stock import check_bounds
from core.kernel.context import Context
from core.kernel.event import NewEvent
from core.kernel.ids import GroupId, NewId, StreamId
from core.orders.changes import OrderEvent
from core.orders.dossier import Dossier
from core.orders.return_events import ReturnEvent
from ports.execution import ExecutionTransaction
from ports.inventory import InventoryTransaction, LockedBalance, NewEntries

Enter = Callable[
    [Sequence[NewEntries], Mapping[BalanceKey, LockedBalance], Context, InventoryTransaction], Awaitable[None]
]
"""Enters the ledger's groups on balances the transaction holds."""


async def enter_movements(
    movements: tuple[Movement, ...],
    cause: str,
    context: Context,
    tx: ExecutionTransaction,
    *,
    new_id: NewId,
    enter: Enter,
) -> None:
    """Enter ``movements`` as one group. Raises InsufficientStock when a balance would break its bound."""
    if not movements:
        return
    locked = await tx.ledger.lock({movement.key for movement in movements})
    check_bounds((held.balance for held in locked.values()), movements)
    act = NewEntries(group=GroupId(new_id()), movements=movements, cause=cause)
    await enter([act], locked, context, tx)


async def keep(
    events: Sequence[OrderEvent | ReturnEvent], after: Dossier, context: Context, tx: ExecutionTransaction
) -> None:
    """Keep the order as ``events``, its newest, left it."""
    await tx.dossiers.save(after)
    stream = StreamId(after.order.facts.order_id)
    await tx.journal.record(
        [
            NewEvent(tenant=context.tenant, stream=stream, version=version, body=event)
            for version, event in enumerate(events, start=after.version - len(events) + 1)
        ]
    )
