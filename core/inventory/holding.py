"""What a person does with holds on stock: begin one, extend, release or commit it, and sweep what is over."""

from decimal import Decimal
from enum import StrEnum

from core.kernel.ids import ReservationId
from core.kernel.value import value

HOLD_SECONDS = 600
"""How long a hold lasts unless it is said otherwise."""


class Holder(StrEnum):
    """What stock is held for."""

    CART = "cart"
    INTAKE = "intake"
    CHANNEL_ORDER = "channel_order"
    TRANSFER = "transfer"
    MANUAL = "manual"


@value
class ReservationLine:
    """``quantity`` of the item with this SKU, in ``unit``; None: in its unit of measure."""

    sku: str
    quantity: Decimal
    unit: str | None = None


@value
class ReserveStock:
    """Hold every line, or nothing. ``reference`` says whose cart, order or transfer it is.

    Whoever must be able to undo it without having heard of its success chooses the ``id``.
    """

    lines: tuple[ReservationLine, ...]
    holder: Holder
    reference: str | None = None
    seconds: int = HOLD_SECONDS
    id: ReservationId | None = None


@value
class ExtendReservation:
    """Hold it for ``seconds`` from now, or as long as it was first held for; never for less than it is already."""

    id: ReservationId
    seconds: int | None = None


@value
class ReleaseReservation:
    """Give the stock back, because ``reason``."""

    id: ReservationId
    reason: str


@value
class CommitReservation:
    """Promise the stock to ``cause``, what it was held for."""

    id: ReservationId
    cause: str


@value
class ConsumeReservation:
    """What was promised has left the shelves: it is with whoever it was held for."""

    id: ReservationId


@value
class ExpireReservations:
    """End up to ``limit`` of the tenant's holds whose time is over."""

    limit: int


Change = ExtendReservation | ReleaseReservation | CommitReservation | ConsumeReservation
