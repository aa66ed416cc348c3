"""What may be done with an order's returns, and what follows."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import assert_never

from core.kernel.ids import ItemId, LocationId, ReturnId
from core.kernel.quantity import to_units
from core.orders.cancelling import line_of
from core.orders.changing import InvalidChange, OrderNotOpen
from core.orders.closing import check_open
from core.orders.dossier import Dossier
from core.orders.exchanging import NOTHING, Exchange, approve, decided, let_go, replacements
from core.orders.fulfilment import derived_id
from core.orders.refunding import refuse_refund, request_refund, settle_refund, withdraw_refund
from core.orders.return_events import ReturnEvent, ReturnMoved, ReturnRequested
from core.orders.return_goods import inspect_return, receive_return
from core.orders.returning import (
    ApproveReturn,
    CancelReturn,
    DenyReturn,
    InspectReturn,
    ReceiveReturn,
    RefuseRefund,
    RequestRefund,
    RequestReturn,
    ResolveReturn,
    ReturnChange,
    SendReturn,
    SettleRefund,
    WithdrawRefund,
)
from core.orders.returns import (
    ENDED_WITHOUT,
    RefundState,
    Return,
    ReturnAct,
    ReturnLine,
    ReturnNotInThisState,
    ReturnState,
    next_return_state,
)

Places = Mapping[str, LocationId]
"""The locations a command names, by their codes."""


def decide_return(
    dossier: Dossier,
    command: RequestReturn | ReturnChange,
    now: datetime,
    places: Places,
    exchange: Exchange = NOTHING,
) -> tuple[ReturnEvent, ...]:
    """The events of ``command``; none when it is so already. Raises the errors of core.orders.returns, .changing and
    .exchanging."""
    check_open(dossier)
    if isinstance(command, RequestReturn):
        return (_request(dossier, command, now),)
    one = dossier.return_of(command.one)
    match command:
        case ApproveReturn():
            return approve(one, exchange)
        case DenyReturn():
            return (_move(one, ReturnAct.DENY, command.reason),)
        case CancelReturn():
            _no_money_asked(one)
            let_go(one, exchange)
            return (_move(one, ReturnAct.CANCEL, command.reason),)
        case SendReturn():
            return (_move(one, ReturnAct.SEND, None),)
        case ReceiveReturn():
            return (receive_return(dossier, one, command, places[command.location]),)
        case InspectReturn():
            return (inspect_return(dossier, one, command),)
        case RequestRefund():
            return request_refund(dossier, one, command, exchange)
        case WithdrawRefund():
            return (withdraw_refund(one, command),)
        case SettleRefund():
            return (settle_refund(one, command),)
        case RefuseRefund():
            return (refuse_refund(one, command),)
        case ResolveReturn() if one.state is ReturnState.RESOLVED:
            return ()
        case ResolveReturn():
            _nothing_left(one)
            decided(one, exchange)
            return (_move(one, ReturnAct.RESOLVE, command.note),)
        case _:
            assert_never(command)


def _request(dossier: Dossier, command: RequestReturn, now: datetime) -> ReturnRequested:
    order = dossier.order.facts.order_id
    if dossier.order.accepted_at is None:
        raise OrderNotOpen("the order is not accepted")
    left = _returnable(dossier)
    lines: list[ReturnLine] = []
    for place, wish in enumerate(command.lines):
        path = f"$.lines[{place}]"
        line = line_of(dossier, wish.line)
        units = to_units(wish.quantity, line.scale, path=f"{path}.quantity")
        if units <= 0:
            raise InvalidChange("quantity must be greater than zero", path=f"{path}.quantity")
        for item, needed in line.needs(units).items():
            left[line.number, item] = left.get((line.number, item), 0) - needed
            if left[line.number, item] < 0:
                raise InvalidChange("more than was sent and not given back yet", path=f"{path}.quantity")
            lines.append(ReturnLine(line=line.number, item=item, quantity=needed, reason=wish.reason))
    if not lines:
        raise InvalidChange("a return is of something", path="$.lines")
    new = ReturnId(derived_id(order, f"return:{len(dossier.returns) + 1}"))
    return ReturnRequested(
        order_id=order,
        return_id=new,
        kind=command.kind,
        lines=_summed(lines),
        at=now,
        replacements=replacements(dossier, command),
    )


def _returnable(dossier: Dossier) -> dict[tuple[int, ItemId], int]:
    """Base units that were sent and that no return asks for, by line and item."""
    left = {(line.number, item): units for line in dossier.order.facts.lines for item, units in line.sent.items()}
    for one in dossier.returns:
        for line in one.lines if one.state not in ENDED_WITHOUT else ():
            left[line.line, line.item] -= line.quantity
    return left


def _summed(lines: list[ReturnLine]) -> tuple[ReturnLine, ...]:
    """One line of a return for each line and item: wishes for the same add up."""
    sums: dict[tuple[int, ItemId], ReturnLine] = {}
    for line in lines:
        known = sums.get((line.line, line.item))
        sums[line.line, line.item] = replace(known, quantity=known.quantity + line.quantity) if known else line
    return tuple(sums.values())


def _move(one: Return, act: ReturnAct, note: str | None) -> ReturnMoved:
    return ReturnMoved(order_id=one.order, return_id=one.id, state=next_return_state(one, act), note=note)


def _no_money_asked(one: Return) -> None:
    if any(refund.state is not RefundState.REFUSED for refund in one.refunds):
        raise ReturnNotInThisState("money was asked for it already")


def _nothing_left(one: Return) -> None:
    if one.waiting:
        raise ReturnNotInThisState("some of it waits to be inspected")
    if any(refund.state is RefundState.REQUESTED for refund in one.refunds):
        raise ReturnNotInThisState("a refund waits for its answer")
