"""How returns change as their goods come back, are looked at, and their money is given back."""

from collections.abc import Sequence
from dataclasses import replace
from typing import assert_never

from core.orders.return_events import (
    RefundRefused,
    RefundRequested,
    RefundSettled,
    ReturnEvent,
    ReturnInspected,
    ReturnMoved,
    ReturnReceived,
    ReturnReplaced,
    ReturnRequested,
)
from core.orders.returns import Refund, RefundState, Return, ReturnedUnits, ReturnLine, ReturnState


def returns_after(returns: Sequence[Return], event: ReturnEvent) -> tuple[Return, ...]:
    """An order's returns after ``event``."""
    if isinstance(event, ReturnRequested):
        new = Return(
            id=event.return_id,
            order=event.order_id,
            kind=event.kind,
            lines=event.lines,
            requested_at=event.at,
            replacements=event.replacements,
        )
        return (*returns, new)
    return tuple(_after(one, event) if one.id == event.return_id else one for one in returns)


def _after(one: Return, event: ReturnEvent) -> Return:
    match event:
        case ReturnRequested():
            return one
        case ReturnMoved():
            return replace(one, state=event.state, note=event.note or one.note)
        case ReturnReplaced():
            return replace(one, replaced_by=(*one.replaced_by, event.replaced_by))
        case ReturnReceived():
            return _received(one, event.units)
        case ReturnInspected():
            return _inspected(one, event)
        case RefundRequested():
            return replace(one, refunds=(*one.refunds, event.refund))
        case RefundSettled():
            return _answered(one, event.number, RefundState.SETTLED, event.note)
        case RefundRefused():
            return _answered(one, event.number, RefundState.REFUSED, event.reason)
        case _:
            assert_never(event)


def _received(one: Return, units: Sequence[ReturnedUnits]) -> Return:
    def counted(line: ReturnLine) -> ReturnLine:
        come = sum(some.quantity for some in units if (some.line, some.item) == (line.line, line.item))
        return replace(line, received=line.received + come)

    return replace(
        one,
        state=ReturnState.RECEIVED,
        lines=tuple(counted(line) for line in one.lines),
        receipts=(*one.receipts, *units),
        waiting=(*one.waiting, *units),
    )


def _inspected(one: Return, event: ReturnInspected) -> Return:
    waiting, lines = list(one.waiting), list(one.lines)
    for found in event.found:
        units = found.units
        place = next(index for index, some in enumerate(waiting) if replace(some, quantity=units.quantity) == units)
        waiting[place] = replace(waiting[place], quantity=waiting[place].quantity - units.quantity)
        waiting = [some for some in waiting if some.quantity]
        lines = [
            replace(line, **{found.verdict.value: getattr(line, found.verdict) + units.quantity})
            if (line.line, line.item) == (units.line, units.item)
            else line
            for line in lines
        ]
    state = one.state if waiting else ReturnState.INSPECTED
    return replace(one, state=state, waiting=tuple(waiting), lines=tuple(lines))


def _answered(one: Return, number: int, state: RefundState, note: str | None) -> Return:
    def answered(refund: Refund) -> Refund:
        return replace(refund, state=state, note=note) if refund.number == number else refund

    return replace(one, refunds=tuple(answered(refund) for refund in one.refunds))
