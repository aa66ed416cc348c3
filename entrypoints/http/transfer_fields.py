"""The structs of transfers' bodies and answers."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated

from msgspec import Meta, field

from core.inventory.transfer import TransferState
from entrypoints.http.fields import Body, Code, Moment, Positive, Reason, Reference, Shown, Sku
from entrypoints.http.paging import PageQuery

LINES_MAX = 200


class NewTransferLine(Body):
    """So much of one item, of one `lot` where it is kept by lot."""

    sku: Sku
    quantity: Positive
    lot: Code | None = None


Lines = Annotated[tuple[NewTransferLine, ...], Meta(min_length=1, max_length=LINES_MAX)]


class NewTransfer(Body):
    """Move every item, or nothing: at once, or planned when `ship_on` lies in the future."""

    source: Code = field(name="from")
    target: Code = field(name="to")
    items: Lines
    reason: Reason
    reference: Reference | None = None
    ship_on: Moment | None = None
    due: Moment | None = None


class NewArrival(Body):
    """What has arrived; left out, all that is under way."""

    items: Lines | None = None


class NewTransferEnd(Body):
    """Why it ends."""

    reason: Reason


class TransfersQuery(PageQuery, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Which transfers to list."""

    state: TransferState | None = None


class ShownTransferLine(Shown):
    """An item of a transfer: `under_way` is what has left and neither arrived nor been given up."""

    sku: str
    lot: str | None
    quantity: Decimal
    received: Decimal
    lost: Decimal
    under_way: Decimal


class ShownTransfer(Shown):
    """A transfer. It ends once: received, closed short or cancelled."""

    id: str
    state: TransferState
    source: str = field(name="from")
    target: str = field(name="to")
    items: list[ShownTransferLine]
    reason: str
    reference: str | None
    ship_on: datetime | None
    due: datetime | None
