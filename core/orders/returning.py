"""What is asked of a return."""

from decimal import Decimal

from core.kernel.ids import OrderId, ReturnId
from core.kernel.value import value
from core.orders.changing import LineQuantity
from core.orders.returns import RefundMethod, ReturnKind


@value
class ReturnWish:
    """``quantity`` of line ``line``, in its item's unit of measure, because ``reason``."""

    line: int
    quantity: Decimal
    reason: str


@value
class ReplacementWish:
    """``quantity`` of the item with this SKU, in its unit of measure, at ``unit_price`` in the order's currency.

    Without a price it costs what the same item cost that comes back, else what the item costs.
    """

    sku: str
    quantity: Decimal
    unit_price: Decimal | None = None


@value
class RequestReturn:
    """The customer wants to send ``lines`` back, or claims that they are not what he paid for.

    An exchange, and nothing else, says what is to be sent instead.
    """

    order: OrderId
    lines: tuple[ReturnWish, ...]
    kind: ReturnKind = ReturnKind.RETURN
    replacements: tuple[ReplacementWish, ...] = ()


@value
class ApproveReturn:
    """Let it come; of an exchange, submit what is to be sent, once more if what was submitted came to nothing."""

    one: ReturnId


@value
class DenyReturn:
    """It will not be taken back."""

    one: ReturnId
    reason: str


@value
class CancelReturn:
    """The customer keeps it."""

    one: ReturnId
    reason: str


@value
class SendReturn:
    """It is on its way."""

    one: ReturnId


@value
class ReceiveReturn:
    """``lines`` have come to ``location`` (a location's code); None: all that is expected."""

    one: ReturnId
    location: str
    lines: tuple[LineQuantity, ...] | None = None


@value
class Finding:
    """So much of line ``line`` was found to be so, in its item's unit of measure."""

    line: int
    sellable: Decimal = Decimal(0)
    damaged: Decimal = Decimal(0)
    scrapped: Decimal = Decimal(0)


@value
class InspectReturn:
    """What somebody found who looked at it."""

    one: ReturnId
    findings: tuple[Finding, ...]


@value
class RefundShare:
    """``amount`` for line ``line``, in the order's currency."""

    line: int
    amount: Decimal


@value
class RequestRefund:
    """Give money back for ``shares``; None: all that is paid for what is returned and not given back yet."""

    one: ReturnId
    method: RefundMethod = RefundMethod.REFUND
    shares: tuple[RefundShare, ...] | None = None
    reference: str | None = None


@value
class WithdrawRefund:
    """Ask for the money of ``reference`` no longer, because of ``reason``; a credit is owed again."""

    one: ReturnId
    reference: str
    reason: str


@value
class SettleRefund:
    """Whoever holds the payment has paid it back; ``note`` is his reference."""

    one: ReturnId
    number: int
    note: str | None = None


@value
class RefuseRefund:
    """Whoever holds the payment will not, because ``reason``."""

    one: ReturnId
    number: int
    reason: str


@value
class ResolveReturn:
    """Nothing more is to be done about it."""

    one: ReturnId
    note: str | None = None


ReturnChange = (
    ApproveReturn
    | DenyReturn
    | CancelReturn
    | SendReturn
    | ReceiveReturn
    | InspectReturn
    | RequestRefund
    | WithdrawRefund
    | SettleRefund
    | RefuseRefund
    | ResolveReturn
)
