"""Accepting submissions over the memory twin: decided once, held orders parked, jobs ended, demand counted once."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from decimal import Decimal
from functools import partial

import msgspec
import pytest

from adapters.memory.intake import MemoryIntakeLog
from adapters.memory.queue import MemoryJobSource
from adapters.memory.tables import DEMAND, JOBS
from adapters.memory.telemetry import MemoryTelemetry
from adapters.memory.views.orders import MemoryOrdersView
from adapters.memory.views.queue import MemoryQueueView
from core.acceptance.demand import RecordDemand
from core.acceptance.events import OrderAccepted, OrderHeld
from core.acceptance.facts import Outcome, Requested
from core.acceptance.policies import SetPolicy
from core.acceptance.queues import RETRY, REVIEW, AcceptOrders, AcceptQueued, status_of
from core.acceptance.use_cases.accept_orders import accept_orders
from core.acceptance.use_cases.accept_queued import accept_queued
from core.acceptance.use_cases.jobs import bury_job, retry_job
from core.acceptance.use_cases.record_demand import record_demand
from core.acceptance.use_cases.set_policy import set_policy
from core.catalogue.item import CreateItem, CreateItems
from core.catalogue.use_cases.create_items import create_items
from core.intake.dead_letters import DeadLetterNotFound, ForgiveDeadLetter, ReplayDeadLetter
from core.intake.use_cases.forgive_dead_letter import forgive_dead_letter
from core.intake.use_cases.replay_dead_letter import replay_dead_letter
from core.inventory.acts import Act, ChangeStock, StockAct
from core.inventory.location import CreateLocation, LocationKind
from core.inventory.use_cases.change_stock import change_stock
from core.inventory.use_cases.create_location import create_location
from core.inventory.use_cases.entering import end_expired
from core.kernel.ids import JobId
from core.kernel.job import BuryJob, LeasedJob, LeaseLost, NewJob, RetryJob
from core.orders.order import Phase
from core.risk.assessment import RiskPolicy
from entrypoints.worker.jobs import JobRunner
from tests.support.given import TENANT, a_context, a_line, an_id, requested
from tests.support.twin import Twin

SUSPICIOUS = RiskPolicy(weights={"first_order": 750})


def a_shop(stock: int = 10) -> Twin:
    """A tenant with ten of A on the shelf."""
    twin = Twin()
    twin.run(create_items, CreateItems(items=(CreateItem(sku="A", name="a"),)), new_id=twin.new_id)
    twin.run(create_location, CreateLocation(code="W1", kind=LocationKind.WAREHOUSE), new_id=twin.new_id)
    received = StockAct(act=Act.RECEIVE, sku="A", location="W1", quantity=Decimal(stock))
    twin.run(change_stock, ChangeStock(acts=(received,)), new_id=twin.new_id)
    return twin


def an_order(twin: Twin, quantity: int, number: int) -> Requested:
    """A submission for so many of A, taken in."""
    order = requested(a_line("A", quantity), number=number, customer="acme")
    order = replace(order, submission=replace(order.submission, body=msgspec.json.encode(order.request)))
    twin.see(MemoryIntakeLog(twin.database).append([order.submission]))
    return order


def decided(twin: Twin, use_case: Callable[..., Awaitable[list[Outcome]]], command: object) -> list[Outcome]:
    return twin.run(use_case, command, end_expired=partial(end_expired, new_id=twin.new_id))


def accept(twin: Twin, *orders: Requested) -> list[str]:
    outcomes: list[Outcome] = decided(twin, accept_orders, AcceptOrders(batch=orders))
    return [status_of(outcome) for outcome in outcomes]


def lease(twin: Twin, queue: str) -> LeasedJob:
    (job,) = twin.see(MemoryJobSource(twin.database).lease(queue, 10, 30))
    return job


def waiting(twin: Twin, queue: str) -> dict[str, int]:
    depth = twin.see(MemoryQueueView(twin.database).depth()).get(queue)
    return {} if depth is None else {name: n for name, n in msgspec.to_builtins(depth).items() if n}


def put(twin: Twin, order: Requested, queue: str = RETRY) -> LeasedJob:
    """A leased job for the order."""
    submission = order.submission
    job = NewJob(id=JobId(submission.id), tenant=TENANT, queue=queue, payload=submission.id.encode(), correlation="c")
    twin.within(lambda tx: tx.queue.put([job]))
    return lease(twin, queue)


def test_a_batch_is_decided_in_order_and_kept() -> None:
    twin = a_shop()
    orders = [an_order(twin, quantity, 200 + n) for n, quantity in enumerate([6, 6, 4])]
    assert accept(twin, *orders) == ["completed", "rejected", "completed"]
    view = MemoryOrdersView(twin.database)
    kept = [twin.see(view.order(TENANT, order.submission.order_id)) for order in orders]
    assert [order.phase for order in kept if order] == [Phase.ALLOCATED, Phase.REJECTED, Phase.ALLOCATED]
    assert twin.violations() == []


def test_a_held_order_waits_in_review_until_a_person_lets_it_pass() -> None:
    twin = a_shop()
    twin.run(set_policy, SetPolicy(policy=SUSPICIOUS))
    order = an_order(twin, 3, 201)
    assert accept(twin, order) == ["needs_review"]
    assert waiting(twin, REVIEW) == {"parked": 1}
    assert twin.within(lambda tx: tx.dead_letters.replay(JobId(order.submission.id)))
    (outcome,) = decided(twin, accept_queued, AcceptQueued(job=lease(twin, REVIEW)))
    assert status_of(outcome) == "completed"
    assert waiting(twin, REVIEW) == {}
    decisions = [event for event in twin.events() if event.stream == order.submission.order_id]
    assert [(event.version, type(event.body)) for event in decisions] == [(1, OrderHeld), (2, OrderAccepted)]
    assert twin.violations() == []


def test_an_order_tried_again_is_still_asked_about_its_risk() -> None:
    twin = a_shop()
    twin.run(set_policy, SetPolicy(policy=SUSPICIOUS))
    order = an_order(twin, 3, 201)
    (outcome,) = decided(twin, accept_queued, AcceptQueued(job=put(twin, order)))
    assert status_of(outcome) == "needs_review"


def test_an_order_decided_meanwhile_is_not_decided_again() -> None:
    twin = a_shop()
    order = an_order(twin, 3, 201)
    job = put(twin, order)
    accept(twin, order)
    assert decided(twin, accept_queued, AcceptQueued(job=job)) == []
    assert waiting(twin, RETRY) == {}


def test_nothing_is_written_for_a_job_that_is_no_longer_ours() -> None:
    twin = a_shop()
    order = an_order(twin, 3, 201)
    job = put(twin, order)
    before = len(twin.events())
    with pytest.raises(LeaseLost):
        twin.run(
            accept_queued,
            AcceptQueued(job=replace(job, fence=job.fence - 1)),
            end_expired=partial(end_expired, new_id=twin.new_id),
        )
    assert len(twin.events()) == before
    assert waiting(twin, RETRY) == {"leased": 1}


def test_a_job_is_given_back_or_given_up() -> None:
    twin = a_shop()
    job = put(twin, an_order(twin, 3, 201))
    twin.run(retry_job, RetryJob(job=job, delay_seconds=60.0, detail="busy"))
    assert waiting(twin, RETRY) == {"delayed": 1}
    other = put(twin, an_order(twin, 3, 202))
    twin.run(bury_job, BuryJob(job=other, code="poison", detail="it breaks", trace="…"))
    assert waiting(twin, RETRY) == {"delayed": 1, "dead": 1}
    (letter,) = twin.see(MemoryQueueView(twin.database).dead(TENANT, after="", limit=9))
    assert (letter.id, letter.error_code, letter.error_detail, letter.attempts) == (other.id, "poison", "it breaks", 1)
    assert letter.payload == other.payload


def test_a_dead_letter_is_tried_again_or_forgiven() -> None:
    twin = a_shop()
    for number in (201, 202):
        job = put(twin, an_order(twin, 3, number))
        twin.run(bury_job, BuryJob(job=job, code="poison", detail="it breaks", trace="…"))
    first, second = (letter.id for letter in twin.see(MemoryQueueView(twin.database).dead(TENANT, after="", limit=9)))
    twin.run(replay_dead_letter, ReplayDeadLetter(job=first))
    twin.run(forgive_dead_letter, ForgiveDeadLetter(job=second))
    assert waiting(twin, RETRY) == {"ready": 1}
    assert lease(twin, RETRY).attempt == 1


def test_a_dead_letter_there_is_none_of_is_not_found() -> None:
    twin = a_shop()
    with pytest.raises(DeadLetterNotFound):
        twin.run(replay_dead_letter, ReplayDeadLetter(job=JobId(an_id(1))))
    with pytest.raises(DeadLetterNotFound):
        twin.run(forgive_dead_letter, ForgiveDeadLetter(job=JobId(an_id(1))))


def test_demand_is_counted_once_however_often_an_event_is_delivered() -> None:
    twin = a_shop()
    accept(twin, an_order(twin, 6, 201), an_order(twin, 6, 202))
    events = tuple(twin.events())
    assert twin.run(record_demand, RecordDemand(events=events)) != []
    assert twin.run(record_demand, RecordDemand(events=(*events, *events))) == []
    (row,) = twin.database.store.table(DEMAND).values()
    assert row == (12, 6)


def test_a_job_at_a_time_is_leased_so_that_one_that_kills_costs_only_itself_an_attempt() -> None:
    twin = a_shop()
    put_two = [
        NewJob(id=JobId(an_id(number)), tenant=TENANT, queue=RETRY, payload=b"x", correlation="c")
        for number in (201, 202)
    ]
    twin.within(lambda tx: tx.queue.put(put_two))
    leased: list[int] = []

    class Watching:
        async def run(self, command: object, context: object) -> object:
            leased.append(sum(row.leased for row in twin.database.store.table(JOBS).values()))
            return []

    runner = JobRunner(MemoryJobSource(twin.database), Watching(), MemoryTelemetry())  # type: ignore[arg-type]
    assert twin.see(runner.step(a_context())) == 1
    assert leased == [1]
