"""Start a transfer: plan it, or ship it at once."""

from itertools import count

from core.inventory.location import Location, create
from core.inventory.location import evolve as opened
from core.inventory.transfer import Transfer, begun, decide
from core.inventory.transfer_events import TransferLine, TransferPlanned
from core.inventory.transferring import ShipTransfer, StartTransfer
from core.inventory.transit import Goods, added_up, asked_lines, ends_of, is_later, keys_of, transit_location
from core.inventory.use_cases.change_transfer import carry_out, ready_to_ship
from core.kernel.context import Context
from core.kernel.event import NewEvent
from core.kernel.ids import LocationId, NewId, StreamId, TransferId
from ports.inventory import InventoryTransaction


async def start_transfer(
    command: StartTransfer, context: Context, tx: InventoryTransaction, *, new_id: NewId
) -> Transfer:
    """The new transfer, every line of it or none.

    Raises UnknownLocation, InvalidTransfer, UnknownSku, KitHoldsNoStock, InvalidLot, UnknownLot, InvalidQuantity,
    InvalidMovement, InsufficientStock, each naming its path.
    """
    source, target = ends_of(command, await tx.locations.by_code({command.source, command.target}))
    stockables = await tx.ledger.stockables({line.sku for line in command.lines})
    goods = {
        sku: Goods(item=one.item, scale=one.scale, tracking=one.tracking, is_kit=bool(one.components))
        for sku, one in stockables.items()
    }
    names = {(goods[line.sku].item, line.lot) for line in command.lines if line.lot and line.sku in goods}
    lots = await tx.lots.lock(names) if names else {}
    asked = asked_lines(command, goods, {name: lot.id for name, lot in lots.items()})
    transit = await _transit(context, tx, new_id)
    planned = _planned(command, command.id or TransferId(new_id()), source, target, transit, added_up(asked))
    transfer = begun(planned)
    locked = None
    if is_later(command, context.now):
        await tx.ledger.lock(keys_of(transfer))  # so that what is to come shows on a shelf that never had any
    else:
        locked = await ready_to_ship(transfer, asked, context, tx, new_id)
    await tx.transfers.add(transfer)
    stream = StreamId(transfer.id)
    await tx.journal.record([NewEvent(tenant=context.tenant, stream=stream, version=1, body=planned)])
    if locked is None:
        return transfer
    shipped = decide(transfer, ShipTransfer(id=transfer.id))
    return await carry_out(transfer, shipped, locked, context, tx, new_id)


def _planned(
    command: StartTransfer,
    transfer_id: TransferId,
    source: Location,
    target: Location,
    transit: Location,
    lines: tuple[TransferLine, ...],
) -> TransferPlanned:
    return TransferPlanned(
        transfer_id=transfer_id,
        source=source.id,
        source_code=source.code,
        target=target.id,
        target_code=target.code,
        transit=transit.id,
        lines=lines,
        reason=command.reason,
        reference=command.reference,
        ship_on=command.ship_on,
        due=command.due,
    )


async def _transit(context: Context, tx: InventoryTransaction, new_id: NewId) -> Location:
    """The tenant's place for what is under way: there, or opened now; somebody else may be opening it too."""
    for number in count(1):
        known = await tx.locations.in_transit()
        if known is not None:
            return known
        event = create(transit_location(number), LocationId(new_id()))
        location = opened(event)
        if await tx.locations.add(location):
            body = NewEvent(tenant=context.tenant, stream=StreamId(location.id), version=1, body=event)
            await tx.journal.record([body])
            return location
    raise AssertionError("some code is free")
