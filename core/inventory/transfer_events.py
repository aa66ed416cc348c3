"""What happens to transfers, as the journal keeps it: quantities are base units, each with the item's decimals."""

from datetime import datetime

from core.kernel.ids import ItemId, LocationId, LotId, TransferId
from core.kernel.value import value


@value
class TransferLine:
    """``quantity`` base units of an item (and lot), how many of them arrived, and how many never will."""

    item: ItemId
    lot: LotId
    sku: str
    scale: int
    quantity: int
    received: int = 0
    lost: int = 0
    lot_code: str | None = None

    @property
    def left(self) -> int:
        """What has neither arrived nor been given up."""
        return self.quantity - self.received - self.lost


@value
class TransferPart:
    """``quantity`` base units of one line."""

    item: ItemId
    lot: LotId
    sku: str
    scale: int
    quantity: int


@value
class TransferPlanned:
    """There is a transfer; nothing has moved yet."""

    transfer_id: TransferId
    source: LocationId
    source_code: str
    target: LocationId
    target_code: str
    transit: LocationId
    lines: tuple[TransferLine, ...]
    reason: str
    reference: str | None
    ship_on: datetime | None
    due: datetime | None


@value
class TransferShipped:
    """It has left the source."""

    transfer_id: TransferId
    parts: tuple[TransferPart, ...]


@value
class TransferReceived:
    """``parts`` are on the target's shelf; ``complete`` when nothing is left under way."""

    transfer_id: TransferId
    parts: tuple[TransferPart, ...]
    complete: bool


@value
class TransferClosed:
    """``parts`` never came, because ``reason``."""

    transfer_id: TransferId
    parts: tuple[TransferPart, ...]
    reason: str


@value
class TransferCancelled:
    """It was called off, because ``reason``; ``parts`` are back on the source's shelf."""

    transfer_id: TransferId
    parts: tuple[TransferPart, ...]
    reason: str


Changed = TransferShipped | TransferReceived | TransferClosed | TransferCancelled
