"""Settling a return: its goods are looked at, the money is given back, and it is resolved.

    inspected ──▶ refund ──▶ paid ──▶ resolve
Whoever begins it need not watch for the parcel or for the payment. Money that is refused leaves the return as it was,
to be settled another way; goods that never come leave it open.
"""

from datetime import timedelta

from core.identity.permission import Scope
from core.kernel.errors import Rejected
from core.kernel.ids import OrderId, ReturnId
from core.kernel.value import value
from core.orders.looking import LookForInspection, LookForRefund, RefundUnanswered, ReturnNotInspected
from core.orders.returning import RequestRefund, ResolveReturn, WithdrawRefund
from core.orders.returns import RefundMethod, RefundNotFound, ReturnNotFound
from core.sagas.definition import PATIENT_SECONDS, Data, Definition, Step

NAME = "settle-return"
REASON = "the settlement was taken back"
DAYS_MAX = 365


class InvalidSettlement(Rejected):
    """A settlement that waits for no time, or for years."""

    code = "invalid_settlement"


@value
class SettleReturn:
    """Give the money back by ``method`` once the goods are looked at, and resolve the return with ``note``.

    The goods have ``goods_within`` to come and be looked at, the payment ``paid_within`` to be answered.
    """

    one: ReturnId
    method: RefundMethod = RefundMethod.REFUND
    note: str | None = None
    goods_within: timedelta = timedelta(days=30)
    paid_within: timedelta = timedelta(days=14)


def data_of(command: SettleReturn, order: OrderId, reference: str) -> Data:
    """What the saga begins with; ``reference`` is what its refund is known by. Raises InvalidSettlement."""
    for time, path in ((command.goods_within, "$.goods_within_days"), (command.paid_within, "$.paid_within_days")):
        if not timedelta() < time <= timedelta(days=DAYS_MAX):
            raise InvalidSettlement(f"a time to wait is more than nothing and at most {DAYS_MAX} days", path=path)
    return {
        "return_id": command.one,
        "order_id": order,
        "method": str(command.method),
        "note": command.note,
        "reference": reference,
        "goods_seconds": command.goods_within.total_seconds(),
        "paid_seconds": command.paid_within.total_seconds(),
    }


def _look_for_inspection(data: Data) -> LookForInspection:
    return LookForInspection(one=_return(data))


def _refund(data: Data) -> RequestRefund:
    return RequestRefund(one=_return(data), method=RefundMethod(data["method"]), reference=data["reference"])


def _withdraw(data: Data) -> WithdrawRefund:
    return WithdrawRefund(one=_return(data), reference=data["reference"], reason=REASON)


def _look_for_refund(data: Data) -> LookForRefund:
    return LookForRefund(one=_return(data), reference=data["reference"])


def _resolve(data: Data) -> ResolveReturn:
    return ResolveReturn(one=_return(data), note=data["note"])


def _return(data: Data) -> ReturnId:
    return ReturnId(data["return_id"])


V1 = Definition(
    name=NAME,
    version=1,
    scopes=frozenset({Scope.ORDERS_READ, Scope.ORDERS_WRITE}),
    steps=(
        Step(
            name="inspected",
            command=_look_for_inspection,
            not_yet=frozenset({ReturnNotInspected.code}),
            limit_seconds=lambda data: float(data["goods_seconds"]),
        ),
        Step(
            name="refund",
            command=_refund,
            undo=_withdraw,
            nothing_to_undo=frozenset({ReturnNotFound.code, RefundNotFound.code}),
            limit_seconds=PATIENT_SECONDS,
        ),
        Step(
            name="paid",
            command=_look_for_refund,
            not_yet=frozenset({RefundUnanswered.code}),
            limit_seconds=lambda data: float(data["paid_seconds"]),
        ),
        Step(name="resolve", command=_resolve, limit_seconds=PATIENT_SECONDS),
    ),
)
