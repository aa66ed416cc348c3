"""Set stock aside for a channel, and withdraw that again."""

from core.inventory.allotment import (
    Allotment,
    AllotmentNotFound,
    AllotToChannel,
    WithdrawAllotment,
    allot,
    begun,
    repeated,
    withdraw,
    withdrawn,
)
from core.kernel.context import Context
from core.kernel.event import NewEvent
from core.kernel.ids import StreamId
from ports.inventory import InventoryTransaction


async def allot_to_channel(command: AllotToChannel, context: Context, tx: InventoryTransaction) -> Allotment:
    """The allotment; the same one when it is asked for again.

    Raises InvalidAllotment, AllotmentTaken, AllotmentWithdrawn.
    """
    event = allot(command)
    known = await tx.allotments.lock(command.id)
    if known is not None:
        return repeated(known, command)
    allotment = begun(event)
    await tx.allotments.add(allotment)
    await _record(allotment, event, context, tx)
    return allotment


async def withdraw_allotment(command: WithdrawAllotment, context: Context, tx: InventoryTransaction) -> Allotment:
    """As it ended. Raises AllotmentNotFound, AllotmentWithdrawn."""
    allotment = await tx.allotments.lock(command.id)
    if allotment is None:
        raise AllotmentNotFound(f"there is no allotment {command.id}")
    event = withdraw(allotment, command)
    ended = withdrawn(allotment)
    await tx.allotments.save(ended)
    await _record(ended, event, context, tx)
    return ended


async def _record(allotment: Allotment, event: object, context: Context, tx: InventoryTransaction) -> None:
    stream = StreamId(allotment.id)
    await tx.journal.record([NewEvent(tenant=context.tenant, stream=stream, version=allotment.version, body=event)])
