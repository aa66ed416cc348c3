"""The end of an order: all that is due has arrived, nobody wants anything back, and nothing waits for an answer."""

from datetime import datetime

from core.orders.changes import OrderClosed, OrderReopened
from core.orders.changing import CloseOrder, OrderIsClosed, OrderNotDone, OrderNotOpen, ReopenOrder
from core.orders.dossier import Dossier
from core.orders.order import Phase
from core.orders.returns import ENDED, RefundState


def to_be_done(dossier: Dossier) -> str | None:
    """What is still to be done about an order that is not closed, in words; None: nothing."""
    if dossier.order.phase is not Phase.DELIVERED:
        return f"the order is {dossier.order.phase}: it is closed when all that is due has arrived"
    for one in dossier.returns:
        if one.state not in ENDED:
            return f"return {one.id} is {one.state}"
        if any(refund.state is RefundState.REQUESTED for refund in one.refunds):
            return f"a refund of return {one.id} waits for its answer"
    return None


def close(dossier: Dossier, command: CloseOrder, now: datetime) -> tuple[OrderClosed, ...]:
    """The event, none when it is closed already. Raises OrderNotDone."""
    if dossier.order.closed_at:
        return ()
    left = to_be_done(dossier)
    if left:
        raise OrderNotDone(left)
    return (OrderClosed(order_id=dossier.order.facts.order_id, reason=command.reason, at=now),)


def reopen(dossier: Dossier, command: ReopenOrder) -> tuple[OrderReopened, ...]:
    """The event. Raises OrderNotOpen when it is not closed."""
    if not dossier.order.closed_at:
        raise OrderNotOpen("the order is not closed")
    return (OrderReopened(order_id=dossier.order.facts.order_id, reason=command.reason),)


def check_open(dossier: Dossier) -> None:
    """Raise OrderIsClosed."""
    if dossier.order.closed_at:
        raise OrderIsClosed("the order is closed: reopen it first")
