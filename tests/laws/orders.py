"""Any story of an accepted order, for the harness of deciders."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from hypothesis import strategies as st

from core.execution.stock import movements_of
from core.inventory.balance import Account
from core.kernel.ids import ItemId, LocationId
from core.orders.changes import FulfilmentProposed, OrderEvent
from core.orders.changing import (
    AcceptFulfilment,
    AmendLine,
    CancelFulfilment,
    CancelLine,
    CancelOrder,
    DeliverFulfilment,
    FulfilmentChange,
    LineQuantity,
    OrderChange,
    PackFulfilment,
    PickFulfilment,
    PlaceHold,
    RejectFulfilment,
    ReleaseHold,
    ShipFulfilment,
)
from core.orders.dossier import Dossier
from core.orders.fulfilment import FulfilmentState, fulfilment_id
from core.orders.lifecycle import decide, missing, propose
from core.orders.order import AllocatedPart, HoldReason
from tests.support.given import NOW, an_id
from tests.support.orders import a_dossier, a_part, an_order_line

BLANK = a_dossier(
    an_order_line(a_part(4, 101, backordered=1), a_part(2, 102)), an_order_line(a_part(3, 101), number=2, price=250)
)
ORDER = BLANK.order.facts.order_id
LOCATIONS = [LocationId(an_id(number)) for number in (101, 102)]


@dataclass(frozen=True)
class Promise:
    """What is promised from nowhere is promised from ``location``: as a reallocation would."""

    location: LocationId


Change = OrderChange | FulfilmentChange | Promise
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


def decide_change(dossier: Dossier, change: Change) -> Sequence[OrderEvent]:
    if not isinstance(change, Promise):
        return decide(dossier, change, NOW)
    if dossier.order.cancelled_at:
        return ()
    wanted: list[tuple[int, ItemId, AllocatedPart]] = [
        (line, item, AllocatedPart(location=change.location, quantity=quantity))
        for (line, item), quantity in missing(dossier).items()
    ]
    proposals: tuple[FulfilmentProposed, ...] = propose(dossier, wanted)
    return proposals


def broken(before: Dossier, after: Dossier, events: Sequence[OrderEvent]) -> str | None:
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
    if bool(after.order.cancelled_at) != all(line.due == 0 for line in after.order.facts.lines):
        return "cancelled is when nothing is due"
    return None if after.version == before.version + len(events) else "the version does not count events"


def _worth(dossier: Dossier) -> int:
    """What is due, in minor units."""
    return sum(line.worth(line.due) for line in dossier.order.facts.lines)


def at_hand(dossier: Dossier) -> int:
    """Promised and not sent."""
    return sum(line.allocated - line.shipped for line in dossier.order.facts.lines)


def committed(events: Sequence[OrderEvent]) -> int:
    """What the events add to committed and picked."""
    held = (Account.COMMITTED, Account.PICKED)
    return sum(
        movement.quantity * ((movement.target in held) - (movement.source in held)) for movement in movements_of(events)
    )
