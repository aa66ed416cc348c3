"""What an order's outcome means for demand: what was asked for counts even when it was refused."""

from datetime import date

from adapters.toolkit.codec import WIRE, encode, name_of
from core.acceptance.demand import demand_of
from core.acceptance.events import Explanation, OrderAccepted, OrderHeld, OrderRejected
from core.configuration.flag import Flag, FlagSet
from core.forecasting.demand import DemandChange
from core.kernel.event import START, RecordedEvent
from core.kernel.ids import ItemId, LocationId, StreamId
from core.orders.order import AllocatedPart, OrderLine
from tests.support.given import NOW, TENANT, an_id, order_facts

ITEM = ItemId(an_id(1))


def a_line(*promised: int) -> OrderLine:
    parts = tuple(AllocatedPart(location=LocationId(an_id(101)), quantity=quantity) for quantity in promised)
    return OrderLine(number=1, item=ITEM, sku="SKU-1", scale=0, ordered=5, price=None, parts=parts)


def recorded(body: object) -> RecordedEvent:
    return RecordedEvent(
        tenant=TENANT,
        stream=StreamId(an_id(9)),
        version=1,
        name=name_of(body),
        payload=encode(body),
        actor="",
        correlation="",
        recorded_at=NOW,
        cursor=START,
        wire=WIRE,
    )


def change(promised: int) -> DemandChange:
    return DemandChange(tenant=TENANT, item=ITEM, day=date(2026, 3, 1), ordered=5, promised=promised)


def test_what_accepted_orders_asked_for_and_were_promised_adds_up() -> None:
    event = OrderAccepted(facts=order_facts(a_line(2, 3), a_line(5)), vendor="own", explanation=Explanation())
    (change,) = demand_of([recorded(event), recorded(event)])
    assert change == DemandChange(tenant=TENANT, item=ITEM, day=date(2026, 3, 1), ordered=20, promised=20)


def test_a_rejected_order_was_asked_for_and_not_promised() -> None:
    event = OrderRejected(facts=order_facts(a_line()), reasons=(), explanation=Explanation())
    assert demand_of([recorded(event)]) == [change(0)]


def test_a_held_order_has_no_demand_until_it_is_decided() -> None:
    event = OrderHeld(facts=order_facts(a_line()), reasons=(), explanation=Explanation())
    assert demand_of([recorded(event)]) == []


def test_other_events_say_nothing_about_demand() -> None:
    assert demand_of([recorded(FlagSet(flag=Flag.RISK_ASSESSMENT, enabled=True))]) == []
