"""What is asked of an order after it was accepted, by a person, a channel or a warehouse."""

from decimal import Decimal

from core.kernel.errors import Conflict, NotFound, Rejected
from core.kernel.ids import FulfilmentId, OrderId
from core.kernel.value import value
from core.orders.order import HoldReason


class OrderNotOpen(Conflict):
    """The order is not decided yet, was refused, or has ended: it cannot be changed like this."""

    code = "order_not_open"


class OrderIsClosed(Conflict):
    """Nothing more is to be done about the order; reopen it first."""

    code = "order_closed"


class OrderNotDone(Conflict):
    """Something is still to be done about the order, so it cannot be closed."""

    code = "order_not_done"


class OrderOnHold(Conflict):
    """Something keeps the order from going on; release the hold first."""

    code = "order_on_hold"


class HoldNotFound(Conflict):
    """The order is not held for this reason."""

    code = "hold_not_found"


class GoodsAtWork(Conflict):
    """Somebody has the goods in his hands already; only force calls them back."""

    code = "goods_at_work"


class LineNotFound(NotFound):
    """The order has no such line."""

    code = "line_not_found"


class InvalidChange(Rejected):
    """A change that says nothing, or asks for more than there is."""

    code = "invalid_change"


@value
class LineQuantity:
    """``quantity`` of line ``line``, in its item's unit of measure."""

    line: int
    quantity: Decimal


@value
class PlaceHold:
    """Stop the order, because of ``reason``."""

    order: OrderId
    reason: HoldReason
    note: str


@value
class ReleaseHold:
    """Let it go on as far as ``reason`` is concerned; None: whatever holds it."""

    order: OrderId
    note: str
    reason: HoldReason | None = None


@value
class CancelOrder:
    """Send no more of it. ``forced``: even what is being picked or packed."""

    order: OrderId
    reason: str
    forced: bool = False


@value
class CancelLine:
    """Send ``quantity`` less of a line; None: no more of it at all."""

    order: OrderId
    line: int
    reason: str
    quantity: Decimal | None = None
    forced: bool = False


@value
class AmendLine:
    """The customer wants ``quantity`` of this line altogether: less is cancelled, more is promised anew."""

    order: OrderId
    line: int
    quantity: Decimal
    reason: str


@value
class AllocateOrder:
    """Promise what is due and promised from nowhere, as far as there is stock."""

    order: OrderId


@value
class CloseOrder:
    """Nothing more is to be done about it: all that is due has arrived, and no return is open."""

    order: OrderId
    reason: str


@value
class ReopenOrder:
    """Something is to be done about a closed order after all."""

    order: OrderId
    reason: str


@value
class AcceptFulfilment:
    """The location will send it."""

    fulfilment: FulfilmentId


@value
class AskFulfilment:
    """The location is to answer within ``seconds`` from now."""

    fulfilment: FulfilmentId
    seconds: float


@value
class RecallFulfilment:
    """The location has not answered: let another send it, because of ``reason``."""

    fulfilment: FulfilmentId
    reason: str


@value
class RejectFulfilment:
    """The location will not send it: let another."""

    fulfilment: FulfilmentId
    reason: str


@value
class MoveFulfilment:
    """Send it from ``location`` instead (a location's code), or leave it as it is."""

    fulfilment: FulfilmentId
    location: str
    reason: str


@value
class PickFulfilment:
    """``lines`` are off the shelf; None: all that is left."""

    fulfilment: FulfilmentId
    lines: tuple[LineQuantity, ...] | None = None


@value
class PackFulfilment:
    """What was picked is packed."""

    fulfilment: FulfilmentId


@value
class ShipFulfilment:
    """``lines`` have left; None: all that is left. What was not reported as picked is picked by it."""

    fulfilment: FulfilmentId
    lines: tuple[LineQuantity, ...] | None = None
    carrier: str | None = None
    tracking: str | None = None


@value
class DeliverFulfilment:
    """What was shipped has arrived; of shipment ``shipment`` alone when it is given."""

    fulfilment: FulfilmentId
    shipment: int | None = None


@value
class CancelFulfilment:
    """The location sends no more of it. What is due of the order is then promised from nowhere."""

    fulfilment: FulfilmentId
    reason: str
    forced: bool = False


@value
class SwapLot:
    """Send what is not picked of line ``line`` from the lot ``given`` instead of ``promised`` (codes of lots)."""

    fulfilment: FulfilmentId
    line: int
    promised: str
    given: str


OrderChange = PlaceHold | ReleaseHold | CancelOrder | CancelLine | AmendLine | AllocateOrder | CloseOrder | ReopenOrder
WarehouseAct = (
    AskFulfilment
    | RecallFulfilment
    | AcceptFulfilment
    | RejectFulfilment
    | MoveFulfilment
    | PickFulfilment
    | PackFulfilment
    | ShipFulfilment
    | DeliverFulfilment
    | CancelFulfilment
)
FulfilmentChange = WarehouseAct | SwapLot
