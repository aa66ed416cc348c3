"""Whether something has happened that a location, a customer or whoever holds a payment does: looked at, never done.

A look is refused with one code as long as it may still happen, and with another once it will not happen any more.
"""

from core.kernel.errors import Conflict
from core.kernel.ids import FulfilmentId, ReturnId
from core.kernel.value import value
from core.orders.fulfilment import ENDED_UNSENT, Fulfilment, FulfilmentState
from core.orders.returns import ENDED, RefundState, Return, ReturnKind, ReturnState


class FulfilmentUnanswered(Conflict):
    """The location has not said yet whether it will send it."""

    code = "fulfilment_unanswered"


class FulfilmentUnsent(Conflict):
    """Not all of it has left yet."""

    code = "fulfilment_unsent"


class FulfilmentOver(Conflict):
    """It was rejected or cancelled: the location sends nothing of it."""

    code = "fulfilment_over"


class ReturnNotInspected(Conflict):
    """Its goods are not back yet, or nobody has looked at all of them."""

    code = "return_not_inspected"


class ReturnOver(Conflict):
    """It has ended."""

    code = "return_over"


class RefundUnanswered(Conflict):
    """Whoever holds the payment has not answered yet."""

    code = "refund_unanswered"


class RefundDeclined(Conflict):
    """The money is not given back."""

    code = "refund_declined"


@value
class LookForAnswer:
    """Has the location accepted it?"""

    fulfilment: FulfilmentId


@value
class LookForShipment:
    """Has all of it left?"""

    fulfilment: FulfilmentId


@value
class LookForInspection:
    """Have its goods come back and been looked at?"""

    one: ReturnId


@value
class LookForRefund:
    """Has the money asked for under ``reference`` been given back?"""

    one: ReturnId
    reference: str


Look = LookForAnswer | LookForShipment | LookForInspection | LookForRefund


def check_answered(one: Fulfilment) -> None:
    """Raise FulfilmentUnanswered, or FulfilmentOver."""
    _check_not_over(one)
    if one.state is FulfilmentState.PROPOSED:
        raise FulfilmentUnanswered("the location has not answered yet")


def check_sent(one: Fulfilment) -> None:
    """Raise FulfilmentUnsent, or FulfilmentOver."""
    _check_not_over(one)
    if one.state not in (FulfilmentState.SHIPPED, FulfilmentState.DELIVERED):
        raise FulfilmentUnsent(f"{one.open} base units have not left yet")


def check_inspected(one: Return) -> None:
    """Raise ReturnNotInspected until all of it has come and was looked at, or ReturnOver.

    A claim brings no goods: approved is all it can be.
    """
    if one.state in ENDED:
        raise ReturnOver(f"the return is {one.state}")
    ready = ReturnState.APPROVED if one.kind is ReturnKind.CLAIM else ReturnState.INSPECTED
    if one.state is not ready:
        raise ReturnNotInspected(f"the return is {one.state}")
    missing = sum(line.quantity - line.inspected for line in one.lines)
    if missing and one.kind is not ReturnKind.CLAIM:
        raise ReturnNotInspected(f"{missing} base units have not come back")


def check_refunded(one: Return, reference: str) -> None:
    """Raise RefundUnanswered, or RefundDeclined. Where nothing was asked for, nothing is waited for."""
    states = [refund.state for refund in one.refunds if refund.reference == reference]
    if RefundState.SETTLED in states:
        return
    if RefundState.REQUESTED in states:
        raise RefundUnanswered("the refund waits for its answer")
    if states:
        raise RefundDeclined("the refund was refused")


def _check_not_over(one: Fulfilment) -> None:
    if one.state in ENDED_UNSENT:
        raise FulfilmentOver(f"the fulfilment order is {one.state}: {one.reason or 'nothing of it is due'}")
