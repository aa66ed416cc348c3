"""What happened to returns: part of their order's story."""

from datetime import datetime

from core.kernel.ids import IntakeId, OrderId, ReturnId
from core.kernel.value import value
from core.orders.returns import (
    Refund,
    Replacement,
    ReturnedUnits,
    ReturnKind,
    ReturnLine,
    ReturnState,
    Verdict,
)


@value
class ReturnRequested:
    """The customer wants to give ``lines`` back."""

    order_id: OrderId
    return_id: ReturnId
    kind: ReturnKind
    lines: tuple[ReturnLine, ...]
    at: datetime
    replacements: tuple[Replacement, ...] = ()


@value
class ReturnMoved:
    """It is ``state`` now: approved, denied, cancelled, on its way, or resolved."""

    order_id: OrderId
    return_id: ReturnId
    state: ReturnState
    note: str | None


@value
class ReturnReceived:
    """``units`` have come back and wait to be inspected."""

    order_id: OrderId
    return_id: ReturnId
    units: tuple[ReturnedUnits, ...]


@value
class InspectedUnits:
    """What was found of some units."""

    units: ReturnedUnits
    verdict: Verdict


@value
class ReturnInspected:
    """Somebody has looked."""

    order_id: OrderId
    return_id: ReturnId
    found: tuple[InspectedUnits, ...]


@value
class RefundRequested:
    """Money is asked for; a credit is settled by asking."""

    order_id: OrderId
    return_id: ReturnId
    refund: Refund


@value
class RefundSettled:
    """It was given back."""

    order_id: OrderId
    return_id: ReturnId
    number: int
    note: str | None


@value
class RefundRefused:
    """It was not, because ``reason``."""

    order_id: OrderId
    return_id: ReturnId
    number: int
    reason: str


@value
class ReturnReplaced:
    """What is sent in exchange was submitted, as the order ``replaced_by``."""

    order_id: OrderId
    return_id: ReturnId
    replaced_by: OrderId
    job_id: IntakeId


ReturnEvent = (
    ReturnRequested
    | ReturnMoved
    | ReturnReplaced
    | ReturnReceived
    | ReturnInspected
    | RefundRequested
    | RefundSettled
    | RefundRefused
)
