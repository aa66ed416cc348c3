"""What an order's outcome means for demand: what was asked for counts even when it was refused."""

from dataclasses import replace
from datetime import date

from core.acceptance.demand import demand_of
from core.acceptance.events import Explanation, OrderAccepted, OrderHeld, OrderRejected
from core.configuration.flag import Flag, FlagSet
from core.forecasting.demand import DemandChange
from core.kernel.goods import Component
from core.kernel.ids import ItemId, LocationId
from core.orders.order import AllocatedPart, OrderLine
from tests.support.given import TENANT, an_id, order_facts
from tests.support.recorded import recorded

ITEM = ItemId(an_id(1))


def a_line(*promised: int) -> OrderLine:
    parts = tuple(AllocatedPart(location=LocationId(an_id(101)), quantity=quantity) for quantity in promised)
    return OrderLine(number=1, item=ITEM, sku="SKU-1", scale=0, ordered=5, price=None, parts=parts)


def change(promised: int) -> DemandChange:
    return DemandChange(tenant=TENANT, item=ITEM, day=date(2026, 3, 1), ordered=5, promised=promised)


def test_what_accepted_orders_asked_for_and_were_promised_adds_up() -> None:
    event = OrderAccepted(facts=order_facts(a_line(2, 3), a_line(5)), vendor="own", explanation=Explanation())
    (change,) = demand_of([recorded(event), recorded(event)])
    assert change == DemandChange(tenant=TENANT, item=ITEM, day=date(2026, 3, 1), ordered=20, promised=20)


def test_a_rejected_order_was_asked_for_and_not_promised() -> None:
    event = OrderRejected(facts=order_facts(a_line()), reasons=(), explanation=Explanation())
    assert demand_of([recorded(event)]) == [change(0)]


def test_a_kit_counts_as_itself_in_kits_and_as_what_it_is_made_of() -> None:
    kit, cup = ItemId(an_id(4)), ItemId(an_id(2))
    components = (Component(item=ITEM, sku="TEA", quantity=1), Component(item=cup, sku="CUP", quantity=2))
    parts = tuple(
        AllocatedPart(location=LocationId(an_id(101)), quantity=quantity, item=item)
        for item, quantity in ((ITEM, 3), (cup, 4), (cup, 2))
    )
    line = OrderLine(number=1, item=kit, sku="SET", scale=0, ordered=3, price=None, parts=parts, components=components)
    event = OrderAccepted(facts=order_facts(line, a_line(5)), vendor="own", explanation=Explanation())
    found = {one.item: (one.ordered, one.promised) for one in demand_of([recorded(event)])}
    assert found == {kit: (3, 3), ITEM: (3 + 5, 3 + 5), cup: (6, 6)}
    refused = OrderRejected(facts=order_facts(replace(line, parts=())), reasons=(), explanation=Explanation())
    found = {one.item: (one.ordered, one.promised) for one in demand_of([recorded(refused)])}
    assert found == {kit: (3, 0), ITEM: (3, 0), cup: (6, 0)}


def test_a_held_order_has_no_demand_until_it_is_decided() -> None:
    event = OrderHeld(facts=order_facts(a_line()), reasons=(), explanation=Explanation())
    assert demand_of([recorded(event)]) == []


def test_other_events_say_nothing_about_demand() -> None:
    assert demand_of([recorded(FlagSet(flag=Flag.RISK_ASSESSMENT, enabled=True))]) == []
