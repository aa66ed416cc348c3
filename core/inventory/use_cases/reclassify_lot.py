"""Say what may be done with a lot."""

from core.inventory.lot import Lot, LotNotFound, ReclassifyLot, evolve, reclassify
from core.kernel.context import Context
from core.kernel.event import NewEvent
from core.kernel.ids import StreamId
from ports.inventory import InventoryTransaction


async def reclassify_lot(command: ReclassifyLot, context: Context, tx: InventoryTransaction) -> Lot:
    """The lot as it is now. Raises LotNotFound, InvalidLot.

    All its balances are held first: whoever promises of it holds one of them, so that either the promise was there
    before, or it finds the new status.
    """
    stockable = (await tx.ledger.stockables([command.sku])).get(command.sku)
    name = (stockable.item, command.code) if stockable else None
    lot = (await tx.lots.lock([name])).get(name) if name else None
    if lot is None:
        raise LotNotFound(f"'{command.sku}' has no lot '{command.code}'")
    await tx.ledger.lock((await tx.lots.places([lot.id])).get(lot.id, ()))
    for event in reclassify(lot, command):
        lot = evolve(lot, event)
        await tx.lots.change(lot)
        await tx.journal.record(
            [NewEvent(tenant=context.tenant, stream=StreamId(lot.id), version=lot.version, body=event)]
        )
    return lot
