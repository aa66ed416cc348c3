# ruff: noqa: PT012 - what raises is a whole transaction
"""What a batch depends on is held; what it changes is kept whole or not at all."""

import asyncio
from dataclasses import replace

import pytest

from core.acceptance.decision import decide_batch
from core.acceptance.facts import Outcome, Requested, Working
from core.acceptance.queues import RETRY, AcceptOrders
from core.acceptance.use_cases.accept_orders import PART
from core.credit.account import CreditAccount
from core.intake.submission import IntakeStatus, Lane, Submission
from core.kernel.event import START
from core.kernel.ids import IntakeId
from core.kernel.money import Money
from core.orders.order import Phase
from core.risk.assessment import RiskPolicy
from ports.orders import OrderFilter
from ports.storage import TransactionConflict
from tests.conformance.shop import a_job, a_shop, accept_all, an_order, shelf
from tests.conformance.storage import Storage
from tests.support.given import OTHER_TENANT, TENANT, a_context, a_location, an_id, reason_codes


async def taken_in(storage: Storage, *submissions: Submission) -> list[IntakeId]:
    await storage.intake_log.append(submissions)
    return [submission.id for submission in submissions]


async def accept(storage: Storage, ids: list[IntakeId], *, reviewed: bool = False) -> list[Outcome]:
    async with storage.transactions.begin(a_context()) as tx:
        batch = [replace(one, reviewed=reviewed) for one in await tx.acceptance.submissions(ids)]
        return await accept_all(AcceptOrders(batch=tuple(batch)), a_context(), tx)


async def test_submissions_come_in_the_order_asked_for(storage: Storage) -> None:
    await a_shop(storage)
    await taken_in(storage, an_order(201), an_order(202))
    async with storage.transactions.begin(a_context()) as tx:
        found = await tx.acceptance.submissions([an_id(202), an_id(299), an_id(201)])
        assert [requested.submission.id for requested in found] == [an_id(202), an_id(201)]
        assert found[0].submission == an_order(202)
    async with storage.transactions.begin(a_context(OTHER_TENANT)) as tx:
        assert await tx.acceptance.submissions([an_id(201)]) == []


async def test_an_accepted_order_moves_stock_and_is_written_down(storage: Storage) -> None:
    await a_shop(storage, stock=10)
    (outcome,) = await accept(storage, await taken_in(storage, an_order(201, quantity=4, customer="bo")))
    balance = await shelf(storage)
    assert (balance.available, balance.committed) == (6, 4)
    order = await storage.orders.order(TENANT, an_id(100_201))
    assert (order.phase, order.facts.customer, order.vendor) == (Phase.ALLOCATED, "bo", outcome.event.vendor)
    assert [(line.sku, line.allocated) for line in order.facts.lines] == [("SKU-1", 4)]
    (event,) = await storage.feed.stream(TENANT, an_id(100_201))
    assert (event.body, event.correlation) == (outcome.event, "c-201")
    assert await storage.orders.order(OTHER_TENANT, an_id(100_201)) is None
    assert await storage.invariants.violations() == []


async def test_a_batch_sees_what_those_before_it_took(storage: Storage) -> None:
    await a_shop(storage, stock=5)
    orders = [an_order(number, quantity=2) for number in (201, 202, 203)]
    outcomes = await accept(storage, await taken_in(storage, *orders))
    assert [reason_codes(outcome) for outcome in outcomes] == [[], [], ["insufficient_stock"]]
    assert await storage.invariants.violations() == []


async def test_two_batches_at_once_never_promise_the_same_stock(storage: Storage) -> None:
    await a_shop(storage, stock=3)
    ids = await taken_in(storage, *(an_order(number) for number in range(201, 209)))
    batches = await asyncio.gather(*(accept(storage, [intake]) for intake in ids))
    assert [reason_codes(outcome) for (outcome,) in batches].count([]) == 3
    assert (await shelf(storage)).available == 0
    assert await storage.invariants.violations() == []


async def test_a_backorder_opens_the_balance_it_is_owed_from(storage: Storage) -> None:
    await a_shop(storage, stock=0, backorder_limit=3)
    orders = [an_order(number, quantity=2) for number in (201, 202)]
    outcomes = await accept(storage, await taken_in(storage, *orders))
    assert [reason_codes(outcome) for outcome in outcomes] == [[], ["insufficient_stock"]]
    order = await storage.orders.order(TENANT, an_id(100_201))
    assert order.phase is Phase.AWAITING_STOCK
    assert (await shelf(storage)).available == -2


async def test_an_order_is_decided_once(storage: Storage) -> None:
    await a_shop(storage)
    ids = await taken_in(storage, an_order(201), an_order(202))
    await accept(storage, ids[:1])
    async with storage.transactions.begin(a_context()) as tx:
        assert list(await tx.acceptance.undecided(ids)) == ids[1:]
    with pytest.raises(TransactionConflict):
        await accept(storage, ids)
    assert (await shelf(storage)).committed == 1


async def test_a_held_order_can_still_be_decided(storage: Storage) -> None:
    await a_shop(storage)
    ids = await taken_in(storage, an_order(201, text="two of the usual"))
    await accept(storage, ids)
    progress = await storage.intake.progress(TENANT, ids[0])
    assert (progress.status, progress.reasons[0]["code"]) == (IntakeStatus.NEEDS_REVIEW, "unread_text")
    assert (await storage.queue.depth([TENANT]))["review"].parked == 1
    async with storage.transactions.begin(a_context()) as tx:
        assert list(await tx.acceptance.undecided(ids)) == ids
    await accept(storage, ids, reviewed=True)
    await accept(storage, ids, reviewed=True)
    assert [event.version for event in await storage.feed.stream(TENANT, an_id(100_201))] == [1, 2, 3]


async def test_the_storage_refuses_a_promise_nothing_covers(storage: Storage) -> None:
    await a_shop(storage, stock=1)
    ids = await taken_in(storage, an_order(201, quantity=2))
    with pytest.raises(TransactionConflict):
        async with storage.transactions.begin(a_context()) as tx:
            batch = await tx.acceptance.submissions(ids)
            facts = await tx.acceptance.gather(batch)
            imagined = {item: dict.fromkeys(places, 99) for item, places in facts.available.items()}
            outcomes = decide_batch(batch, Working(replace(facts, available=imagined)), a_context().now)
            async with tx.acceptance.saving() as save:
                await save(outcomes)
    assert await storage.orders.order(TENANT, an_id(100_201)) is None


async def test_the_storage_refuses_a_promise_from_a_shelf_there_is_none_of(storage: Storage) -> None:
    item, elsewhere = await a_shop(storage), a_location(102, "ELSEWHERE")
    ids = await taken_in(storage, an_order(201))
    with pytest.raises(TransactionConflict):
        async with storage.transactions.begin(a_context()) as tx:
            batch = await tx.acceptance.submissions(ids)
            facts = await tx.acceptance.gather(batch)
            imagined = replace(facts, available={item.id: {elsewhere.id: 9}}, locations={TENANT: [elsewhere]})
            async with tx.acceptance.saving() as save:
                await save(decide_batch(batch, Working(imagined), a_context().now))
    assert await storage.invariants.violations() == []


async def test_exposure_and_history_are_kept_with_the_order(storage: Storage) -> None:
    await a_shop(storage)
    account = CreditAccount(id=an_id(61), customer="bo", limit=Money(minor=500, currency="EUR"), version=1)
    async with storage.transactions.begin(a_context()) as tx:
        await tx.accounts.save(account)
        await tx.items.change(replace(await tx.items.lock(an_id(1)), price=Money(minor=300, currency="EUR"), version=2))
    ids = await taken_in(storage, an_order(201, customer="bo"), an_order(202, customer="bo"))
    outcomes = await accept(storage, ids)
    assert [reason_codes(outcome) for outcome in outcomes] == [[], ["credit_limit_exceeded"]]
    assert (await storage.credit.account(TENANT, "bo")).exposure == 300
    async with storage.transactions.begin(a_context()) as tx:
        again: list[Requested] = await tx.acceptance.submissions(ids[:1])
        facts = await tx.acceptance.gather(again)
    assert facts.histories[TENANT, "bo"].orders == 1


async def test_two_first_orders_of_a_customer_at_once_are_both_remembered(storage: Storage) -> None:
    await a_shop(storage)
    ids = await taken_in(storage, *(an_order(number, customer="bo") for number in (201, 202, 203)))

    async def again_and_again(intake: IntakeId) -> None:
        while True:
            try:
                await accept(storage, [intake])
            except TransactionConflict:
                continue
            return

    await asyncio.gather(*(again_and_again(intake) for intake in ids))
    async with storage.transactions.begin(a_context()) as tx:
        facts = await tx.acceptance.gather(await tx.acceptance.submissions(ids[:1]))
    assert facts.histories[TENANT, "bo"].orders == 3


async def test_orders_are_listed_newest_first_and_narrowed(storage: Storage) -> None:
    await a_shop(storage, stock=1)
    orders = [an_order(201, external="a"), an_order(202, external="b"), an_order(203)]
    await accept(storage, await taken_in(storage, *orders))

    async def listed(wanted: OrderFilter, before: str | None = None, limit: int = 9) -> list[str]:
        found = await storage.orders.orders(TENANT, wanted, before=before, limit=limit)
        return [order.facts.order_id for order in found]

    everything = [an_id(100_203), an_id(100_202), an_id(100_201)]
    assert await listed(OrderFilter()) == everything
    assert await listed(OrderFilter(), limit=1) == everything[:1]
    assert await listed(OrderFilter(), before=everything[0]) == everything[1:]
    assert await listed(OrderFilter(phase=Phase.ALLOCATED)) == everything[2:]
    assert await listed(OrderFilter(phase=Phase.REJECTED)) == everything[:2]
    assert await listed(OrderFilter(external_id="b", channel="api")) == [an_id(100_202)]
    assert await listed(OrderFilter(channel="shop")) == []


async def test_a_batch_of_several_parts_is_one_batch(storage: Storage) -> None:
    await a_shop(storage, stock=100)
    orders = [an_order(number, customer="bo") for number in range(201, 201 + 2 * PART + 10)]
    ids = await taken_in(storage, *orders)
    outcomes = await accept(storage, ids)
    assert [reason_codes(outcome) for outcome in outcomes] == [[]] * 100 + [["insufficient_stock"]] * (2 * PART - 90)
    balance = await shelf(storage)
    assert (balance.available, balance.committed) == (0, 100)
    async with storage.transactions.begin(a_context()) as tx:
        facts = await tx.acceptance.gather(await tx.acceptance.submissions(ids[:1]))
        assert facts.histories[TENANT, "bo"].orders == 100
        assert list(await tx.acceptance.undecided(ids)) == []
    decided = [event for event in await storage.feed.read(START, 1000) if event.name.startswith("order.")]
    assert len(decided) == len(orders)
    assert await storage.invariants.violations() == []


@pytest.mark.parametrize("broken", [0, PART + 3])
async def test_a_part_that_fails_takes_the_whole_batch_back(storage: Storage, broken: int) -> None:
    await a_shop(storage, stock=500)
    ids = await taken_in(storage, *(an_order(number) for number in range(201, 201 + 2 * PART)))
    await accept(storage, ids[broken : broken + 1])
    with pytest.raises(TransactionConflict):
        await accept(storage, ids)
    assert (await shelf(storage)).committed == 1
    assert await storage.invariants.violations() == []


async def test_what_was_on_its_way_when_deciding_failed_is_taken_back(storage: Storage) -> None:
    await a_shop(storage)
    ids = await taken_in(storage, an_order(201), an_order(202))
    async with storage.transactions.begin(a_context()) as tx:
        batch = await tx.acceptance.submissions(ids)
        facts = await tx.acceptance.gather(batch)
        with pytest.raises(ZeroDivisionError):
            async with tx.savepoint(), tx.acceptance.saving() as save:
                await save(decide_batch(batch[:1], Working(facts), a_context().now))
                raise ZeroDivisionError
        # The transaction is in order: the other one can still be decided in it.
        await accept_all(AcceptOrders(batch=tuple(batch[1:])), a_context(), tx)
    assert await storage.orders.order(TENANT, an_id(100_201)) is None
    assert (await storage.orders.order(TENANT, an_id(100_202))).phase is Phase.ALLOCATED
    assert (await shelf(storage)).committed == 1


async def test_a_held_order_is_kept_as_it_is_decided_in_the_end(storage: Storage) -> None:
    item = await a_shop(storage)
    async with storage.transactions.begin(a_context()) as tx:
        await tx.policies.put("risk", RiskPolicy(weights={"first_order": 750}))
    ids = await taken_in(storage, an_order(201, quantity=2))
    await accept(storage, ids)
    held = await storage.orders.order(TENANT, an_id(100_201))
    assert (held.phase, held.facts.lines[0].price, held.facts.total) == (Phase.ON_HOLD, None, 0)
    async with storage.transactions.begin(a_context()) as tx:
        await tx.items.change(replace(item, price=Money(minor=250, currency="EUR"), version=item.version + 1))
    await accept(storage, ids, reviewed=True)
    order = await storage.orders.order(TENANT, an_id(100_201))
    (line,) = order.facts.lines
    assert (order.phase, order.facts.total, order.facts.currency) == (Phase.ALLOCATED, 500, "EUR")
    assert (line.price, line.allocated, len(line.parts)) == (250, 2, 1)


async def test_a_submission_that_was_given_up_and_forgiven_has_ended(storage: Storage) -> None:
    await a_shop(storage)
    (intake,) = await taken_in(storage, an_order(201))
    async with storage.work.claim(range(16), list(Lane), 10, a_context()) as claimed:
        await claimed.transaction.queue.put([replace(a_job(201, queue=RETRY), payload=intake.encode())])
    (job,) = await storage.jobs.lease(RETRY, 1, 60.0)
    async with storage.transactions.begin(a_context()) as tx:
        await tx.queue.bury(job, "poison", "it breaks", "")
    async with storage.transactions.begin(a_context()) as tx:
        assert await tx.dead_letters.forgive(job.id)
    assert await storage.invariants.violations() == []
