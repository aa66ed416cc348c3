"""What is known of an order, the facts that made it so, and the phase they add up to."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from enum import StrEnum

from core.kernel.errors import NotFound
from core.kernel.goods import Component, kits
from core.kernel.ids import IntakeId, ItemId, LocationId, LotId, OrderId
from core.kernel.money import extended
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
    DELIVERED = "delivered"
    CANCELLED = "cancelled"
    CLOSED = "closed"


class HoldReason(StrEnum):
    """Why an order must not go on for now."""

    PAYMENT_REVIEW = "payment_review"
    FRAUD_REVIEW = "fraud_review"
    OPERATOR = "operator"
    STOCK_SHORTFALL = "stock_shortfall"
    ADDRESS_INVALID = "address_invalid"
    AWAITING_APPROVAL = "awaiting_approval"
    CREDIT = "credit"
    EXTERNAL = "external"


@value
class Hold:
    """One thing that keeps the order from going on, until it is released. An order has one of each reason at most."""

    reason: HoldReason
    note: str
    placed_at: datetime


@value
class Reason:
    """Why something was refused or held: a stable code, words, and the field it is about."""

    code: str
    detail: str
    path: str | None = None


@value
class AllocatedPart:
    """``quantity`` base units promised from ``location``; ``backordered`` of them are still to come.

    ``shipped`` of them have left. ``lot`` is None where stock is not kept by lot, ``item`` where it is the line's own:
    a kit's parts are of its components.
    """

    location: LocationId
    quantity: int
    backordered: int = 0
    lot: LotId | None = None
    item: ItemId | None = None
    shipped: int = 0


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
    delivered: int = 0
    returned: int = 0
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
        return self.owed

    @property
    def owed(self) -> int:
        """Base units of its item, or of a kit's components, that are promised and not on a shelf yet."""
        return sum([part.backordered for part in self.parts])

    @property
    def due(self) -> int:
        """Base units that are ordered and not cancelled."""
        return self.ordered - self.cancelled

    @property
    def unallocated(self) -> int:
        """Base units that are due and promised from nowhere."""
        return self.due - self.allocated

    @property
    def promised(self) -> dict[ItemId, int]:
        """Base units promised, by item: of its own item, or of a kit's components."""
        return self._by_item(lambda part: part.quantity)

    @property
    def sent(self) -> dict[ItemId, int]:
        """Base units that have left, by item."""
        return self._by_item(lambda part: part.shipped)

    def _by_item(self, counted: Callable[[AllocatedPart], int]) -> dict[ItemId, int]:
        sums: dict[ItemId, int] = {}
        for part in self.parts:
            item = part.item or self.item
            sums[item] = sums.get(item, 0) + counted(part)
        return sums

    def named(self, item: ItemId) -> tuple[str, int]:
        """The SKU and the decimals of ``item``: the line's own, or one of its components."""
        for component in self.components:
            if component.item == item:
                return component.sku, component.scale
        return self.sku, self.scale

    def needs(self, units: int) -> dict[ItemId, int]:
        """What ``units`` of the line take from the shelves: base units by item."""
        if self.components:
            return {component.item: units * component.quantity for component in self.components}
        return {self.item: units}

    def whole(self, units: Mapping[ItemId, int]) -> int:
        """How much of the line so much of each item makes: the opposite of ``needs``, what is odd left out."""
        return kits(list(units.items()), self.components) if self.components else units.get(self.item, 0)

    def worth(self, units: int) -> int:
        """What ``units`` of it cost, in minor units; nothing when it has no price."""
        return extended(self.price or 0, units, self.per or 10**self.scale)


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
    """The order's facts in one place, for whoever asks; the journal has how they came about.

    ``held_at`` is of an order that is not decided yet; ``holds`` are of one that is, and stopped. ``on_account``: its
    total is part of what its customer owes.
    """

    facts: OrderFacts
    vendor: str | None = None
    accepted_at: datetime | None = None
    rejected_at: datetime | None = None
    held_at: datetime | None = None
    cancelled_at: datetime | None = None
    closed_at: datetime | None = None
    reasons: tuple[Reason, ...] = ()
    holds: tuple[Hold, ...] = ()
    on_account: bool = False

    @property
    def phase(self) -> Phase:
        """Where the order stands."""
        if self.cancelled_at:
            return Phase.CANCELLED
        if self.rejected_at:
            return Phase.REJECTED
        if self.closed_at:
            return Phase.CLOSED
        if self.held_at or self.holds:
            return Phase.ON_HOLD
        return _progress(self.facts.lines)


def _progress(lines: Sequence[OrderLine]) -> Phase:
    open_lines = [line for line in lines if line.cancelled < line.ordered]
    if all(line.shipped >= line.due for line in open_lines):
        return Phase.DELIVERED if all(line.delivered >= line.due for line in open_lines) else Phase.FULFILLED
    if any(line.shipped for line in open_lines):
        return Phase.PARTIALLY_FULFILLED
    missing = any(line.backordered or line.unallocated for line in open_lines)
    return Phase.AWAITING_STOCK if missing else Phase.ALLOCATED
