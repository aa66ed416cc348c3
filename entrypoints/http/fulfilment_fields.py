"""The structs of fulfilment orders, and how a person reads one."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Annotated

from msgspec import Meta

from core.kernel.quantity import to_amount
from core.orders.changing import LineQuantity
from core.orders.fulfilment import Fulfilment, FulfilmentLine, FulfilmentState, Units
from core.orders.order import OrderLine
from entrypoints.http.fields import Body, Code, Name, Positive, Reason, Reference, Shown
from entrypoints.http.order_body import ITEMS_MAX
from entrypoints.http.paging import PageQuery

LineNumber = Annotated[int, Meta(ge=1, le=ITEMS_MAX)]


class NewLineQuantity(Body):
    """So much of one line, in its item's unit of measure."""

    line: LineNumber
    quantity: Positive


Lines = Annotated[tuple[NewLineQuantity, ...], Meta(min_length=1, max_length=ITEMS_MAX)]


class NewPick(Body):
    """What is off the shelf; all that is left when `lines` are left out."""

    lines: Lines | None = None


class NewShipment(Body):
    """What has left; all that is left when `lines` are left out. What was not picked yet is picked by it."""

    lines: Lines | None = None
    carrier: Name | None = None
    tracking: Reference | None = None


class NewArrival(Body):
    """What has arrived: one shipment by its number, or all that are under way."""

    shipment: Annotated[int, Meta(ge=1, le=1_000_000)] | None = None


class NewRefusal(Body):
    """The location will not send it."""

    reason: Reason


class NewWay(Body):
    """Send it from another location instead."""

    location: Code
    reason: Reason


class NewCancellation(Body):
    """Send no more of it. `forced` calls back what is being picked or packed."""

    reason: Reason
    forced: bool = False


class NewLot(Body):
    """Send what is not picked of this line from `lot` instead of the lot it was promised from."""

    line: LineNumber
    instead_of: Code
    lot: Code


class ShownFulfilmentLine(Shown):
    """What is asked for of one line of the order, quantities in its item's unit of measure."""

    line: int
    sku: str
    lot: str | None
    quantity: Decimal
    picked: Decimal
    shipped: Decimal


class ShownShippedLine(Shown):
    """A quantity in a parcel."""

    line: int
    sku: str
    lot: str | None
    quantity: Decimal


class ShownShipment(Shown):
    """A parcel."""

    number: int
    carrier: str | None
    tracking: str | None
    shipped_at: datetime
    delivered_at: datetime | None
    lines: list[ShownShippedLine]


class ShownFulfilment(Shown):
    """What one location is asked to send for one order, and until when it is to answer, if somebody has asked."""

    id: str
    order_id: str
    location: str
    state: FulfilmentState
    answer_by: datetime | None
    reason: str | None
    lines: list[ShownFulfilmentLine]
    shipments: list[ShownShipment]


class WorkQuery(PageQuery, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Which fulfilment orders to list."""

    location: Code | None = None
    state: FulfilmentState | None = None


def show_fulfilment(one: Fulfilment, lines: Iterable[OrderLine], codes: Mapping[str, str]) -> ShownFulfilment:
    """A fulfilment order as a person reads it; ``lines`` are its order's, ``codes`` of locations and lots."""
    known = {line.number: line for line in lines}
    return ShownFulfilment(
        id=one.id,
        order_id=one.order,
        location=codes.get(one.location, one.location),
        state=one.state,
        answer_by=one.answer_by,
        reason=one.reason,
        lines=[_show_line(wanted, known[wanted.line], codes) for wanted in one.lines],
        shipments=[
            ShownShipment(
                number=parcel.number,
                carrier=parcel.carrier,
                tracking=parcel.tracking,
                shipped_at=parcel.shipped_at,
                delivered_at=parcel.delivered_at,
                lines=[_show_units(units, known[units.line], codes) for units in parcel.units],
            )
            for parcel in one.shipments
        ],
    )


def _show_line(wanted: FulfilmentLine, line: OrderLine, codes: Mapping[str, str]) -> ShownFulfilmentLine:
    sku, scale = line.named(wanted.item)
    return ShownFulfilmentLine(
        line=wanted.line,
        sku=sku,
        lot=codes.get(wanted.lot, wanted.lot) if wanted.lot else None,
        quantity=to_amount(wanted.quantity, scale),
        picked=to_amount(wanted.picked, scale),
        shipped=to_amount(wanted.shipped, scale),
    )


def _show_units(units: Units, line: OrderLine, codes: Mapping[str, str]) -> ShownShippedLine:
    sku, scale = line.named(units.item)
    lot = codes.get(units.lot, units.lot) if units.lot else None
    return ShownShippedLine(line=units.line, sku=sku, lot=lot, quantity=to_amount(units.quantity, scale))


def to_quantities(lines: Iterable[NewLineQuantity] | None) -> tuple[LineQuantity, ...] | None:
    """The core's words for ``lines``."""
    return None if lines is None else tuple(LineQuantity(line=one.line, quantity=one.quantity) for one in lines)
