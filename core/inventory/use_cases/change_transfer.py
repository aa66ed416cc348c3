"""Ship, receive, close and cancel a transfer: each one group in the ledger."""

from collections.abc import Mapping, Sequence

from core.inventory.balance import BalanceKey
from core.inventory.transfer import Transfer, check_arrived, decide, evolve
from core.inventory.transfer_events import Changed, TransferLine
from core.inventory.transferring import (
    CancelTransfer,
    Change,
    CloseTransfer,
    LookForArrival,
    ReceiveTransfer,
    ShipTransfer,
    TransferNotFound,
)
from core.inventory.transit import check_shelf, keys_of, movements
from core.inventory.use_cases.entering import end_expired, enter
from core.kernel.context import Context
from core.kernel.event import NewEvent
from core.kernel.ids import GroupId, NewId, StreamId, TransferId
from ports.inventory import InventoryTransaction, LockedBalance, NewEntries

Locked = Mapping[BalanceKey, LockedBalance]


async def ship_transfer(
    command: ShipTransfer, context: Context, tx: InventoryTransaction, *, new_id: NewId
) -> Transfer:
    """As it is under way. Raises TransferNotFound, TransferEnded, TransferOutOfTurn, InsufficientStock."""
    transfer = await _held(command.id, tx)
    event = decide(transfer, command)
    locked = await ready_to_ship(transfer, transfer.lines, context, tx, new_id)
    return await carry_out(transfer, event, locked, context, tx, new_id)


async def receive_transfer(
    command: ReceiveTransfer, context: Context, tx: InventoryTransaction, *, new_id: NewId
) -> Transfer:
    """With what arrived on the target's shelf.

    Raises TransferNotFound, TransferEnded, TransferOutOfTurn, MoreThanUnderWay, NotInTransfer, InvalidTransfer,
    InvalidQuantity, InvalidMovement, each naming its path.
    """
    return await _change(command, context, tx, new_id)


async def close_transfer(
    command: CloseTransfer, context: Context, tx: InventoryTransaction, *, new_id: NewId
) -> Transfer:
    """As it ended; what never came is an adjustment. Raises TransferNotFound, TransferEnded, TransferOutOfTurn."""
    return await _change(command, context, tx, new_id)


async def cancel_transfer(
    command: CancelTransfer, context: Context, tx: InventoryTransaction, *, new_id: NewId
) -> Transfer:
    """As it ended; what was not received is back on the source's shelf. Raises TransferNotFound, TransferEnded."""
    return await _change(command, context, tx, new_id)


async def look_for_arrival(command: LookForArrival, context: Context, tx: InventoryTransaction) -> Transfer:
    """As it ended. Raises TransferNotFound, TransferUnderWay, TransferCalledOff."""
    transfer = await _held(command.id, tx)
    check_arrived(transfer)
    return transfer


async def ready_to_ship(
    transfer: Transfer, asked: Sequence[TransferLine], context: Context, tx: InventoryTransaction, new_id: NewId
) -> Locked:
    """The transfer's shelves, held, once what expired holds keep there is free again.

    Raises InsufficientStock, naming the line of ``asked``, when the source does not have all of it.
    """
    await end_expired(sorted({line.item for line in transfer.lines}), context, tx, new_id=new_id)
    locked = await tx.ledger.lock(keys_of(transfer))
    check_shelf(transfer.source, asked, {key: held.balance.available for key, held in locked.items()})
    return locked


async def carry_out(
    transfer: Transfer, event: Changed, locked: Locked, context: Context, tx: InventoryTransaction, new_id: NewId
) -> Transfer:
    """The transfer after ``event``, which is recorded, and its movements entered."""
    act = NewEntries(group=GroupId(new_id()), movements=movements(transfer, event), cause=f"transfer:{transfer.id}")
    await enter([act], locked, context, tx)
    after = evolve(transfer, event)
    await tx.transfers.save(after)
    stream = StreamId(after.id)
    await tx.journal.record([NewEvent(tenant=context.tenant, stream=stream, version=after.version, body=event)])
    return after


async def _change(change: Change, context: Context, tx: InventoryTransaction, new_id: NewId) -> Transfer:
    transfer = await _held(change.id, tx)
    event = decide(transfer, change)
    locked = await tx.ledger.lock(keys_of(transfer))
    return await carry_out(transfer, event, locked, context, tx, new_id)


async def _held(transfer_id: TransferId, tx: InventoryTransaction) -> Transfer:
    transfer = await tx.transfers.lock(transfer_id)
    if transfer is None:
        raise TransferNotFound(f"there is no transfer {transfer_id}")
    return transfer
