"""How a fulfilment order goes through a warehouse, in parts and out of order."""

from decimal import Decimal

import pytest

from core.kernel.errors import DomainError
from core.orders.changes import FulfilmentPicked, FulfilmentShipped
from core.orders.changing import (
    AcceptFulfilment,
    CancelFulfilment,
    DeliverFulfilment,
    FulfilmentChange,
    GoodsAtWork,
    InvalidChange,
    LineQuantity,
    PackFulfilment,
    PickFulfilment,
    RecallFulfilment,
    RejectFulfilment,
    ShipFulfilment,
)
from core.orders.dossier import Dossier
from core.orders.fulfilment import NEXT, FulfilmentAct, FulfilmentNotFound, FulfilmentState, NotInThisState
from core.orders.order import Phase
from tests.support.given import NOW
from tests.support.orders import a_dossier, a_part, after, an_order_line, events, first, some

ONE = first(a_dossier())
ACCEPT, PICK, PACK, SHIP = (
    AcceptFulfilment(fulfilment=ONE),
    PickFulfilment(fulfilment=ONE),
    PackFulfilment(fulfilment=ONE),
    ShipFulfilment(fulfilment=ONE, carrier="RM", tracking="1"),
)
DELIVER = DeliverFulfilment(fulfilment=ONE)
RECALL = RecallFulfilment(fulfilment=ONE, reason="no answer")
REJECT = RejectFulfilment(fulfilment=ONE, reason="empty")
CANCEL = CancelFulfilment(fulfilment=ONE, reason="flooded")
OF = {
    FulfilmentAct.ACCEPT: ACCEPT,
    FulfilmentAct.REJECT: REJECT,
    FulfilmentAct.RECALL: RECALL,
    FulfilmentAct.PICK: PICK,
    FulfilmentAct.PACK: PACK,
    FulfilmentAct.SHIP: SHIP,
    FulfilmentAct.DELIVER: DELIVER,
    FulfilmentAct.CANCEL: CANCEL,
}
TO: dict[FulfilmentState, tuple[FulfilmentChange, ...]] = {
    FulfilmentState.PROPOSED: (),
    FulfilmentState.ACCEPTED: (ACCEPT,),
    FulfilmentState.PICKING: (ACCEPT, PickFulfilment(fulfilment=ONE, lines=some(2))),
    FulfilmentState.PACKED: (ACCEPT, PICK, PACK),
    FulfilmentState.SHIPPED: (ACCEPT, SHIP),
    FulfilmentState.DELIVERED: (ACCEPT, SHIP, DELIVER),
    FulfilmentState.REJECTED: (REJECT,),
    FulfilmentState.CANCELLED: (CANCEL,),
}
PARCEL_UNDER_WAY = {FulfilmentState.PICKING, FulfilmentState.PACKED}


def state(dossier: Dossier) -> FulfilmentState:
    return dossier.fulfilment(ONE).state


@pytest.mark.parametrize("act", FulfilmentAct)
@pytest.mark.parametrize("begin", FulfilmentState)
def test_every_act_in_every_state_is_as_the_table_says(begin: FulfilmentState, act: FulfilmentAct) -> None:
    dossier = after(a_dossier(), *TO[begin])
    assert state(dossier) is begin
    if (begin, act) not in NEXT:
        with pytest.raises(NotInThisState):
            after(dossier, OF[act])
    elif act is FulfilmentAct.CANCEL and begin in PARCEL_UNDER_WAY:
        with pytest.raises(GoodsAtWork):
            after(dossier, CANCEL)
    elif act is FulfilmentAct.DELIVER and begin in PARCEL_UNDER_WAY:
        with pytest.raises(NotInThisState):  # nothing of it has left yet
            after(dossier, DELIVER)
    elif act is FulfilmentAct.PICK and begin is FulfilmentState.PACKED:
        with pytest.raises(InvalidChange):  # all of it is picked
            after(dossier, PICK)
    else:
        assert state(after(dossier, OF[act])) is NEXT[begin, act]


def test_all_the_way() -> None:
    steps = [(ACCEPT, Phase.ALLOCATED), (PICK, Phase.ALLOCATED), (PACK, Phase.ALLOCATED), (SHIP, Phase.FULFILLED)]
    dossier = a_dossier()
    for change, phase in [*steps, (DELIVER, Phase.DELIVERED)]:
        dossier = after(dossier, change)
        assert dossier.order.phase is phase
    line, (parcel,) = dossier.order.facts.lines[0], dossier.fulfilments[0].shipments
    assert (line.allocated, line.shipped, line.delivered) == (5, 5, 5)
    assert (parcel.carrier, parcel.tracking, parcel.shipped_at, parcel.delivered_at) == ("RM", "1", NOW, NOW)


def test_in_two_parcels() -> None:
    dossier = after(a_dossier(), ACCEPT, ShipFulfilment(fulfilment=ONE, lines=some(2)))
    assert (state(dossier), dossier.order.phase) == (FulfilmentState.PICKING, Phase.PARTIALLY_FULFILLED)
    dossier = after(dossier, DELIVER)
    assert (state(dossier), dossier.order.facts.lines[0].delivered) == (FulfilmentState.PICKING, 2)
    dossier = after(dossier, PICK, SHIP)
    assert (state(dossier), dossier.order.phase) == (FulfilmentState.SHIPPED, Phase.FULFILLED)
    assert [parcel.number for parcel in dossier.fulfilments[0].shipments] == [1, 2]
    dossier = after(dossier, DeliverFulfilment(fulfilment=ONE, shipment=2))
    assert (state(dossier), dossier.order.phase) == (FulfilmentState.DELIVERED, Phase.DELIVERED)
    with pytest.raises(NotInThisState):
        after(dossier, DELIVER)


def test_a_parcel_says_how_much_of_it_was_picked_before() -> None:
    picking = after(a_dossier(), ACCEPT, PickFulfilment(fulfilment=ONE, lines=some(2)))
    (shipped,) = events(picking, ShipFulfilment(fulfilment=ONE, lines=some(4)))
    assert isinstance(shipped, FulfilmentShipped)
    assert [(units.quantity, units.picked) for units in shipped.units] == [(4, 2)]
    (rest,) = events(after(picking, ShipFulfilment(fulfilment=ONE, lines=some(4))), PICK)
    assert isinstance(rest, FulfilmentPicked)
    assert [units.quantity for units in rest.units] == [1]


@pytest.mark.parametrize("quantity", [0, 6])
@pytest.mark.parametrize("change", [PickFulfilment, ShipFulfilment])
def test_nothing_and_too_much_are_refused(change: type[PickFulfilment | ShipFulfilment], quantity: int) -> None:
    with pytest.raises(InvalidChange) as refusal:
        after(a_dossier(), ACCEPT, change(fulfilment=ONE, lines=some(quantity)))
    assert refusal.value.path == "$.lines[0].quantity"


def test_two_lines_of_one_request_add_up() -> None:
    twice = (*some(3), *some(3))
    with pytest.raises(InvalidChange) as refusal:
        after(a_dossier(), ACCEPT, PickFulfilment(fulfilment=ONE, lines=twice))
    assert refusal.value.path == "$.lines[1].quantity"


def test_a_line_of_another_location_is_not_here() -> None:
    dossier = a_dossier(an_order_line(a_part(2, 101)), an_order_line(a_part(3, 102), number=2))
    here = first(dossier)
    with pytest.raises(InvalidChange):
        after(dossier, AcceptFulfilment(fulfilment=here), PickFulfilment(fulfilment=here, lines=some(1, line=2)))
    everything = after(dossier, AcceptFulfilment(fulfilment=here), ShipFulfilment(fulfilment=here))
    assert [line.shipped for line in everything.order.facts.lines] == [2, 0]
    assert everything.order.phase is Phase.PARTIALLY_FULFILLED


def test_there_is_no_such_fulfilment_order() -> None:
    other = first(a_dossier(an_order_line(a_part(1, 102))))
    with pytest.raises(FulfilmentNotFound):
        after(a_dossier(), AcceptFulfilment(fulfilment=other))


def test_a_fraction_of_a_piece_is_refused() -> None:
    half = (LineQuantity(line=1, quantity=Decimal("0.5")),)
    with pytest.raises(DomainError):
        after(a_dossier(), ACCEPT, PickFulfilment(fulfilment=ONE, lines=half))


def test_what_was_sent_stays_when_the_rest_is_called_back() -> None:
    dossier = after(a_dossier(), ACCEPT, ShipFulfilment(fulfilment=ONE, lines=some(2)), DELIVER)
    dossier = after(dossier, CancelFulfilment(fulfilment=ONE, reason="flooded", forced=True))
    assert state(dossier) is FulfilmentState.DELIVERED
    assert dossier.order.phase is Phase.PARTIALLY_FULFILLED
    assert dossier.order.facts.lines[0].allocated == 2
