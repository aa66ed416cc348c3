"""One example of every message about stock on its way: see adapters.toolkit.samples."""

from datetime import UTC, datetime

from core.inventory.expected import ExpectedReceived, ExpectedWithdrawn, ReceiptAmended, ReceiptAnnounced
from core.inventory.transfer_events import (
    TransferCancelled,
    TransferClosed,
    TransferLine,
    TransferPart,
    TransferPlanned,
    TransferReceived,
    TransferShipped,
)
from core.kernel.ids import NO_LOT, ExpectedReceiptId, ItemId, LocationId, TransferId

_PREFIX = "019ca6b1-dc00-7000-8000-00000000000"
_ITEM, _LEEDS, _BERLIN = ItemId(f"{_PREFIX}1"), LocationId(f"{_PREFIX}2"), LocationId(f"{_PREFIX}3")
_TRANSFER, _TRANSIT = TransferId(f"{_PREFIX}b"), LocationId(f"{_PREFIX}c")
_EXPECTED = ExpectedReceiptId(f"{_PREFIX}d")
_DUE = datetime(2026, 3, 9, 8, tzinfo=UTC)


def _parts(quantity: int) -> tuple[TransferPart, ...]:
    return (TransferPart(item=_ITEM, lot=NO_LOT, sku="TEA-250", scale=0, quantity=quantity),)


def transfer_samples() -> dict[str, object]:
    """An example of each, by its name on the wire."""
    return {
        "transfer.planned.v1": TransferPlanned(
            transfer_id=_TRANSFER,
            source=_LEEDS,
            source_code="LEEDS",
            target=_BERLIN,
            target_code="BERLIN",
            transit=_TRANSIT,
            lines=(TransferLine(item=_ITEM, lot=NO_LOT, sku="TEA-250", scale=0, quantity=40),),
            reason="Berlin runs low",
            reference="T-2026-17",
            ship_on=datetime(2026, 3, 5, 6, tzinfo=UTC),
            due=_DUE,
        ),
        "transfer.shipped.v1": TransferShipped(transfer_id=_TRANSFER, parts=_parts(40)),
        "transfer.received.v1": TransferReceived(transfer_id=_TRANSFER, parts=_parts(38), complete=False),
        "transfer.closed.v1": TransferClosed(transfer_id=_TRANSFER, parts=_parts(2), reason="lost by the carrier"),
        "transfer.cancelled.v1": TransferCancelled(transfer_id=_TRANSFER, parts=_parts(40), reason="turned back"),
        "expected_receipt.announced.v1": ReceiptAnnounced(
            expected_id=_EXPECTED,
            item=_ITEM,
            sku="TEA-250",
            scale=0,
            location=_LEEDS,
            location_code="LEEDS",
            quantity=500,
            due=_DUE,
            reference="ASN-88",
        ),
        "expected_receipt.amended.v1": ReceiptAmended(expected_id=_EXPECTED, quantity=480, due=_DUE),
        "expected_receipt.received.v1": ExpectedReceived(expected_id=_EXPECTED, quantity=480, complete=True),
        "expected_receipt.withdrawn.v1": ExpectedWithdrawn(expected_id=_EXPECTED, reason="the supplier closed"),
    }
