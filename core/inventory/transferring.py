"""What a person does with transfers: start, ship, receive, close short and cancel them; and what is refused."""

from datetime import datetime
from decimal import Decimal

from core.kernel.errors import Conflict, NotFound, Rejected
from core.kernel.ids import TransferId
from core.kernel.value import value


class TransferNotFound(NotFound):
    """No transfer with this id."""

    code = "transfer_not_found"


class TransferEnded(Conflict):
    """The transfer has ended: nothing can be done to it any more."""

    code = "transfer_ended"


class TransferCalledOff(TransferEnded):
    """The transfer was cancelled."""

    code = "transfer_cancelled"


class TransferUnderWay(Conflict):
    """Not all of it has arrived, and nobody has given it up."""

    code = "transfer_under_way"


class TransferOutOfTurn(Conflict):
    """What is not shipped cannot arrive, and what is shipped cannot be shipped again."""

    code = "transfer_out_of_turn"


class MoreThanUnderWay(Conflict):
    """More would arrive than is under way."""

    code = "more_than_under_way"


class InvalidTransfer(Rejected):
    """A transfer of nothing, from a location to itself, or from or to the way itself."""

    code = "invalid_transfer"


class NotInTransfer(Rejected):
    """The transfer does not carry this item."""

    code = "not_in_transfer"


@value
class TransferRequest:
    """``quantity`` (in the item's unit) of the item with this SKU, of the lot with this code if it is kept by lot."""

    sku: str
    quantity: Decimal
    lot: str | None = None


@value
class StartTransfer:
    """Move every line from one location to another, or nothing; ``source`` and ``target`` are codes.

    It is shipped at once unless ``ship_on`` lies in the future. ``due`` is when it should have arrived. ``id`` is
    chosen by whoever has to know it before there is an answer.
    """

    source: str
    target: str
    lines: tuple[TransferRequest, ...]
    reason: str
    reference: str | None = None
    ship_on: datetime | None = None
    due: datetime | None = None
    id: TransferId | None = None


@value
class LookForArrival:
    """Has all of it arrived, or been given up?"""

    id: TransferId


@value
class ShipTransfer:
    """What was planned leaves the shelf."""

    id: TransferId


@value
class ReceiveTransfer:
    """``lines`` have arrived; None: all that is under way."""

    id: TransferId
    lines: tuple[TransferRequest, ...] | None = None


@value
class CloseTransfer:
    """Nothing more will come: what has not is lost, because ``reason``."""

    id: TransferId
    reason: str


@value
class CancelTransfer:
    """Call it off, because ``reason``: what has not been received goes back to where it came from."""

    id: TransferId
    reason: str


Change = ShipTransfer | ReceiveTransfer | CloseTransfer | CancelTransfer
