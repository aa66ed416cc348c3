"""A fulfilment order: what one location is asked to send for one order, and how far it has come.

It is *proposed* until its location accepts it or rejects it; then its goods are picked, packed and shipped, in parts if
need be, until they are delivered. What is not shipped can be cancelled; what is, comes back as a return.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from enum import StrEnum

from core.kernel.errors import Conflict, NotFound
from core.kernel.ids import FulfilmentId, ItemId, LocationId, LotId, OrderId
from core.kernel.value import value
from core.orders.order import OrderLine


class FulfilmentNotFound(NotFound):
    """No fulfilment order with this id."""

    code = "fulfilment_not_found"


class NotInThisState(Conflict):
    """The fulfilment order has not come so far, or is past it."""

    code = "fulfilment_state"


class FulfilmentState(StrEnum):
    """How far it has come. REJECTED, DELIVERED and CANCELLED are ends."""

    PROPOSED = "proposed"
    ACCEPTED = "accepted"
    PICKING = "picking"
    PACKED = "packed"
    SHIPPED = "shipped"
    DELIVERED = "delivered"
    REJECTED = "rejected"
    CANCELLED = "cancelled"


class FulfilmentAct(StrEnum):
    """What is done to it."""

    ACCEPT = "accept"
    REJECT = "reject"
    RECALL = "recall"
    PICK = "pick"
    PACK = "pack"
    SHIP = "ship"
    DELIVER = "deliver"
    CANCEL = "cancel"


OPEN = (FulfilmentState.PROPOSED, FulfilmentState.ACCEPTED, FulfilmentState.PICKING, FulfilmentState.PACKED)
"""Something is still to be sent."""
ENDED_UNSENT = (FulfilmentState.REJECTED, FulfilmentState.CANCELLED)
"""It ended, and nothing was sent."""
AT_WORK = (FulfilmentState.PICKING, FulfilmentState.PACKED)
"""Somebody holds the goods in his hands: only force calls them back."""

NEXT: Mapping[tuple[FulfilmentState, FulfilmentAct], FulfilmentState] = {
    (FulfilmentState.PROPOSED, FulfilmentAct.ACCEPT): FulfilmentState.ACCEPTED,
    (FulfilmentState.PROPOSED, FulfilmentAct.REJECT): FulfilmentState.REJECTED,
    (FulfilmentState.PROPOSED, FulfilmentAct.RECALL): FulfilmentState.REJECTED,
    (FulfilmentState.PROPOSED, FulfilmentAct.CANCEL): FulfilmentState.CANCELLED,
    (FulfilmentState.ACCEPTED, FulfilmentAct.REJECT): FulfilmentState.REJECTED,
    (FulfilmentState.ACCEPTED, FulfilmentAct.PICK): FulfilmentState.PICKING,
    (FulfilmentState.ACCEPTED, FulfilmentAct.SHIP): FulfilmentState.SHIPPED,
    (FulfilmentState.ACCEPTED, FulfilmentAct.CANCEL): FulfilmentState.CANCELLED,
    (FulfilmentState.PICKING, FulfilmentAct.PICK): FulfilmentState.PICKING,
    (FulfilmentState.PICKING, FulfilmentAct.PACK): FulfilmentState.PACKED,
    (FulfilmentState.PICKING, FulfilmentAct.SHIP): FulfilmentState.SHIPPED,
    (FulfilmentState.PICKING, FulfilmentAct.DELIVER): FulfilmentState.PICKING,
    (FulfilmentState.PICKING, FulfilmentAct.CANCEL): FulfilmentState.CANCELLED,
    (FulfilmentState.PACKED, FulfilmentAct.PICK): FulfilmentState.PICKING,
    (FulfilmentState.PACKED, FulfilmentAct.SHIP): FulfilmentState.SHIPPED,
    (FulfilmentState.PACKED, FulfilmentAct.DELIVER): FulfilmentState.PACKED,
    (FulfilmentState.PACKED, FulfilmentAct.CANCEL): FulfilmentState.CANCELLED,
    (FulfilmentState.SHIPPED, FulfilmentAct.DELIVER): FulfilmentState.DELIVERED,
}
"""From where each act leads where; a shipment that leaves something behind leads back to picking."""


@value
class Units:
    """``quantity`` base units of ``item`` for line ``line``, asked of ``fulfilment`` at ``location``.

    ``picked`` of them are off the shelf; ``backordered`` were promised before there were any.
    """

    line: int
    fulfilment: FulfilmentId
    item: ItemId
    location: LocationId
    quantity: int
    lot: LotId | None = None
    picked: int = 0
    backordered: int = 0

    @property
    def key(self) -> tuple[int, ItemId, LotId | None]:
        """Which line of the fulfilment order they are of."""
        return (self.line, self.item, self.lot)


@value
class FulfilmentLine:
    """``quantity`` base units to be sent, of which ``shipped`` have left and ``picked`` are about to."""

    line: int
    item: ItemId
    quantity: int
    lot: LotId | None = None
    picked: int = 0
    shipped: int = 0

    @property
    def open(self) -> int:
        """Base units that have not left."""
        return self.quantity - self.shipped

    @property
    def key(self) -> tuple[int, ItemId, LotId | None]:
        """What tells it from the others of its fulfilment order."""
        return (self.line, self.item, self.lot)


@value
class Shipment:
    """One parcel. ``number`` counts within the fulfilment order, from 1."""

    number: int
    units: tuple[Units, ...]
    carrier: str | None
    tracking: str | None
    shipped_at: datetime
    delivered_at: datetime | None = None


@value
class Fulfilment:
    """A fulfilment order. ``reason`` says why it was rejected or cancelled, ``answer_by`` when an answer is due."""

    id: FulfilmentId
    order: OrderId
    location: LocationId
    state: FulfilmentState = FulfilmentState.PROPOSED
    lines: tuple[FulfilmentLine, ...] = ()
    shipments: tuple[Shipment, ...] = ()
    reason: str | None = None
    answer_by: datetime | None = None

    @property
    def shipped(self) -> int:
        """Base units that have left, of whatever they are."""
        return sum(line.shipped for line in self.lines)

    @property
    def open(self) -> int:
        """Base units that have not left."""
        return sum(line.open for line in self.lines)

    @property
    def delivered(self) -> list[Units]:
        """What has arrived."""
        return [units for parcel in self.shipments if parcel.delivered_at for units in parcel.units]


def next_state(fulfilment: Fulfilment, act: FulfilmentAct) -> FulfilmentState:
    """Where ``act`` leads. Raises NotInThisState."""
    state = NEXT.get((fulfilment.state, act))
    if state is None:
        raise NotInThisState(f"a fulfilment order that is {fulfilment.state} cannot be asked to {act}")
    return state


def asked(order: OrderId, lines: Iterable[OrderLine]) -> list[tuple[FulfilmentId, LocationId]]:
    """The fulfilment orders a newly accepted order begins with: one for each location it is promised from."""
    locations = dict.fromkeys([part.location for line in lines for part in line.parts])
    return [(fulfilment_id(order, location), location) for location in locations]


def proposed(order: OrderId, lines: Sequence[OrderLine]) -> tuple[Fulfilment, ...]:
    """The same with what each is asked for."""
    return tuple(
        Fulfilment(
            id=one,
            order=order,
            location=location,
            lines=tuple(
                FulfilmentLine(line=line.number, item=part.item or line.item, quantity=part.quantity, lot=part.lot)
                for line in lines
                for part in line.parts
                if part.location == location
            ),
        )
        for one, location in asked(order, lines)
    )


def fulfilment_id(order: OrderId, location: LocationId, number: int = 1) -> FulfilmentId:
    """The id of the order's fulfilment order number ``number`` at ``location``."""
    return FulfilmentId(derived_id(order, f"{location}:{number}"))


def derived_id(order: OrderId, name: str) -> str:
    """The id of something an order has one of under this name: of the order's own time, so that all of an order lie
    together, and the same however often it is asked for."""
    digits = hashlib.sha256(f"{order}:{name}".encode()).hexdigest()
    return f"{order[:18]}-8{digits[1:4]}-{digits[4:16]}"
