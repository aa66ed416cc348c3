"""Announce supply that is to come."""

from core.inventory.acts import KitHoldsNoStock, UnknownLocation, UnknownSku
from core.inventory.balance import BalanceKey
from core.inventory.expected import ExpectedReceipt, ReceiptAnnounced, announced, units_of
from core.inventory.expecting import AnnounceReceipt, InvalidExpectation
from core.inventory.location import LocationKind
from core.kernel.context import Context
from core.kernel.event import NewEvent
from core.kernel.ids import ExpectedReceiptId, NewId, StreamId
from ports.inventory import InventoryTransaction


async def announce_receipt(
    command: AnnounceReceipt, context: Context, tx: InventoryTransaction, *, new_id: NewId
) -> ExpectedReceipt:
    """The new expected receipt.

    Raises UnknownSku, KitHoldsNoStock, UnknownLocation, InvalidExpectation, InvalidQuantity, InvalidMovement, each
    naming its path.
    """
    item = (await tx.ledger.stockables([command.sku])).get(command.sku)
    if item is None:
        raise UnknownSku(f"there is no item with the SKU '{command.sku}'", path="$.sku")
    if item.components:
        raise KitHoldsNoStock(f"'{item.sku}' is a kit: announce its components", path="$.sku")
    place = (await tx.locations.by_code([command.location])).get(command.location)
    if place is None:
        raise UnknownLocation(f"there is no location with the code '{command.location}'", path="$.location")
    if place.kind is LocationKind.IN_TRANSIT:
        raise InvalidExpectation(f"nothing is delivered to '{place.code}': it is no shelf", path="$.location")
    event = ReceiptAnnounced(
        expected_id=ExpectedReceiptId(new_id()),
        item=item.item,
        sku=item.sku,
        scale=item.scale,
        location=place.id,
        location_code=place.code,
        quantity=units_of(command.quantity, item.scale),
        due=command.due,
        reference=command.reference,
    )
    await tx.ledger.lock([BalanceKey(item=item.item, location=place.id)])  # shows what is to come where none ever was
    expected = announced(event)
    await tx.expected.add(expected)
    stream = StreamId(expected.id)
    await tx.journal.record([NewEvent(tenant=context.tenant, stream=stream, version=1, body=event)])
    return expected
