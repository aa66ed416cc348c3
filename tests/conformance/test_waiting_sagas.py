"""Sagas that wait for others: told by the journal, begun once for a key, ended by what somebody does or does not do."""

from dataclasses import replace
from typing import Any

import pytest

from core.acceptance.policies import SetPolicy
from core.acceptance.queues import AcceptOrders
from core.execution.covering import CoverBackorders
from core.inventory.acts import Act, ChangeStock, StockAct
from core.inventory.transferring import CancelTransfer, CloseTransfer, ReceiveTransfer
from core.kernel.errors import Conflict
from core.kernel.event import START
from core.kernel.ids import FulfilmentId, OrderId, ReturnId, StreamId, TenantId, TransferId
from core.kernel.money import Money
from core.orders.changing import AcceptFulfilment, CancelOrder, PlaceHold, RejectFulfilment, ShipFulfilment
from core.orders.deadlines import FulfilmentPolicy
from core.orders.fulfilment import FulfilmentState
from core.orders.looking import ReturnOver
from core.orders.order import HoldReason
from core.orders.returning import (
    ApproveReturn,
    CancelReturn,
    Finding,
    InspectReturn,
    ReceiveReturn,
    RefuseRefund,
    RequestReturn,
    ResolveReturn,
    ReturnWish,
    SettleRefund,
)
from core.orders.returns import RefundState, Return, ReturnNotFound, ReturnState
from core.sagas import fulfil_order
from core.sagas.commands import ForgiveSaga, RetrySaga
from core.sagas.definitions import DEFINITIONS
from core.sagas.engine import begin
from core.sagas.queues import STEPS, TIMEOUTS
from core.sagas.saga import MOVING, Saga, SagaOpen, Status
from core.sagas.settle_return import SettleReturn
from core.sagas.subscriptions import concerning
from core.sagas.transfer_stock import TransferStock
from core.sagas.use_cases.keeping import add
from entrypoints.dispatch import UseCase
from ports.storage import TransactionConflict
from tests.conformance.office import CONTEXT, NEW_ID, Office, a_stocked_office
from tests.conformance.shop import a_place, a_shop, accept_all, an_order, receive
from tests.conformance.storage import Storage
from tests.conformance.yard import moving
from tests.support.given import NOW, OTHER_TENANT, TENANT, a_context, a_key, an_id
from tests.support.orders import some

ORDER = OrderId(an_id(100_201))
POLICY = SetPolicy(policy=FulfilmentPolicy(answer_within_minutes=60, ship_within_minutes=120))


async def an_office(storage: Storage, *, followed: bool = True, stock: int = 10, elsewhere: int = 10) -> Office:
    """With an order of four, from W101 if it has so many; some is at W102."""
    office = await a_stocked_office(storage, stock)
    async with storage.transactions.begin(a_context()) as tx:
        await tx.locations.add(a_place(102))
        await receive(tx, elsewhere, group=9, location=102)
    if followed:
        await office.run(POLICY)
    await accepted(storage, 201)
    await office.go_on()
    return office


async def accepted(storage: Storage, number: int, tenant: TenantId = TENANT, sku: str = "SKU-1") -> None:
    submission = an_order(number, quantity=4, tenant=tenant, sku=sku)
    await storage.intake_log.append([submission])
    async with storage.transactions.begin(a_context(tenant)) as tx:
        batch = await tx.acceptance.submissions([submission.id])
        await accept_all(AcceptOrders(batch=tuple(batch)), a_context(tenant), tx)


async def sagas(storage: Storage) -> list[Saga]:
    """All there are, oldest first."""
    rows = await storage.sagas.sagas(TENANT, status=None, name=None, before=None, limit=99)
    return [row.saga for row in reversed(rows)]


async def the_only(storage: Storage) -> Saga:
    (saga,) = await sagas(storage)
    return saga


async def asked(storage: Storage) -> FulfilmentId:
    """The fulfilment order that stands last."""
    return (await storage.dossiers.fulfilments(TENANT, ORDER))[-1].id


async def run_out(storage: Storage, office: Office) -> None:
    """Every time limit is over."""
    await storage.make_due()
    await office.work()


async def test_nothing_is_followed_of_tenants_that_did_not_ask_for_it(storage: Storage) -> None:
    office = await an_office(storage, followed=False)
    assert await sagas(storage) == []
    assert (await storage.dossiers.fulfilments(TENANT, ORDER))[0].answer_by is None
    await office.run(SetPolicy(policy=FulfilmentPolicy()))
    await accepted(storage, 202)
    await office.go_on()
    assert await sagas(storage) == []


async def test_of_several_tenants_orders_are_followed_each_as_its_own(storage: Storage) -> None:
    office, tenants = await a_stocked_office(storage, 10), (TENANT, OTHER_TENANT)
    await a_shop(storage, tenant=OTHER_TENANT, number=2)
    for number, tenant in enumerate(tenants, start=1):
        await office.run(POLICY, replace(CONTEXT, tenants=(tenant,)))
        await accepted(storage, 200 + number, tenant, f"SKU-{number}")
    command = concerning(await storage.feed.read(START, 100))
    assert await office.run(command, replace(CONTEXT, tenants=tenants)) == 2
    for tenant in tenants:
        (row,) = await storage.sagas.sagas(tenant, status=None, name=None, before=None, limit=9)
        assert row.saga.name == fulfil_order.NAME


async def test_who_begins_to_follow_late_finds_that_it_was_followed_though_that_is_over(storage: Storage) -> None:
    """Two relays are told the same, one of them slept between looking and beginning."""
    office = await an_office(storage)
    first = await the_only(storage)
    await run_out(storage, office)
    assert (await office.saga(first.id)).status not in MOVING
    fulfilment = FulfilmentId(first.key or "")
    late = begin(
        DEFINITIONS[fulfil_order.NAME, 1],
        fulfil_order.saga_of(fulfilment),
        first.data,
        NOW,
        subject=StreamId(ORDER),
        key=fulfilment,
    )
    with pytest.raises(TransactionConflict):
        async with storage.transactions.begin(a_context()) as tx:
            await add([late], a_context(), tx, NEW_ID)
    assert first.id == fulfil_order.saga_of(fulfilment)


async def test_what_is_accepted_and_sent_in_time_is_left_alone(storage: Storage) -> None:
    office = await an_office(storage)
    one = await asked(storage)
    saga = await the_only(storage)
    assert (saga.name, saga.key, saga.subject, saga.status) == ("fulfil-order", one, ORDER, Status.RUNNING)
    (known,) = await storage.dossiers.fulfilments(TENANT, ORDER)
    assert known.answer_by is not None
    assert (known.answer_by - CONTEXT.now).total_seconds() == 3600
    await office.go_on(AcceptFulfilment(fulfilment=one), ShipFulfilment(fulfilment=one, lines=some(1)))
    assert (await the_only(storage)).status is Status.RUNNING
    await office.go_on(ShipFulfilment(fulfilment=one))
    assert (await the_only(storage)).status is Status.COMPLETED
    depth = await storage.queue.depth()
    assert {depth[name].delayed for name in (STEPS, TIMEOUTS) if name in depth} <= {0}, "no time limit is left behind"
    assert await storage.invariants.violations() == []


async def test_what_is_not_answered_in_time_is_promised_from_elsewhere_and_followed_there(storage: Storage) -> None:
    office = await an_office(storage)
    first = await asked(storage)
    await run_out(storage, office)
    await office.go_on()
    old, new = await storage.dossiers.fulfilments(TENANT, ORDER)
    assert (old.state, old.reason) == (FulfilmentState.REJECTED, "it was not answered in time")
    assert (new.state, new.location) == (FulfilmentState.PROPOSED, an_id(102))
    ended, running = await sagas(storage)
    assert (ended.key, ended.status, ended.at("answered").reason) == (
        first,
        Status.COMPENSATED,
        "it has not happened in time",
    )
    assert (running.key, running.status) == (new.id, Status.RUNNING)
    assert await storage.invariants.violations() == []


async def test_an_answer_nobody_told_of_counts_when_time_is_over(storage: Storage) -> None:
    office = await an_office(storage)
    one = await asked(storage)
    await office.run(AcceptFulfilment(fulfilment=one))
    await run_out(storage, office)
    saga = await the_only(storage)
    assert saga.at("answered").happened
    assert (await storage.dossiers.fulfilments(TENANT, ORDER))[0].state is FulfilmentState.ACCEPTED


async def test_a_location_that_refuses_ends_it_and_the_next_is_followed(storage: Storage) -> None:
    office = await an_office(storage)
    await office.go_on(RejectFulfilment(fulfilment=await asked(storage), reason="flooded"))
    await office.go_on()
    ended, running = await sagas(storage)
    assert (ended.status, running.status) == (Status.COMPENSATED, Status.RUNNING)
    assert "fulfilment_over" in str(ended.at("answered").reason)
    await office.go_on(CancelOrder(order=ORDER, reason="none"))
    assert [saga.status for saga in await sagas(storage)] == [Status.COMPENSATED, Status.COMPENSATED]
    assert ((await shelf_of(storage, 101)).available, (await shelf_of(storage, 102)).available) == (10, 10)


async def shelf_of(storage: Storage, location: int) -> Any:
    code = f"W{location}"
    (row,) = await storage.inventory.stock(TENANT, sku=None, location=code, after=("", "", ""), limit=9)
    return row.balance


async def test_what_is_accepted_and_not_sent_waits_for_a_person_and_ends_when_it_is_sent(storage: Storage) -> None:
    office = await an_office(storage)
    one = await asked(storage)
    await office.go_on(AcceptFulfilment(fulfilment=one))
    await run_out(storage, office)
    saga = await the_only(storage)
    assert (saga.status, saga.reason) == (Status.STUCK, "sent: it has not happened in time, and it has no undo")
    assert (await storage.dossiers.fulfilments(TENANT, ORDER))[0].state is FulfilmentState.ACCEPTED
    await office.run(RetrySaga(id=saga.id))
    await office.work()
    await run_out(storage, office)
    assert (await the_only(storage)).status is Status.STUCK
    await office.go_on(ShipFulfilment(fulfilment=one))
    assert (await the_only(storage)).status is Status.COMPLETED


async def test_an_order_that_is_held_is_not_taken_from_its_location(storage: Storage) -> None:
    office = await an_office(storage)
    await office.run(PlaceHold(order=ORDER, reason=HoldReason.FRAUD_REVIEW, note="odd"))
    await run_out(storage, office)
    assert (await the_only(storage)).status is Status.COMPENSATED
    (one,) = await storage.dossiers.fulfilments(TENANT, ORDER)
    assert one.state is FulfilmentState.PROPOSED


async def test_the_same_told_again_begins_nothing_more(storage: Storage) -> None:
    office = await an_office(storage)
    events = await storage.feed.stream(TENANT, StreamId(ORDER))
    command = concerning(events)
    assert command is not None
    assert await office.run(command) == 0
    await office.go_on(RejectFulfilment(fulfilment=await asked(storage), reason="r"))
    assert await office.run(command) == 0, "nor once it has ended"
    assert len(await sagas(storage)) == 2
    assert concerning([event for event in events if event.name == "fulfilment.asked.v1"]) is None


async def test_two_tenants_in_one_telling_are_kept_apart(storage: Storage) -> None:
    office = await an_office(storage)
    events = await storage.feed.stream(TENANT, StreamId(ORDER))
    strange = tuple(replace(event, tenant=OTHER_TENANT) for event in events)
    command = concerning([*events, *strange])
    assert command is not None
    await office.run(command, replace(CONTEXT, tenants=(TENANT, OTHER_TENANT)))
    assert len(await sagas(storage)) == 1
    assert await storage.sagas.sagas(OTHER_TENANT, status=None, name=None, before=None, limit=9) == []


async def test_only_one_of_a_key_runs_at_a_time(storage: Storage) -> None:
    await an_office(storage)
    saga = await the_only(storage)
    twin = replace(saga, id=an_id(3))
    with pytest.raises(TransactionConflict):
        async with storage.transactions.begin(CONTEXT) as tx:
            await tx.sagas.add([twin])
    async with storage.transactions.begin(CONTEXT) as tx:
        assert await tx.sagas.latest(fulfil_order.NAME, [str(saga.key), "another"]) == {saga.key: Status.RUNNING}
        assert await tx.sagas.latest("another", [str(saga.key)]) == {}
        assert [one.id for one in await tx.sagas.waiting([StreamId(ORDER), StreamId(an_id(4))])] == [saga.id]
        assert await tx.sagas.waiting([StreamId(an_id(4))]) == []
    async with storage.transactions.begin(a_context(OTHER_TENANT)) as tx:
        assert await tx.sagas.waiting([StreamId(ORDER)]) == []


async def a_transfer(storage: Storage, quantity: int = 4) -> tuple[Office, Saga, TransferId]:
    office = await a_stocked_office(storage, 10)
    async with storage.transactions.begin(a_context()) as tx:
        await tx.locations.add(a_place(102))
    begun = await office.run(TransferStock(transfer=moving(quantity)))
    await office.go_on()
    return office, await office.saga(begun.id), TransferId(begun.data["transfer_id"])


async def test_a_transfer_is_followed_until_it_has_arrived(storage: Storage) -> None:
    office, saga, transfer = await a_transfer(storage)
    assert (saga.status, saga.subject, saga.key) == (Status.RUNNING, transfer, transfer)
    assert (await shelf_of(storage, 101)).available == 6
    partly = ReceiveTransfer(id=transfer, lines=moving(1).lines)
    await office.go_on(partly)
    assert (await office.saga(saga.id)).status is Status.RUNNING
    await office.go_on(ReceiveTransfer(id=transfer))
    assert (await office.saga(saga.id)).status is Status.COMPLETED
    assert (await shelf_of(storage, 102)).available == 4
    assert await storage.invariants.violations() == []


async def test_a_transfer_that_does_not_arrive_waits_for_a_person(storage: Storage) -> None:
    office, saga, transfer = await a_transfer(storage)
    await run_out(storage, office)
    stuck = await office.saga(saga.id)
    assert (stuck.status, stuck.still_done) == (Status.STUCK, ("start", "arrive"))
    assert stuck.reason == "arrive: it has not happened in time, and it has no undo"
    await office.go_on(CloseTransfer(id=transfer, reason="lost"))
    assert (await office.saga(saga.id)).status is Status.COMPLETED


async def test_a_transfer_that_is_called_off_leaves_nothing_behind(storage: Storage) -> None:
    office, saga, transfer = await a_transfer(storage)
    await office.go_on(CancelTransfer(id=transfer, reason="not needed"))
    ended = await office.saga(saga.id)
    assert ended.status is Status.COMPENSATED
    assert (await shelf_of(storage, 101)).available == 10
    forgotten = await office.run(TransferStock(transfer=moving(11)))
    await office.go_on()
    refused = await office.saga(forgotten.id)
    assert (refused.status, "insufficient_stock" in str(refused.at("start").reason)) == (Status.COMPENSATED, True)
    assert await storage.invariants.violations() == []


async def a_return(storage: Storage, price: int = 250, **given: Any) -> tuple[Office, ReturnId]:
    """Two of the four that were sent are to come back, and may."""
    office = await a_stocked_office(storage, 10, **given)
    async with storage.transactions.begin(a_context()) as tx:
        item = (await tx.items.by_sku(["SKU-1"]))["SKU-1"]
        await tx.items.change(replace(item, price=Money(minor=price, currency="GBP"), version=item.version + 1))
    await accepted(storage, 201)
    one = await asked(storage)
    await office.go_on(AcceptFulfilment(fulfilment=one), ShipFulfilment(fulfilment=one))
    wish = ReturnWish(line=1, quantity=some(2)[0].quantity, reason="too small")
    new = await office.run(RequestReturn(order=ORDER, lines=(wish,)))
    back = new.returns[-1].id
    await office.go_on(ApproveReturn(one=back))
    return office, back


async def the_return(storage: Storage) -> Return:
    return (await storage.dossiers.returns(TENANT, ORDER))[0]


def looked_at(back: ReturnId) -> tuple[object, ...]:
    finding = Finding(line=1, sellable=some(2)[0].quantity)
    return ReceiveReturn(one=back, location="W101"), InspectReturn(one=back, findings=(finding,))


async def test_a_return_is_settled_once_its_goods_are_looked_at_and_the_money_is_back(storage: Storage) -> None:
    office, back = await a_return(storage)
    saga = await office.run(SettleReturn(one=back, note="by card"))
    assert (saga.data["order_id"], saga.key) == (ORDER, back)
    await office.go_on()
    with pytest.raises(SagaOpen):
        await office.run(SettleReturn(one=back))
    assert (await the_return(storage)).refunds == ()
    await office.go_on(*looked_at(back))
    (refund,) = (await the_return(storage)).refunds
    assert (refund.state, refund.reference) == (RefundState.REQUESTED, saga.id)
    await office.go_on(SettleRefund(one=back, number=refund.number, note="pi_1"))
    kept = await the_return(storage)
    assert (kept.state, kept.note) == (ReturnState.RESOLVED, "by card")
    assert (await office.saga(saga.id)).status is Status.COMPLETED
    with pytest.raises(ReturnOver):
        await office.run(SettleReturn(one=back))
    assert await storage.invariants.violations() == []


async def test_money_that_is_refused_leaves_the_return_to_be_settled_another_way(storage: Storage) -> None:
    office, back = await a_return(storage)
    first = await office.run(SettleReturn(one=back))
    await office.go_on(*looked_at(back))
    await office.go_on(RefuseRefund(one=back, number=1, reason="card expired"))
    ended = await office.saga(first.id)
    assert (ended.status, ended.at("paid").reason) == (
        Status.COMPENSATED,
        "refund_declined: the refund was refused",
    )
    second = await office.run(SettleReturn(one=back))
    await office.go_on()
    await office.go_on(SettleRefund(one=back, number=2))
    assert (await office.saga(second.id)).status is Status.COMPLETED
    assert [refund.state for refund in (await the_return(storage)).refunds] == [
        RefundState.REFUSED,
        RefundState.SETTLED,
    ]


async def test_a_payment_nobody_answers_for_is_asked_for_no_longer(storage: Storage) -> None:
    office, back = await a_return(storage)
    saga = await office.run(SettleReturn(one=back))
    await office.go_on(*looked_at(back))
    await run_out(storage, office)
    assert (await office.saga(saga.id)).status is Status.COMPENSATED
    (refund,) = (await the_return(storage)).refunds
    assert (refund.state, refund.note) == (RefundState.REFUSED, "the settlement was taken back")


async def test_goods_that_never_come_leave_the_return_open(storage: Storage) -> None:
    office, back = await a_return(storage)
    saga = await office.run(SettleReturn(one=back))
    await office.go_on()
    await run_out(storage, office)
    assert (await office.saga(saga.id)).status is Status.COMPENSATED
    assert (await the_return(storage)).state is ReturnState.APPROVED
    again = await office.run(SettleReturn(one=back))
    await office.go_on(CancelReturn(one=back, reason="kept"))
    ended = await office.saga(again.id)
    assert (ended.status, "return_over" in str(ended.at("inspected").reason)) == (Status.COMPENSATED, True)
    with pytest.raises(ReturnNotFound):
        await office.run(SettleReturn(one=ReturnId(an_id(1))))


async def test_money_that_was_paid_cannot_be_taken_back_by_the_saga(storage: Storage) -> None:
    """Resolving is refused for good: a person decides, and may forgive."""

    async def refuses(*asked: object) -> None:
        raise Conflict("not now")

    office, back = await a_return(storage, overrides={ResolveReturn: UseCase(scope=None, run=refuses)})
    saga = await office.run(SettleReturn(one=back))
    await office.go_on(*looked_at(back))
    await office.go_on(SettleRefund(one=back, number=1))
    for _ in range(8):
        await run_out(storage, office)
    stuck = await office.saga(saga.id)
    assert (stuck.status, stuck.still_done) == (Status.STUCK, ("refund",))
    await office.run(ForgiveSaga(id=saga.id, reason="the rest is settled by hand"))
    ended = await office.saga(saga.id)
    assert (ended.status, ended.forgiven) == (Status.COMPENSATED, ("refund",))
    assert await storage.invariants.violations() == []


async def test_nothing_is_paid_for_what_has_not_come_back(storage: Storage) -> None:
    office, back = await a_return(storage)
    saga = await office.run(SettleReturn(one=back))
    half = Finding(line=1, sellable=some(1)[0].quantity)
    await office.go_on(ReceiveReturn(one=back, location="W101", lines=some(1)))
    await office.go_on(InspectReturn(one=back, findings=(half,)))
    assert (await the_return(storage)).refunds == ()
    await office.go_on(ReceiveReturn(one=back, location="W101"), InspectReturn(one=back, findings=(half,)))
    assert (await the_return(storage)).refunds[0].amount == 500
    assert (await office.saga(saga.id)).status is Status.RUNNING


async def test_a_return_somebody_resolved_first_is_settled_all_the_same(storage: Storage) -> None:
    office, back = await a_return(storage)
    saga = await office.run(SettleReturn(one=back))
    await office.go_on(*looked_at(back))
    await office.go_on(SettleRefund(one=back, number=1), ResolveReturn(one=back, note="by hand"))
    assert (await office.saga(saga.id)).status is Status.COMPLETED
    assert (await the_return(storage)).note == "by hand"


async def test_a_return_with_nothing_to_pay_is_resolved_without(storage: Storage) -> None:
    office, back = await a_return(storage, price=0)
    saga = await office.run(SettleReturn(one=back))
    await office.go_on(*looked_at(back))
    kept = await the_return(storage)
    assert ((await office.saga(saga.id)).status, kept.state, kept.refunds) == (
        Status.COMPLETED,
        ReturnState.RESOLVED,
        (),
    )


async def test_what_is_still_to_come_is_followed_once_it_is_there(storage: Storage) -> None:
    office = await a_stocked_office(storage, 1)
    async with storage.transactions.begin(a_context()) as tx:
        item = (await tx.items.by_sku(["SKU-1"]))["SKU-1"]
        await tx.items.change(replace(item, backorder_limit=9, version=item.version + 1))
    await office.run(POLICY)
    await accepted(storage, 201)
    await office.go_on()
    assert await sagas(storage) == []
    come = StockAct(act=Act.RECEIVE, sku="SKU-1", location="W101", quantity=some(3)[0].quantity)
    await office.go_on(ChangeStock(acts=(come,)))
    await office.run(CoverBackorders(shelves=(a_key(),)))
    await office.go_on()
    assert (await the_only(storage)).key == await asked(storage)


async def test_two_locations_that_are_silent_are_both_asked_no_more(storage: Storage) -> None:
    office = await an_office(storage, stock=3, elsewhere=1)
    assert len(await sagas(storage)) == 2
    await run_out(storage, office)
    states = {one.state for one in await storage.dossiers.fulfilments(TENANT, ORDER)}
    assert states == {FulfilmentState.REJECTED}


async def test_who_does_not_know_the_version_lets_a_wait_be(storage: Storage) -> None:
    office = await an_office(storage)
    one = await asked(storage)
    old = Office(storage, definitions={key: known for key, known in DEFINITIONS.items() if key[0] != "fulfil-order"})
    await old.runner.step(a_context())
    await office.run(AcceptFulfilment(fulfilment=one))
    assert (await the_only(storage)).status in MOVING
    await office.go_on(ShipFulfilment(fulfilment=one))
    assert (await the_only(storage)).status is Status.COMPLETED
    assert (await shelf_of(storage, 101)).on_hand == 6
