"""Any story of an accepted order, for the harness of deciders."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from hypothesis import strategies as st

from core.execution.stock import movements_of
from core.inventory.balance import BUCKETS, Account, Movement
from core.kernel.decider import replay
from core.kernel.ids import ItemId, LocationId, ReturnId
from core.orders.changes import FulfilmentAccepted, FulfilmentProposed, FulfilmentShipped, OrderEvent, OrderReopened
from core.orders.changing import (
    AcceptFulfilment,
    AmendLine,
    CancelFulfilment,
    CancelLine,
    CancelOrder,
    CloseOrder,
    DeliverFulfilment,
    FulfilmentChange,
    LineQuantity,
    OrderChange,
    PackFulfilment,
    PickFulfilment,
    PlaceHold,
    RejectFulfilment,
    ReleaseHold,
    ReopenOrder,
    ShipFulfilment,
)
from core.orders.closing import ENDED
from core.orders.dossier import Dossier, evolve
from core.orders.fulfilment import FulfilmentState, Units, derived_id, fulfilment_id
from core.orders.lifecycle import decide, missing, propose
from core.orders.order import AllocatedPart, HoldReason
from core.orders.return_decisions import decide_return
from core.orders.return_events import ReturnEvent
from core.orders.returning import (
    ApproveReturn,
    CancelReturn,
    DenyReturn,
    Finding,
    InspectReturn,
    ReceiveReturn,
    RefundShare,
    RefuseRefund,
    RequestRefund,
    RequestReturn,
    ResolveReturn,
    ReturnChange,
    ReturnWish,
    SendReturn,
    SettleRefund,
)
from core.orders.returns import ENDED_WITHOUT, RefundState, ReturnKind
from tests.support.given import NOW, an_id
from tests.support.orders import a_dossier, a_part, an_order_line

BLANK = a_dossier(
    an_order_line(a_part(4, 101, backordered=1), a_part(2, 102)), an_order_line(a_part(3, 101), number=2, price=250)
)
ORDER_GBP = replace(BLANK.order, facts=replace(BLANK.order.facts, currency="GBP", total=1350))
ORDER = BLANK.order.facts.order_id
LOCATIONS = [LocationId(an_id(number)) for number in (101, 102)]


@dataclass(frozen=True)
class Promise:
    """What is promised from nowhere is promised from ``location``: as a reallocation would."""

    location: LocationId


Change = OrderChange | FulfilmentChange | Promise | RequestReturn | ReturnChange
PLACES = {"W101": LOCATIONS[0]}
SENT = replay(
    evolve,
    replace(BLANK, order=ORDER_GBP),
    [
        event
        for one in BLANK.fulfilments
        for event in (
            FulfilmentAccepted(order_id=ORDER, fulfilment_id=one.id),
            FulfilmentShipped(
                order_id=ORDER,
                fulfilment_id=one.id,
                shipment=1,
                units=tuple(
                    Units(
                        line=line.line,
                        fulfilment=one.id,
                        item=line.item,
                        location=one.location,
                        quantity=line.quantity,
                    )
                    for line in one.lines
                ),
                carrier=None,
                tracking=None,
                at=NOW,
            ),
        )
    ],
)
"""The same order, all of it sent."""
_quantities = st.integers(0, 7).map(Decimal)
_lines = st.integers(1, 3)
_ids = st.builds(fulfilment_id, st.just(ORDER), st.sampled_from(LOCATIONS), st.integers(1, 3))
_some = st.none() | st.lists(st.builds(LineQuantity, line=_lines, quantity=_quantities), min_size=1, max_size=2).map(
    tuple
)
_order, _reason, _forced = st.just(ORDER), st.just("r"), st.booleans()

CHANGES: st.SearchStrategy[Change] = st.one_of(
    st.builds(Promise, st.sampled_from(LOCATIONS)),
    st.builds(PlaceHold, order=_order, reason=st.sampled_from([*HoldReason][:2]), note=_reason),
    st.builds(ReleaseHold, order=_order, reason=st.none() | st.sampled_from([*HoldReason][:2]), note=_reason),
    st.builds(CancelOrder, order=_order, reason=_reason, forced=_forced),
    st.builds(CloseOrder, order=_order, reason=_reason),
    st.builds(ReopenOrder, order=_order, reason=_reason),
    st.builds(CancelLine, order=_order, line=_lines, reason=_reason, quantity=st.none() | _quantities, forced=_forced),
    st.builds(AmendLine, order=_order, line=_lines, quantity=_quantities, reason=_reason),
    st.builds(AcceptFulfilment, fulfilment=_ids),
    st.builds(AcceptFulfilment, fulfilment=_ids),
    st.builds(RejectFulfilment, fulfilment=_ids, reason=_reason),
    st.builds(PickFulfilment, fulfilment=_ids, lines=_some),
    st.builds(PackFulfilment, fulfilment=_ids),
    st.builds(ShipFulfilment, fulfilment=_ids, lines=_some),
    st.builds(ShipFulfilment, fulfilment=_ids, lines=_some),
    st.builds(DeliverFulfilment, fulfilment=_ids, shipment=st.none() | st.integers(1, 2)),
    st.builds(CancelFulfilment, fulfilment=_ids, reason=_reason, forced=_forced),
)
_one = st.builds(ReturnId, st.integers(1, 2).map(lambda number: derived_id(ORDER, f"return:{number}")))
_wishes = st.builds(ReturnWish, line=_lines, quantity=_quantities, reason=_reason)
_findings = st.builds(Finding, line=_lines, sellable=_quantities, damaged=st.just(Decimal(0)), scrapped=_quantities)
_shares = st.builds(RefundShare, line=_lines, amount=st.integers(0, 800).map(lambda minor: Decimal(minor) / 100))

RETURNS: st.SearchStrategy[Change] = st.one_of(
    st.builds(RequestReturn, order=_order, lines=st.tuples(_wishes), kind=st.sampled_from(ReturnKind)),
    st.builds(RequestReturn, order=_order, lines=st.tuples(_wishes, _wishes)),
    st.builds(ApproveReturn, one=_one),
    st.builds(ApproveReturn, one=_one),
    st.builds(DenyReturn, one=_one, reason=_reason),
    st.builds(CancelReturn, one=_one, reason=_reason),
    st.builds(SendReturn, one=_one),
    st.builds(ReceiveReturn, one=_one, location=st.just("W101"), lines=_some),
    st.builds(ReceiveReturn, one=_one, location=st.just("W101"), lines=st.none()),
    st.builds(InspectReturn, one=_one, findings=st.tuples(_findings)),
    st.builds(RequestRefund, one=_one, shares=st.none() | st.tuples(_shares)),
    st.builds(SettleRefund, one=_one, number=st.integers(1, 2)),
    st.builds(RefuseRefund, one=_one, number=st.integers(1, 2), reason=_reason),
    st.builds(ResolveReturn, one=_one),
    st.builds(CloseOrder, order=_order, reason=_reason),
    st.builds(ReopenOrder, order=_order, reason=_reason),
)


def decide_change(dossier: Dossier, change: Change) -> Sequence[OrderEvent | ReturnEvent]:
    if isinstance(change, RequestReturn | ReturnChange):
        return decide_return(dossier, change, NOW, PLACES)
    if not isinstance(change, Promise):
        return decide(dossier, change, NOW)
    if dossier.order.cancelled_at or dossier.order.closed_at:
        return ()
    wanted: list[tuple[int, ItemId, AllocatedPart]] = [
        (line, item, AllocatedPart(location=change.location, quantity=quantity))
        for (line, item), quantity in missing(dossier).items()
    ]
    proposals: tuple[FulfilmentProposed, ...] = propose(dossier, wanted)
    return proposals


def broken_return(before: Dossier, after: Dossier, events: Sequence[ReturnEvent]) -> str | None:
    """Which invariant of returns does not hold after ``events``, or None."""
    asked: Counter[int] = Counter()
    back: Counter[int] = Counter()
    for one in after.returns:
        for line in one.lines:
            if one.state not in ENDED_WITHOUT:
                asked[line.line] += line.quantity
            if not 0 <= line.inspected <= line.received <= line.quantity:
                return "more was found than came, or came than was asked for"
        waiting = sum(units.quantity for units in one.waiting)
        if waiting != sum(line.received - line.inspected for line in one.lines):
            return "what waits is not what came and was not looked at"
        for refund in one.refunds:
            for part in refund.parts if refund.state is not RefundState.REFUSED else ():
                back[part.line] += part.amount
    for number in asked.keys() | back.keys():
        line = next(line for line in after.order.facts.lines if line.number == number)
        if asked[number] > line.shipped or line.returned > line.shipped:
            return "more comes back than was sent"
        if back[number] > line.worth(line.shipped):
            return "more is given back than was paid"
    if total_in(after) - total_in(before) != sum(map(_into_stock, movements_of(events))):
        return "the ledger has something else than came back"
    return broken(before, after, events)


def total_in(dossier: Dossier) -> int:
    """Base units that came back and were not thrown away."""
    return sum(line.received - line.scrapped for one in dossier.returns for line in one.lines)


def _into_stock(movement: Movement) -> int:
    return movement.quantity * ((movement.target in BUCKETS) - (movement.source in BUCKETS))


def broken(before: Dossier, after: Dossier, events: Sequence[OrderEvent | ReturnEvent]) -> str | None:
    """Which invariant of an order does not hold after ``events``, or None."""
    asked: Counter[tuple[int, str]] = Counter()
    for one in after.fulfilments:
        if one.state in (FulfilmentState.REJECTED, FulfilmentState.CANCELLED) and one.lines:
            return "an ended fulfilment order is still asked for something"
        for line in one.lines:
            asked[line.line, line.item] += line.quantity
            if min(line.picked, line.shipped) < 0 or line.picked + line.shipped > line.quantity:
                return "more is picked or shipped than is asked for"
    for line in after.order.facts.lines:
        if not 0 <= line.delivered <= line.shipped <= line.allocated <= line.due:
            return f"line {line.number} is out of bounds"
        if asked[line.number, line.item] != line.allocated:
            return "locations are asked for something else than is promised"
        if any(not 0 <= part.backordered <= part.quantity - part.shipped for part in line.parts):
            return "more is owed than is still to be sent"
    if after.order.facts.total - before.order.facts.total != _worth(after) - _worth(before):
        return "the total does not follow what is due"
    if at_hand(after) - at_hand(before) != committed(events):
        return "the ledger holds something else than is promised and not sent"
    if before.order.closed_at and not {*map(type, events)} <= {OrderReopened}:
        return "a closed order was changed"
    if after.order.closed_at and any(one.state not in ENDED for one in after.returns):
        return "an order was closed that somebody wants to give back"
    if bool(after.order.cancelled_at) != all(line.due == 0 for line in after.order.facts.lines):
        return "cancelled is when nothing is due"
    return None if after.version == before.version + len(events) else "the version does not count events"


def _worth(dossier: Dossier) -> int:
    """What is due, in minor units."""
    return sum(line.worth(line.due) for line in dossier.order.facts.lines)


def at_hand(dossier: Dossier) -> int:
    """Promised and not sent."""
    return sum(line.allocated - line.shipped for line in dossier.order.facts.lines)


def committed(events: Sequence[OrderEvent | ReturnEvent]) -> int:
    """What the events add to committed and picked."""
    held = (Account.COMMITTED, Account.PICKED)
    return sum(
        movement.quantity * ((movement.target in held) - (movement.source in held)) for movement in movements_of(events)
    )
