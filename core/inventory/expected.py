"""Expected receipts: supply somebody announced, until it arrives or is called off.

It is *open* until at least as much as was announced has arrived (then *received*) or nothing more is expected (then
*withdrawn*). More than was announced may arrive: what came, came. It promises nothing by itself: ``promise`` says what
can be promised when.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import assert_never

from core.inventory.expecting import (
    AmendExpected,
    Change,
    ExpectedReceiptEnded,
    InvalidExpectation,
    ReceiveExpected,
    WithdrawExpected,
)
from core.inventory.stock import InvalidMovement
from core.kernel.ids import ExpectedReceiptId, ItemId, LocationId
from core.kernel.quantity import to_units
from core.kernel.value import value


class ExpectedState(StrEnum):
    """Where an expected receipt stands; all but OPEN are ends."""

    OPEN = "open"
    RECEIVED = "received"
    WITHDRAWN = "withdrawn"


class ExpectedAct(StrEnum):
    """What is done to it."""

    RECEIVE = "receive some"
    COMPLETE = "receive the last"
    WITHDRAW = "withdraw"


NEXT: Mapping[tuple[ExpectedState, ExpectedAct], ExpectedState] = {
    (ExpectedState.OPEN, ExpectedAct.RECEIVE): ExpectedState.OPEN,
    (ExpectedState.OPEN, ExpectedAct.COMPLETE): ExpectedState.RECEIVED,
    (ExpectedState.OPEN, ExpectedAct.WITHDRAW): ExpectedState.WITHDRAWN,
}
"""From where each act leads where; what is open may be amended as well."""


@value
class ExpectedReceipt:
    """``received`` of ``quantity`` base units have come to ``location``; ``due`` None: nobody knows when."""

    id: ExpectedReceiptId
    item: ItemId
    sku: str
    scale: int
    location: LocationId
    location_code: str
    quantity: int
    due: datetime | None
    reference: str | None
    received: int = 0
    state: ExpectedState = ExpectedState.OPEN
    version: int = 1

    @property
    def outstanding(self) -> int:
        """What is still to come."""
        return self.quantity - self.received if self.state is ExpectedState.OPEN else 0


@value
class ReceiptAnnounced:
    """Supply is on its way."""

    expected_id: ExpectedReceiptId
    item: ItemId
    sku: str
    scale: int
    location: LocationId
    location_code: str
    quantity: int
    due: datetime | None
    reference: str | None


@value
class ReceiptAmended:
    """So much is to come in all, and then."""

    expected_id: ExpectedReceiptId
    quantity: int
    due: datetime | None


@value
class ExpectedReceived:
    """``quantity`` base units arrived; ``complete`` when nothing more is to come."""

    expected_id: ExpectedReceiptId
    quantity: int
    complete: bool


@value
class ExpectedWithdrawn:
    """Nothing more is to come, because ``reason``."""

    expected_id: ExpectedReceiptId
    reason: str


Changed = ReceiptAmended | ExpectedReceived | ExpectedWithdrawn


def announced(event: ReceiptAnnounced) -> ExpectedReceipt:
    """The expected receipt as it begins."""
    return ExpectedReceipt(
        id=event.expected_id,
        item=event.item,
        sku=event.sku,
        scale=event.scale,
        location=event.location,
        location_code=event.location_code,
        quantity=event.quantity,
        due=event.due,
        reference=event.reference,
    )


def decide(expected: ExpectedReceipt, command: Change) -> Changed:
    """What ``command`` makes of it.

    Raises ExpectedReceiptEnded, InvalidExpectation, InvalidQuantity, InvalidMovement.
    """
    if expected.state is not ExpectedState.OPEN:
        raise ExpectedReceiptEnded(f"expected receipt {expected.id} is {expected.state}")
    match command:
        case AmendExpected():
            return _amended(expected, command)
        case ReceiveExpected():
            left = expected.outstanding
            quantity = left if command.quantity is None else units_of(command.quantity, expected.scale)
            return ExpectedReceived(expected_id=expected.id, quantity=quantity, complete=quantity >= left)
        case WithdrawExpected():
            return ExpectedWithdrawn(expected_id=expected.id, reason=command.reason)
        case _:
            assert_never(command)


def evolve(expected: ExpectedReceipt, event: Changed) -> ExpectedReceipt:
    """The expected receipt after ``event``."""
    version = expected.version + 1
    match event:
        case ReceiptAmended():
            return replace(expected, quantity=event.quantity, due=event.due, version=version)
        case ExpectedReceived():
            act = ExpectedAct.COMPLETE if event.complete else ExpectedAct.RECEIVE
            state = NEXT[expected.state, act]
            return replace(expected, received=expected.received + event.quantity, state=state, version=version)
        case ExpectedWithdrawn():
            return replace(expected, state=NEXT[expected.state, ExpectedAct.WITHDRAW], version=version)
        case _:
            assert_never(event)


def units_of(quantity: Decimal, scale: int) -> int:
    """The base units of ``quantity``. Raises InvalidQuantity, InvalidMovement."""
    units = to_units(quantity, scale, path="$.quantity")
    if units <= 0:
        raise InvalidMovement("quantity must be greater than zero", path="$.quantity")
    return units


def _amended(expected: ExpectedReceipt, command: AmendExpected) -> ReceiptAmended:
    if command.quantity is None and command.due is None:
        raise InvalidExpectation("an amendment says another quantity or another time", path="$.quantity")
    quantity = expected.quantity if command.quantity is None else units_of(command.quantity, expected.scale)
    if quantity <= expected.received:
        raise InvalidExpectation(
            f"{expected.received} base units have come already: withdraw what is left", path="$.quantity"
        )
    return ReceiptAmended(
        expected_id=expected.id, quantity=quantity, due=expected.due if command.due is None else command.due
    )
