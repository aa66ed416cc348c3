"""Because of what an entry was made: the text the ledger keeps, and what a person understands of it.

The ledger keeps ``kind:name``. A cause is read without asking anybody; what it leads to (an order's number, whose cart)
is filled in by whoever can look it up, and stays empty when it cannot be found. A person's own act has no cause.
"""

from datetime import datetime

from core.inventory.holding import Holder
from core.kernel.ids import OrderId, ReservationId, ReturnId, TransferId, is_id
from core.kernel.value import value


@value
class OrderCause:
    """An order that was promised stock, and where it came from."""

    order: OrderId
    channel: str | None = None
    external_id: str | None = None
    customer: str | None = None
    received_at: datetime | None = None


@value
class ReservationCause:
    """A hold, and for what and whom it was."""

    reservation: ReservationId
    holder: Holder | None = None
    reference: str | None = None


@value
class ChannelCause:
    """An allocation to a sales channel."""

    channel: str


@value
class ReturnCause:
    """A return, and of which order."""

    one: ReturnId
    order: OrderId | None = None
    external_id: str | None = None
    channel: str | None = None


@value
class TransferCause:
    """A transfer, and between which locations (their codes)."""

    transfer: TransferId
    source: str | None = None
    target: str | None = None


@value
class OtherCause:
    """A kind of cause that has no words of its own: shown as the ledger has it."""

    kind: str
    name: str


Cause = OrderCause | ReservationCause | ChannelCause | ReturnCause | TransferCause | OtherCause


def cause_of(text: str | None) -> Cause | None:
    """The cause in ``text`` as the ledger keeps it, None for none. Never raises: what it cannot read stays as it is."""
    if not text:
        return None
    kind, separator, name = text.partition(":")
    if kind == "order" and is_id(name):
        return OrderCause(order=OrderId(name))
    if kind == "reservation" and is_id(name):
        return ReservationCause(reservation=ReservationId(name))
    if kind == "return" and is_id(name):
        return ReturnCause(one=ReturnId(name))
    if kind == "transfer" and is_id(name):
        return TransferCause(transfer=TransferId(name))
    if kind == "channel" and name:
        return ChannelCause(channel=name)
    return OtherCause(kind=kind if separator else "", name=name if separator else text)
