"""Money for what comes back: never more than was paid for it, less what others cost that are sent for it; and once."""

from collections.abc import Iterable

from core.kernel.ids import ItemId
from core.kernel.money import to_minor
from core.orders.cancelling import line_of
from core.orders.changing import InvalidChange
from core.orders.dossier import Dossier
from core.orders.exchanging import Exchange, kept_for_it, unsent
from core.orders.return_events import RefundRefused, RefundRequested, RefundSettled
from core.orders.returning import RefundShare, RefuseRefund, RequestRefund, SettleRefund, WithdrawRefund
from core.orders.returns import (
    ENDED,
    PAYING,
    Refund,
    RefundMethod,
    RefundNotFound,
    RefundNotInThisState,
    RefundPart,
    RefundState,
    Return,
    ReturnNotInThisState,
    ReturnState,
)

COUNTED = (*PAYING, ReturnState.RESOLVED)


def request_refund(
    dossier: Dossier, one: Return, command: RequestRefund, exchange: Exchange
) -> tuple[RefundRequested, ...]:
    """Ask for money. A credit needs nobody's answer; whoever settles (``reference``) may find nothing to ask for.

    Raises ReturnNotInThisState, ReplacementOpen, InvalidMoney, InvalidChange.
    """
    if one.state not in PAYING and not unsent(one, exchange):
        raise ReturnNotInThisState(f"no money is given back for a return that is {one.state}")
    if command.method is RefundMethod.CREDIT and not dossier.order.on_account:
        raise InvalidChange("the order is not on account", path="$.method")
    kept = kept_for_it(one, exchange, command.method, on_account=dossier.order.on_account)
    most = _most(dossier, one, kept)
    parts = _all(dossier, one, most) if command.shares is None else _shares(dossier, one, command.shares, most)
    if not parts and command.shares is None and command.reference is not None:
        return ()
    if not parts:
        raise InvalidChange("nothing is left to be given back for it", path="$.lines")
    settled = RefundState.SETTLED if command.method is RefundMethod.CREDIT else RefundState.REQUESTED
    refund = Refund(
        number=len(one.refunds) + 1,
        method=command.method,
        parts=tuple(parts),
        state=settled,
        reference=command.reference,
    )
    return (RefundRequested(order_id=one.order, return_id=one.id, refund=refund),)


def settle_refund(one: Return, command: SettleRefund) -> RefundSettled:
    """It was paid. Raises RefundNotFound, RefundNotInThisState."""
    _asked(one, command.number)
    return RefundSettled(order_id=one.order, return_id=one.id, number=command.number, note=command.note)


def refuse_refund(one: Return, command: RefuseRefund) -> RefundRefused:
    """It was not; it may be asked for again. Raises RefundNotFound, RefundNotInThisState."""
    _asked(one, command.number)
    return RefundRefused(order_id=one.order, return_id=one.id, number=command.number, reason=command.reason)


def withdraw_refund(one: Return, command: WithdrawRefund) -> RefundRefused:
    """It is not asked for any more. A credit can be taken back; money that was paid cannot.

    Raises RefundNotFound when nothing is asked for, or was, under this reference; RefundNotInThisState, and
    ReturnNotInThisState once somebody has ended the return with it.
    """
    known = [refund for refund in one.refunds if refund.reference == command.reference]
    asked = next((refund for refund in known if refund.state is not RefundState.REFUSED), None)
    if asked is None:
        raise RefundNotFound(f"no money is asked for under '{command.reference}'")
    if one.state in ENDED:
        raise ReturnNotInThisState(f"the return is {one.state}")
    if asked.state is RefundState.SETTLED and asked.method is RefundMethod.REFUND:
        raise RefundNotInThisState("the money is paid")
    return RefundRefused(order_id=one.order, return_id=one.id, number=asked.number, reason=command.reason)


def refundable(dossier: Dossier, one: Return, number: int) -> int:
    """Minor units that may still be given back for line ``number`` of ``one``: what it cost, less what was asked.

    Neither more than this return's share, nor, over all returns of the order together, than was paid: rounding would.
    """
    others = [other for other in dossier.returns if other.state in COUNTED]
    return min(_left(dossier, [one], number), _left(dossier, others, number))


def _left(dossier: Dossier, returns: Iterable[Return], number: int) -> int:
    line = line_of(dossier, number)
    back: dict[ItemId, int] = {}
    asked = 0
    for one in returns:
        for part in one.lines:
            if part.line == number:
                back[part.item] = back.get(part.item, 0) + part.quantity
        for refund in one.refunds:
            if refund.state is not RefundState.REFUSED:
                asked += sum(part.amount for part in refund.parts if part.line == number)
    return line.worth(line.whole(back)) - asked


def _most(dossier: Dossier, one: Return, kept: int) -> int:
    """Minor units that may still be given back for all of ``one``, when ``kept`` are not."""
    return sum(_left(dossier, [one], number) for number in _lines(one)) - kept


def _lines(one: Return) -> list[int]:
    return list(dict.fromkeys(line.line for line in one.lines))


def _all(dossier: Dossier, one: Return, most: int) -> list[RefundPart]:
    """All that may be given back, line after line."""
    parts = []
    for number in _lines(one):
        amount = min(refundable(dossier, one, number), most)
        if amount > 0:
            most -= amount
            parts.append(RefundPart(line=number, amount=amount))
    return parts


def _shares(dossier: Dossier, one: Return, shares: tuple[RefundShare, ...], most: int) -> list[RefundPart]:
    currency = dossier.order.facts.currency
    if currency is None:
        raise InvalidChange("the order has no prices", path="$.lines")
    left: dict[int, int] = {}
    parts = []
    for place, share in enumerate(shares):
        path = f"$.lines[{place}]"
        if share.line not in {line.line for line in one.lines}:
            raise InvalidChange("the return is not of this line", path=f"{path}.line")
        amount = to_minor(share.amount, currency, path=f"{path}.amount")
        left.setdefault(share.line, refundable(dossier, one, share.line))
        room = min(left[share.line], most)
        if not 0 < amount <= room:
            raise InvalidChange(f"{max(0, room)} minor units may still be given back", path=f"{path}.amount")
        left[share.line] -= amount
        most -= amount
        parts.append(RefundPart(line=share.line, amount=amount))
    return parts


def _asked(one: Return, number: int) -> None:
    refund = next((refund for refund in one.refunds if refund.number == number), None)
    if refund is None:
        raise RefundNotFound(f"the return has no refund {number}")
    if refund.state is not RefundState.REQUESTED:
        raise RefundNotInThisState(f"the refund is {refund.state}")
