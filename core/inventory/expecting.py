"""What a person does with expected receipts: announce, amend, receive and withdraw them; and what is refused."""

from datetime import date, datetime
from decimal import Decimal

from core.kernel.errors import Conflict, NotFound, Rejected
from core.kernel.ids import ExpectedReceiptId
from core.kernel.value import value


class ExpectedReceiptNotFound(NotFound):
    """No expected receipt with this id."""

    code = "expected_receipt_not_found"


class ExpectedReceiptEnded(Conflict):
    """All of it arrived, or it was withdrawn: nothing can be done to it any more."""

    code = "expected_receipt_ended"


class InvalidExpectation(Rejected):
    """An amendment that says nothing or less than has come, or supply for where nothing is kept."""

    code = "invalid_expectation"


@value
class AnnounceReceipt:
    """``quantity`` (in the item's unit) is to come to the location with this code."""

    sku: str
    location: str
    quantity: Decimal
    due: datetime | None = None
    reference: str | None = None


@value
class AmendExpected:
    """Another quantity, or another time; None leaves it as it is."""

    id: ExpectedReceiptId
    quantity: Decimal | None = None
    due: datetime | None = None


@value
class ReceiveExpected:
    """``quantity`` has arrived; None: all that was still to come. What is kept by lot says of which ``lot`` it is."""

    id: ExpectedReceiptId
    quantity: Decimal | None = None
    lot: str | None = None
    expires_on: date | None = None


@value
class WithdrawExpected:
    """Nothing more is to come, because ``reason``."""

    id: ExpectedReceiptId
    reason: str


Change = AmendExpected | ReceiveExpected | WithdrawExpected
