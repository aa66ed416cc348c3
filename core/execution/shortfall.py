"""An order that is promised less than is due waits for a person, and goes on by itself when it is not any more."""

from datetime import datetime

from core.orders.changes import OrderEvent
from core.orders.changing import (
    AllocateOrder,
    FulfilmentChange,
    OrderChange,
    PlaceHold,
    RecallFulfilment,
    RejectFulfilment,
    ReleaseHold,
)
from core.orders.dossier import Dossier
from core.orders.lifecycle import decide, missing
from core.orders.order import HoldReason

SHORT = HoldReason.STOCK_SHORTFALL


def shortfall(command: OrderChange | FulfilmentChange, dossier: Dossier, now: datetime) -> tuple[OrderEvent, ...]:
    """The hold that follows from ``command`` having looked for stock, or its end; ``dossier`` is as it left it."""
    if dossier.order.accepted_at is None or dossier.order.cancelled_at:
        return ()
    order, short = dossier.order.facts.order_id, sum(missing(dossier).values())
    held = any(hold.reason is SHORT for hold in dossier.order.holds)
    if short and not held and isinstance(command, RejectFulfilment | RecallFulfilment | AllocateOrder):
        note = f"{short} base units are promised from nowhere"
        return decide(dossier, PlaceHold(order=order, reason=SHORT, note=note), now)
    if held and not short:
        return decide(dossier, ReleaseHold(order=order, reason=SHORT, note="all that is due is promised"), now)
    return ()
