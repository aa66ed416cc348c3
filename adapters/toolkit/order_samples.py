"""One example of every message of an order's later life."""

from dataclasses import replace
from datetime import UTC, datetime

from core.kernel.ids import FulfilmentId, IntakeId, ItemId, LocationId, LotId, OrderId, ReturnId
from core.orders.changes import (
    CancelledLine,
    CoveredUnits,
    FulfilmentAccepted,
    FulfilmentAsked,
    FulfilmentCancelled,
    FulfilmentDelivered,
    FulfilmentPacked,
    FulfilmentPicked,
    FulfilmentProposed,
    FulfilmentRejected,
    FulfilmentShipped,
    LineAmended,
    LinesCancelled,
    LinesCovered,
    LotSwapped,
    OrderCancelled,
    OrderClosed,
    OrderHoldPlaced,
    OrderHoldReleased,
    OrderReopened,
)
from core.orders.fulfilment import Units
from core.orders.order import HoldReason
from core.orders.return_events import (
    InspectedUnits,
    RefundRefused,
    RefundRequested,
    RefundSettled,
    ReturnInspected,
    ReturnMoved,
    ReturnReceived,
    ReturnReplaced,
    ReturnRequested,
)
from core.orders.returns import (
    Refund,
    RefundMethod,
    RefundPart,
    ReturnedUnits,
    ReturnKind,
    ReturnLine,
    ReturnState,
    Verdict,
)

_PREFIX = "019ca6b1-dc00-7000-8000-00000000000"
_ORDER, _ONE, _LEEDS = OrderId(f"{_PREFIX}4"), FulfilmentId(f"{_PREFIX}b"), LocationId(f"{_PREFIX}2")
_RETURN = ReturnId(f"{_PREFIX}c")
_AT = datetime(2026, 3, 1, 15, 30, tzinfo=UTC)


def order_samples() -> dict[str, object]:
    """An example of each event, by its name on the wire."""
    units = (_units(3, backordered=1),)
    return {
        "order.hold_placed.v1": OrderHoldPlaced(
            order_id=_ORDER, reason=HoldReason.ADDRESS_INVALID, note="no such street", at=_AT
        ),
        "order.hold_released.v1": OrderHoldReleased(
            order_id=_ORDER, reason=HoldReason.ADDRESS_INVALID, note="the customer called"
        ),
        "order.line_amended.v1": LineAmended(
            order_id=_ORDER, line=1, ordered=6, amount=1250, reason="one more, by telephone"
        ),
        "order.lines_cancelled.v1": LinesCancelled(
            order_id=_ORDER,
            lines=(CancelledLine(line=1, quantity=3),),
            units=(_units(3, picked=1),),
            amount=3750,
            reason="changed his mind",
            forced=True,
        ),
        "order.lines_covered.v1": LinesCovered(
            order_id=_ORDER,
            units=(CoveredUnits(line=1, item=ItemId(f"{_PREFIX}1"), location=_LEEDS, quantity=2),),
            ready=(_ONE,),
        ),
        "order.cancelled.v1": OrderCancelled(order_id=_ORDER, reason="changed his mind", at=_AT),
        "order.closed.v1": OrderClosed(order_id=_ORDER, reason="nothing has happened for 30 days", at=_AT),
        "order.reopened.v1": OrderReopened(order_id=_ORDER, reason="one of them has broken"),
        "fulfilment.proposed.v1": FulfilmentProposed(order_id=_ORDER, fulfilment_id=_ONE, location=_LEEDS, units=units),
        "fulfilment.asked.v1": FulfilmentAsked(order_id=_ORDER, fulfilment_id=_ONE, answer_by=_AT),
        "fulfilment.accepted.v1": FulfilmentAccepted(order_id=_ORDER, fulfilment_id=_ONE),
        "fulfilment.rejected.v1": FulfilmentRejected(
            order_id=_ORDER, fulfilment_id=_ONE, units=units, reason="the shelf is empty"
        ),
        "fulfilment.picked.v1": FulfilmentPicked(order_id=_ORDER, fulfilment_id=_ONE, units=(_units(3),)),
        "fulfilment.packed.v1": FulfilmentPacked(order_id=_ORDER, fulfilment_id=_ONE),
        "fulfilment.shipped.v1": FulfilmentShipped(
            order_id=_ORDER,
            fulfilment_id=_ONE,
            shipment=1,
            units=(_units(3, picked=3),),
            carrier="Royal Mail",
            tracking="AB123456789GB",
            at=_AT,
        ),
        "fulfilment.delivered.v1": FulfilmentDelivered(order_id=_ORDER, fulfilment_id=_ONE, shipments=(1,), at=_AT),
        **_return_samples(),
        "fulfilment.lot_swapped.v1": LotSwapped(
            order_id=_ORDER,
            fulfilment_id=_ONE,
            units=replace(_units(3), lot=LotId(f"{_PREFIX}d")),
            lot=LotId(f"{_PREFIX}e"),
        ),
        "fulfilment.cancelled.v1": FulfilmentCancelled(
            order_id=_ORDER, fulfilment_id=_ONE, units=units, reason="the warehouse is flooded", forced=False
        ),
    }


def _units(quantity: int, *, picked: int = 0, backordered: int = 0) -> Units:
    return Units(
        line=1,
        fulfilment=_ONE,
        item=ItemId(f"{_PREFIX}1"),
        location=_LEEDS,
        quantity=quantity,
        picked=picked,
        backordered=backordered,
    )


def _return_samples() -> dict[str, object]:
    back = ReturnedUnits(line=1, item=ItemId(f"{_PREFIX}1"), location=_LEEDS, quantity=2)
    wanted = ReturnLine(line=1, item=ItemId(f"{_PREFIX}1"), quantity=2, reason="does not fit")
    refund = Refund(number=1, method=RefundMethod.REFUND, parts=(RefundPart(line=1, amount=2500),))
    return {
        "return.requested.v1": ReturnRequested(
            order_id=_ORDER, return_id=_RETURN, kind=ReturnKind.RETURN, lines=(wanted,), at=_AT
        ),
        "return.moved.v1": ReturnMoved(order_id=_ORDER, return_id=_RETURN, state=ReturnState.APPROVED, note=None),
        "return.replaced.v1": ReturnReplaced(
            order_id=_ORDER,
            return_id=_RETURN,
            replaced_by=OrderId(f"{_PREFIX}f"),
            job_id=IntakeId(f"{_PREFIX[:-1]}10"),
        ),
        "return.received.v1": ReturnReceived(order_id=_ORDER, return_id=_RETURN, units=(back,)),
        "return.inspected.v1": ReturnInspected(
            order_id=_ORDER, return_id=_RETURN, found=(InspectedUnits(units=back, verdict=Verdict.SELLABLE),)
        ),
        "refund.requested.v1": RefundRequested(order_id=_ORDER, return_id=_RETURN, refund=refund),
        "refund.settled.v1": RefundSettled(order_id=_ORDER, return_id=_RETURN, number=1, note="re_77"),
        "refund.refused.v1": RefundRefused(order_id=_ORDER, return_id=_RETURN, number=1, reason="the card has expired"),
    }
