"""What can be promised, now and at a time to come (ATP).

Now: what is available, and what may still be owed. At a time t: what the shelf will have then, which is what it has
now, more what is due by t, less what is to leave by t, but never more than every later moment leaves over, because a
unit promised at t is missing ever after. Never below zero: what is overdrawn already is nobody's promise.
Supply nobody knows the date of never counts, nor does supply that is late: it has no date any more that anybody could
be told. A departure that is late still happens.
"""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from itertools import accumulate

from core.kernel.value import value


@value
class Flow:
    """At ``at``, ``change`` base units come to a shelf (positive) or leave it (negative), because of ``cause``."""

    at: datetime
    change: int
    cause: str


@value
class Shelf:
    """What one shelf has available (negative: owes), and what will change that."""

    available: int
    flows: tuple[Flow, ...] = ()


@value
class Step:
    """A flow, what is projected to be available after all of its moment, and what can be promised then."""

    at: datetime
    change: int
    cause: str
    projected: int
    atp: int


@value
class Promise:
    """What can be promised now, and at ``at``; and every step the projection takes."""

    now: int
    at: datetime
    atp: int
    steps: tuple[Step, ...]


def atp_now(available: Sequence[int], backorder_limit: int) -> int:
    """What can be promised at once from shelves with ``available`` each: the limit is the item's, over all of them."""
    owed = sum(-units for units in available if units < 0)
    return sum(units for units in available if units > 0) + max(0, backorder_limit - owed)


def expected_on(shelves: Iterable[Shelf], available_on: date | None, now: datetime) -> date | None:
    """The day the next goods are expected: what is to come, or the day the item is sent from, whichever is earlier.

    None: nothing is known to come.
    """
    days = [flow.at.date() for shelf in shelves for flow in counted(shelf.flows, now) if flow.change > 0]
    if available_on is not None and available_on > now.date():
        days.append(available_on)
    return min(days, default=None)


def counted(flows: Iterable[Flow], now: datetime) -> tuple[Flow, ...]:
    """The flows that count at ``now``: all that leaves, and what comes unless it is late."""
    return tuple(flow for flow in flows if flow.change < 0 or flow.at >= now)


def promise(shelves: Sequence[Shelf], backorder_limit: int, at: datetime) -> Promise:
    """The promise over ``shelves``: each unit is promised from one of them, so their promises add up."""
    curves = [_Curve(shelf) for shelf in shelves]
    flows = sorted(
        (flow for shelf in shelves for flow in shelf.flows), key=lambda flow: (flow.at, -flow.change, flow.cause)
    )
    steps = tuple(
        Step(
            at=flow.at,
            change=flow.change,
            cause=flow.cause,
            projected=sum(curve.projected(flow.at) for curve in curves),
            atp=sum(curve.atp(flow.at) for curve in curves),
        )
        for flow in flows
    )
    return Promise(
        now=atp_now([shelf.available for shelf in shelves], backorder_limit),
        at=at,
        atp=sum(curve.atp(at) for curve in curves),
        steps=steps,
    )


class _Curve:
    """The projection of one shelf: what it has before the first moment and after each."""

    def __init__(self, shelf: Shelf) -> None:
        changes: dict[datetime, int] = {}
        for flow in shelf.flows:
            changes[flow.at] = changes.get(flow.at, 0) + flow.change
        self._moments = sorted(changes)
        self._levels = list(accumulate((changes[moment] for moment in self._moments), initial=shelf.available))
        self._least = list(accumulate(reversed(self._levels), min))[::-1]

    def projected(self, at: datetime) -> int:
        """What is available after all that is due by ``at``."""
        return self._levels[bisect_right(self._moments, at)]

    def atp(self, at: datetime) -> int:
        """What every moment from ``at`` on leaves over."""
        return max(0, self._least[bisect_right(self._moments, at)])
