"""A return (RMA): what a customer sends back, what becomes of the goods, and what becomes of the money.

Goods and money are two machines that know nothing of each other. Goods that come back wait in quality control: only
an inspection puts them on a shelf, sets them aside as damaged, or throws them away. Money is asked of whoever holds the
payment; what he answers is recorded, a refusal with its reason. A *claim* is a return without goods: they never
arrived, or are not worth the postage. An *exchange* is a return for which other goods are sent, as an order of its own.
"""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from core.kernel.errors import Conflict, NotFound
from core.kernel.ids import ItemId, LocationId, LotId, OrderId, ReturnId
from core.kernel.value import value


class ReturnNotFound(NotFound):
    """No return with this id."""

    code = "return_not_found"


class RefundNotFound(NotFound):
    """The return has no such refund."""

    code = "refund_not_found"


class ReturnNotInThisState(Conflict):
    """The return has not come so far, or is past it."""

    code = "return_state"


class RefundNotInThisState(Conflict):
    """The refund is answered already."""

    code = "refund_state"


class ReturnKind(StrEnum):
    """A return brings goods back; a claim does not; an exchange does, and sends others."""

    RETURN = "return"
    CLAIM = "claim"
    EXCHANGE = "exchange"


class ReturnState(StrEnum):
    """How far it has come. RESOLVED, DENIED and CANCELLED are ends."""

    REQUESTED = "requested"
    APPROVED = "approved"
    IN_TRANSIT = "in_transit"
    RECEIVED = "received"
    INSPECTED = "inspected"
    RESOLVED = "resolved"
    DENIED = "denied"
    CANCELLED = "cancelled"


class ReturnAct(StrEnum):
    """What is done with it."""

    APPROVE = "approve"
    DENY = "deny"
    CANCEL = "cancel"
    SEND = "send"
    RECEIVE = "receive"
    INSPECT = "inspect"
    RESOLVE = "resolve"


NEXT: Mapping[tuple[ReturnState, ReturnAct], ReturnState] = {
    (ReturnState.REQUESTED, ReturnAct.APPROVE): ReturnState.APPROVED,
    (ReturnState.REQUESTED, ReturnAct.DENY): ReturnState.DENIED,
    (ReturnState.REQUESTED, ReturnAct.CANCEL): ReturnState.CANCELLED,
    (ReturnState.APPROVED, ReturnAct.CANCEL): ReturnState.CANCELLED,
    (ReturnState.APPROVED, ReturnAct.SEND): ReturnState.IN_TRANSIT,
    (ReturnState.APPROVED, ReturnAct.RECEIVE): ReturnState.RECEIVED,
    (ReturnState.APPROVED, ReturnAct.RESOLVE): ReturnState.RESOLVED,
    (ReturnState.IN_TRANSIT, ReturnAct.RECEIVE): ReturnState.RECEIVED,
    (ReturnState.IN_TRANSIT, ReturnAct.RESOLVE): ReturnState.RESOLVED,
    (ReturnState.RECEIVED, ReturnAct.RECEIVE): ReturnState.RECEIVED,
    (ReturnState.RECEIVED, ReturnAct.INSPECT): ReturnState.INSPECTED,
    (ReturnState.INSPECTED, ReturnAct.RECEIVE): ReturnState.RECEIVED,
    (ReturnState.INSPECTED, ReturnAct.RESOLVE): ReturnState.RESOLVED,
}
"""From where each act leads where; an inspection that leaves something to be looked at leads nowhere yet."""
PAYING = (ReturnState.APPROVED, ReturnState.IN_TRANSIT, ReturnState.RECEIVED, ReturnState.INSPECTED)
"""Money may be asked for."""
ENDED = (ReturnState.RESOLVED, ReturnState.DENIED, ReturnState.CANCELLED)
"""Nothing more is done about it."""
ENDED_WITHOUT = (ReturnState.DENIED, ReturnState.CANCELLED)
"""Nothing came of it: what it asked for may be asked for again."""


class Verdict(StrEnum):
    """What an inspection says of goods."""

    SELLABLE = "sellable"
    DAMAGED = "damaged"
    SCRAPPED = "scrapped"


class RefundMethod(StrEnum):
    """Back to where the money came from, or less owed on the customer's account."""

    REFUND = "refund"
    CREDIT = "credit"


class RefundState(StrEnum):
    """REQUESTED waits for whoever holds the payment."""

    REQUESTED = "requested"
    SETTLED = "settled"
    REFUSED = "refused"


@value
class ReturnedUnits:
    """``quantity`` base units of ``item`` that came back for line ``line`` to ``location``."""

    line: int
    item: ItemId
    location: LocationId
    quantity: int
    lot: LotId | None = None


@value
class ReturnLine:
    """``quantity`` base units of ``item`` are to come back, because ``reason``; ``received`` of them have.

    Of those, so many were found sellable, damaged or were scrapped; the rest waits to be looked at.
    """

    line: int
    item: ItemId
    quantity: int
    reason: str
    received: int = 0
    sellable: int = 0
    damaged: int = 0
    scrapped: int = 0

    @property
    def inspected(self) -> int:
        """Base units somebody has looked at."""
        return self.sellable + self.damaged + self.scrapped


@value
class RefundPart:
    """``amount`` minor units for line ``line``."""

    line: int
    amount: int


@value
class Refund:
    """Money asked for. ``number`` counts within the return, from 1; whoever asked may know it by ``reference``."""

    number: int
    method: RefundMethod
    parts: tuple[RefundPart, ...]
    state: RefundState = RefundState.REQUESTED
    note: str | None = None
    reference: str | None = None

    @property
    def amount(self) -> int:
        """Minor units in all."""
        return sum(part.amount for part in self.parts)


@value
class Replacement:
    """``quantity`` of the item with this SKU, in its unit of measure, sent in exchange.

    ``price`` is in minor units of the order's currency, for one; None: what the item costs when it is ordered.
    """

    sku: str
    quantity: Decimal
    price: int | None = None


@value
class Return:
    """A return. ``receipts`` is what has come back, ``waiting`` what of it is in quality control.

    ``note`` says why it was denied, or how it ended. ``replaced_by`` are the orders that were submitted for
    ``replacements``: the last, and before it those that came to nothing.
    """

    id: ReturnId
    order: OrderId
    kind: ReturnKind
    lines: tuple[ReturnLine, ...]
    requested_at: datetime
    state: ReturnState = ReturnState.REQUESTED
    receipts: tuple[ReturnedUnits, ...] = ()
    waiting: tuple[ReturnedUnits, ...] = ()
    refunds: tuple[Refund, ...] = ()
    note: str | None = None
    replacements: tuple[Replacement, ...] = ()
    replaced_by: tuple[OrderId, ...] = ()


def next_return_state(one: Return, act: ReturnAct) -> ReturnState:
    """Where ``act`` leads. Raises ReturnNotInThisState."""
    state = NEXT.get((one.state, act))
    if state is None or (one.kind is ReturnKind.CLAIM and act in (ReturnAct.SEND, ReturnAct.RECEIVE)):
        raise ReturnNotInThisState(f"a {one.kind} that is {one.state} cannot be asked to {act}")
    return state
