"""What happened to an order after it was accepted. Each event says whose units it is about and where they are."""

from datetime import datetime

from core.kernel.ids import FulfilmentId, ItemId, LocationId, LotId, OrderId
from core.kernel.value import value
from core.orders.fulfilment import Units
from core.orders.order import HoldReason


@value
class OrderHoldPlaced:
    """The order is stopped."""

    order_id: OrderId
    reason: HoldReason
    note: str
    at: datetime


@value
class OrderHoldReleased:
    """This reason keeps it no longer."""

    order_id: OrderId
    reason: HoldReason
    note: str


@value
class CancelledLine:
    """``quantity`` base units less of line ``line`` are due."""

    line: int
    quantity: int


@value
class LinesCancelled:
    """``lines`` are not wanted any more; ``units`` of them had been promised and are free again.

    ``amount`` minor units less are owed.
    """

    order_id: OrderId
    lines: tuple[CancelledLine, ...]
    units: tuple[Units, ...]
    amount: int
    reason: str
    forced: bool


@value
class OrderCancelled:
    """Nothing of the order is due any more, and nothing of it was sent."""

    order_id: OrderId
    reason: str
    at: datetime


@value
class OrderClosed:
    """Nothing more is to be done about the order."""

    order_id: OrderId
    reason: str
    at: datetime


@value
class OrderReopened:
    """Something is to be done about it after all."""

    order_id: OrderId
    reason: str


@value
class LineAmended:
    """Line ``line`` is for ``ordered`` base units from now on; ``amount`` minor units more are owed."""

    order_id: OrderId
    line: int
    ordered: int
    amount: int
    reason: str


@value
class FulfilmentProposed:
    """``units`` are promised from ``location``, which is asked to send them."""

    order_id: OrderId
    fulfilment_id: FulfilmentId
    location: LocationId
    units: tuple[Units, ...]


@value
class FulfilmentAsked:
    """The location is to answer by ``answer_by``."""

    order_id: OrderId
    fulfilment_id: FulfilmentId
    answer_by: datetime


@value
class FulfilmentAccepted:
    """The location will send it."""

    order_id: OrderId
    fulfilment_id: FulfilmentId


@value
class FulfilmentRejected:
    """The location will not: ``units`` are free again."""

    order_id: OrderId
    fulfilment_id: FulfilmentId
    units: tuple[Units, ...]
    reason: str


@value
class FulfilmentPicked:
    """``units`` are off the shelf."""

    order_id: OrderId
    fulfilment_id: FulfilmentId
    units: tuple[Units, ...]


@value
class FulfilmentPacked:
    """What was picked is packed."""

    order_id: OrderId
    fulfilment_id: FulfilmentId


@value
class FulfilmentShipped:
    """``units`` have left as shipment ``shipment``."""

    order_id: OrderId
    fulfilment_id: FulfilmentId
    shipment: int
    units: tuple[Units, ...]
    carrier: str | None
    tracking: str | None
    at: datetime


@value
class FulfilmentDelivered:
    """These shipments have arrived."""

    order_id: OrderId
    fulfilment_id: FulfilmentId
    shipments: tuple[int, ...]
    at: datetime


@value
class FulfilmentCancelled:
    """The location sends no more of it: ``units`` are free again."""

    order_id: OrderId
    fulfilment_id: FulfilmentId
    units: tuple[Units, ...]
    reason: str
    forced: bool


@value
class LotSwapped:
    """``units`` are sent from the lot ``lot`` instead of theirs."""

    order_id: OrderId
    fulfilment_id: FulfilmentId
    units: Units
    lot: LotId


@value
class CoveredUnits:
    """``quantity`` base units of ``item`` for line ``line``, promised from ``location`` before there were any."""

    line: int
    item: ItemId
    location: LocationId
    quantity: int
    lot: LotId | None = None


@value
class LinesCovered:
    """``units`` are on a shelf now: they were waited for, and nobody before this order waits for them.

    ``ready`` are the fulfilment orders that wait for nothing any more.
    """

    order_id: OrderId
    units: tuple[CoveredUnits, ...]
    ready: tuple[FulfilmentId, ...] = ()


FulfilmentEvent = (
    FulfilmentAsked
    | FulfilmentAccepted
    | FulfilmentRejected
    | FulfilmentPicked
    | FulfilmentPacked
    | FulfilmentShipped
    | FulfilmentDelivered
    | FulfilmentCancelled
    | LotSwapped
)
OrderEvent = (
    OrderHoldPlaced
    | OrderHoldReleased
    | LinesCancelled
    | OrderCancelled
    | OrderClosed
    | OrderReopened
    | LineAmended
    | LinesCovered
    | FulfilmentProposed
    | FulfilmentEvent
)
