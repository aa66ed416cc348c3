"""What is known of an order, the facts that made it so, and the phase they add up to."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum

from core.kernel.errors import NotFound
from core.kernel.goods import Component, kits
from core.kernel.ids import IntakeId, ItemId, LocationId, LotId, OrderId
from core.kernel.value import value


class OrderNotFound(NotFound):
    """No order with this id."""

    code = "order_not_found"


class Phase(StrEnum):
    """Where an order stands, derived from its facts."""

    ON_HOLD = "on_hold"
    REJECTED = "rejected"
    AWAITING_STOCK = "awaiting_stock"
    ALLOCATED = "allocated"
    PARTIALLY_FULFILLED = "partially_fulfilled"
    FULFILLED = "fulfilled"
    CANCELLED = "cancelled"


@value
class Reason:
    """Why something was refused or held: a stable code, words, and the field it is about."""

    code: str
    detail: str
    path: str | None = None


@value
class AllocatedPart:
    """``quantity`` base units promised from ``location``; ``backordered`` of them are still to come.

    ``lot`` is None where stock is not kept by lot, ``item`` where it is the line's own: a kit's parts are of its
    components.
    """

    location: LocationId
    quantity: int
    backordered: int = 0
    lot: LotId | None = None
    item: ItemId | None = None


@value
class OrderLine:
    """One line, in base units of its item; ``price`` in minor units of the order's currency for ``per`` base units.

    ``unit`` is what it was ordered in. None stands for the item's unit of measure, and in ``per`` for one of that. A
    line of a kit is counted in kits; its ``components`` say what one takes, and its parts are of them.
    """

    number: int
    item: ItemId
    sku: str
    scale: int
    ordered: int
    price: int | None
    parts: tuple[AllocatedPart, ...] = ()
    shipped: int = 0
    cancelled: int = 0
    unit: str | None = None
    per: int | None = None
    components: tuple[Component, ...] = ()

    @property
    def allocated(self) -> int:
        """Base units promised from a location; of a kit, whole ones."""
        if self.components:
            return kits([(part.item or self.item, part.quantity) for part in self.parts], self.components)
        return sum([part.quantity for part in self.parts])

    @property
    def backordered(self) -> int:
        """Base units promised that are not on a shelf yet; of a kit, those that lack something."""
        if self.components:
            there = [(part.item or self.item, part.quantity - part.backordered) for part in self.parts]
            return self.allocated - kits(there, self.components)
        return sum([part.backordered for part in self.parts])


@value
class OrderFacts:
    """What every outcome of an order says about it."""

    order_id: OrderId
    intake_id: IntakeId
    channel: str
    external_id: str | None
    customer: str | None
    currency: str | None
    total: int
    lines: tuple[OrderLine, ...]
    received_at: datetime


@value
class Order:
    """The order's facts in one place, for whoever asks; the journal has how they came about."""

    facts: OrderFacts
    vendor: str | None = None
    accepted_at: datetime | None = None
    rejected_at: datetime | None = None
    held_at: datetime | None = None
    cancelled_at: datetime | None = None
    reasons: tuple[Reason, ...] = ()

    @property
    def phase(self) -> Phase:
        """Where the order stands."""
        if self.rejected_at:
            return Phase.REJECTED
        if self.cancelled_at:
            return Phase.CANCELLED
        if self.held_at:
            return Phase.ON_HOLD
        return _progress(self.facts.lines)


def _progress(lines: Sequence[OrderLine]) -> Phase:
    open_lines = [line for line in lines if line.cancelled < line.ordered]
    if all(line.shipped >= line.ordered - line.cancelled for line in open_lines):
        return Phase.FULFILLED
    if any(line.shipped for line in open_lines):
        return Phase.PARTIALLY_FULFILLED
    return Phase.AWAITING_STOCK if any(line.backordered for line in open_lines) else Phase.ALLOCATED
