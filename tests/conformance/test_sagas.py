"""Sagas kept: where each stands, what it asks next and its time limit are one; nobody's saga waits for nothing."""

from dataclasses import replace
from decimal import Decimal
from functools import partial
from typing import Any

import pytest

from core.inventory.holding import CommitReservation, Holder, ReleaseReservation, ReservationLine, ReserveStock
from core.inventory.use_cases.reserve_stock import reserve_stock
from core.kernel.context import Context
from core.kernel.errors import Conflict
from core.kernel.ids import JobId, SagaId
from core.kernel.job import LeaseLost
from core.sagas import allocate_to_channel
from core.sagas.allocate_to_channel import AllocateToChannel
from core.sagas.commands import AdvanceSaga, ForgiveSaga, ParkSaga, RetrySaga
from core.sagas.definitions import DEFINITIONS
from core.sagas.queues import STEPS, TIMEOUTS, asked
from core.sagas.saga import MOVING, Refused, SagaNotFound, SagaNotStuck, Status, StepState, Succeeded, TimedOut
from core.sagas.saga import Act as Ask
from core.sagas.use_cases.advance import advance_saga, park_saga
from entrypoints.dispatch import UseCase
from ports.storage import TransactionConflict
from tests.conformance.office import CONTEXT, NEW_ID, Office, a_stocked_office
from tests.conformance.shop import shelf
from tests.conformance.storage import Storage
from tests.support.given import OTHER_TENANT, TENANT, a_context, an_id

WANTED = AllocateToChannel(sku="SKU-1", quantity=Decimal(2), channel="web")


async def told(storage: Storage, saga: SagaId) -> list[str]:
    """What its stream tells, in short."""
    bodies: list[Any] = [event.body for event in await storage.feed.stream(TENANT, saga)]
    return [f"{one.step} {one.outcome}" if hasattr(one, "step") else type(one).__name__ for one in bodies]


async def test_an_allocation_is_reserved_allotted_and_promised(storage: Storage) -> None:
    office = await a_stocked_office(storage)
    begun = await office.run(WANTED)
    assert begun.status is Status.RUNNING
    assert await storage.invariants.violations() == []
    await office.work()
    saga = await office.saga(begun.id)
    assert (saga.status, saga.waits_for, saga.revision) == (Status.COMPLETED, None, 5)
    assert await told(storage, begun.id) == ["SagaStarted", "reserve done", "allot done", "commit done", "SagaEnded"]
    balance = await shelf(storage)
    assert (balance.available, balance.reserved, balance.committed) == (3, 0, 2)
    (row,) = await storage.allotments.allotments(TENANT, channel="web", sku=None, after=None, limit=9)
    assert (row.sku, row.location, row.quantity) == ("SKU-1", "W101", 2)
    assert row.cause == f"reservation:{saga.data['reservation_id']}"
    await storage.make_due()
    await office.work()
    assert await office.saga(begun.id) == saga
    assert set(await storage.queue.depth()) == {"intake"}
    assert await storage.invariants.violations() == []
    actors = {event.actor for event in await storage.feed.stream(TENANT, saga.data["reservation_id"])}
    assert actors == {"saga:allocate-to-channel"}


async def test_a_refusal_leaves_nothing_behind(storage: Storage) -> None:
    async def refuses(*asked: object) -> None:
        raise Conflict("the channel wants it no longer")

    office = await a_stocked_office(storage, overrides={CommitReservation: UseCase(scope=None, run=refuses)})
    saga = await office.run(WANTED)
    await office.work()
    ended = await office.saga(saga.id)
    assert ended.status is Status.COMPENSATED
    assert ended.at("commit").reason == "conflict: the channel wants it no longer"
    assert [at.state for at in ended.steps] == [StepState.UNDONE, StepState.UNDONE, StepState.FAILED]
    balance = await shelf(storage)
    assert (balance.available, balance.reserved, balance.committed) == (5, 0, 0)
    assert await storage.allotments.allotments(TENANT, channel=None, sku=None, after=None, limit=9) == []
    assert await storage.invariants.violations() == []


async def test_a_success_after_the_end_is_taken_back(storage: Storage) -> None:
    """The undo asked in between found nothing, and that is not remembered under its key."""
    office = await a_stocked_office(storage)
    saga = await office.run(WANTED)
    (late,) = await storage.jobs.lease(STEPS, 1, 60)
    await storage.make_due()
    (limit,) = await storage.jobs.lease(TIMEOUTS, 1, 60)
    it = asked(limit.payload)
    assert (it.saga, it.step, it.act, it.attempt) == (saga.id, "reserve", Ask.DO, 1)
    await office.run(AdvanceSaga(id=saga.id, job=limit, said=TimedOut(step="reserve", act=Ask.DO, attempt=1)))
    while late.payload == (undo := (await storage.jobs.lease(STEPS, 1, 60))[0]).payload:
        late = undo
    assert asked(undo.payload).act is Ask.UNDO
    kept = await office.saga(saga.id)
    definition = DEFINITIONS[kept.name, kept.version]
    said = await office.runner.carry_out(asked(undo.payload), kept, definition, CONTEXT, undo)
    await office.run(AdvanceSaga(id=saga.id, job=undo, said=said))
    assert (await office.saga(saga.id)).status is Status.COMPENSATED
    said = await office.runner.carry_out(asked(late.payload), kept, definition, CONTEXT, late)
    assert isinstance(said, Succeeded)
    assert (await shelf(storage)).reserved == 2
    await office.run(AdvanceSaga(id=saga.id, job=late, said=said))
    assert (await office.saga(saga.id)).status is Status.COMPENSATING
    await office.work()
    assert (await office.saga(saga.id)).status is Status.COMPENSATED
    assert (await shelf(storage)).reserved == 0
    assert await told(storage, saga.id) == [
        "SagaStarted", "reserve timed_out", "reserve nothing_to_undo", "SagaEnded",
        "reserve done_late", "reserve undone", "SagaEnded",
    ]  # fmt: skip
    assert await storage.invariants.violations() == []


async def test_who_woke_too_late_does_not_do_what_was_refused_to_another(storage: Storage) -> None:
    office = await a_stocked_office(storage)
    saga = await office.run(WANTED)
    (slept,) = await storage.jobs.lease(STEPS, 1, 60)
    await storage.make_due()
    (job,) = await storage.jobs.lease(STEPS, 1, 60)
    assert (job.id, job.fence > slept.fence) == (slept.id, True)
    before = await office.saga(saga.id)
    with pytest.raises(LeaseLost):
        await office.runner.carry_out(asked(slept.payload), before, allocate_to_channel.V1, CONTEXT, slept)
    no = Refused(step="reserve", act=Ask.DO, attempt=1, code="insufficient_stock", detail="at that moment")
    await office.run(AdvanceSaga(id=saga.id, job=job, said=no))
    with pytest.raises(LeaseLost):
        await office.runner.carry_out(asked(slept.payload), before, allocate_to_channel.V1, CONTEXT, slept)
    assert (await shelf(storage)).reserved == 0
    assert (await office.saga(saga.id)).status is Status.COMPENSATED


async def test_a_saga_is_saved_with_its_jobs_or_not_at_all(storage: Storage) -> None:
    office = await a_stocked_office(storage)
    saga = await office.run(WANTED)
    (job,) = await storage.jobs.lease(STEPS, 1, 60)
    before = await office.saga(saga.id)
    said = await office.runner.carry_out(asked(job.payload), before, allocate_to_channel.V1, CONTEXT, job)
    advance = AdvanceSaga(id=saga.id, job=job, said=said)

    async def breaks_off_at_the_end(command: AdvanceSaga, context: Context, tx: Any) -> None:
        await advance_saga(command, context, tx, new_id=NEW_ID, definitions=DEFINITIONS)
        raise ZeroDivisionError

    broken = Office(storage, {AdvanceSaga: UseCase(scope=None, run=breaks_off_at_the_end)})
    with pytest.raises(ZeroDivisionError):
        await broken.run(advance)
    assert await office.saga(saga.id) == before
    depth = await storage.queue.depth()
    assert (depth[STEPS].ready, depth[STEPS].leased, depth[TIMEOUTS].delayed) == (0, 1, 1)
    await office.run(advance)
    assert (await office.saga(saga.id)).at("allot").state is StepState.ASKED
    with pytest.raises(LeaseLost):
        await office.run(advance)
    depth = await storage.queue.depth()
    assert (depth[STEPS].ready, depth[STEPS].leased, depth[TIMEOUTS].delayed) == (1, 0, 1)


async def test_a_stuck_saga_waits_for_a_person_and_is_counted(storage: Storage) -> None:
    async def breaks(*asked: object) -> None:
        raise Conflict("not now")

    stubborn = dict.fromkeys((ReleaseReservation, CommitReservation), UseCase(scope=None, run=breaks))
    office = await a_stocked_office(storage, overrides=stubborn)
    saga = await office.run(WANTED)
    for command in (RetrySaga(id=saga.id), ForgiveSaga(id=saga.id, reason="r")):
        with pytest.raises(SagaNotStuck):
            await office.run(command)
    for _ in range(9):
        await office.work()
        await storage.make_due()
    stuck = await office.saga(saga.id)
    assert (stuck.status, stuck.still_done) == (Status.STUCK, ("reserve",))
    assert stuck.reason == "reserve: conflict: not now"
    assert await storage.sagas.stuck() == {"allocate-to-channel": 1}
    assert await storage.invariants.violations() == []
    mended = Office(storage)
    assert (await mended.run(RetrySaga(id=saga.id))).status is Status.COMPENSATING
    with pytest.raises(SagaNotStuck):
        await mended.run(RetrySaga(id=saga.id))
    await mended.work()
    assert (await mended.saga(saga.id)).status is Status.COMPENSATED
    assert await storage.sagas.stuck() == {}
    assert (await shelf(storage)).reserved == 0
    with pytest.raises(SagaNotFound):
        await mended.run(RetrySaga(id=SagaId(an_id(1))))


async def test_a_version_nobody_knows_is_parked_and_its_jobs_are_kept(storage: Storage) -> None:
    park = partial(park_saga, new_id=NEW_ID, definitions={})
    old = await a_stocked_office(storage, definitions={}, overrides={ParkSaga: UseCase(scope=None, run=park)})
    saga = await old.run(WANTED)
    await old.work()
    parked = await old.saga(saga.id)
    assert (parked.status, parked.reason) == (Status.STUCK, "version 1 of 'allocate-to-channel' is not known here")
    assert (await shelf(storage)).reserved == 0
    assert await storage.invariants.violations() == []
    (limit,) = await _all_due(storage, TIMEOUTS)
    assert limit.id == saga.waits_for
    new = Office(storage)
    await storage.make_due()
    await new.work()
    assert (await new.saga(saga.id)).status is Status.COMPLETED
    assert await storage.invariants.violations() == []


async def test_a_saga_nothing_moves_is_a_violation(storage: Storage) -> None:
    office = await a_stocked_office(storage)
    saga = await office.run(WANTED)
    (limit,) = await _all_due(storage, TIMEOUTS)
    assert limit.id == saga.waits_for
    async with storage.transactions.begin(CONTEXT) as tx:
        await tx.queue.bury(limit, "x", "x", "")
    (found,) = await storage.invariants.violations()
    assert found.invariant.startswith("I6")
    assert saga.id in found.detail


async def _all_due(storage: Storage, queue: str) -> Any:
    await storage.make_due()
    return await storage.jobs.lease(queue, 9, 60)


async def test_a_step_that_ends_in_the_dead_letters_still_times_out(storage: Storage) -> None:
    async def defective(*asked: object) -> None:
        raise ZeroDivisionError

    office = await a_stocked_office(storage, overrides={ReserveStock: UseCase(scope=None, run=defective)})
    saga = await office.run(WANTED)
    while True:
        (job,) = await _all_due(storage, STEPS)
        await office.runner._work._run(job, replace(a_context(), tenants=(TENANT,)))
        if await storage.queue.dead(TENANT, after="", limit=9):
            break
    assert (await office.saga(saga.id)).status in MOVING
    for _ in range(3):
        await storage.make_due()
        await office.work()
    assert (await office.saga(saga.id)).status is Status.COMPENSATED
    assert await storage.invariants.violations() == []


async def test_sagas_are_listed_newest_first_and_only_to_their_tenant(storage: Storage) -> None:
    office = await a_stocked_office(storage)
    first, second = [(await office.run(WANTED)).id for _ in range(2)]

    async def listed(tenant: Any = TENANT, **filters: Any) -> list[str]:
        wanted: dict[str, Any] = {"status": None, "name": None, "before": None, "limit": 9, **filters}
        return [kept.saga.id for kept in await storage.sagas.sagas(tenant, **wanted)]

    assert await listed() == [second, first]
    assert await listed(limit=1) == [second]
    assert await listed(before=second) == [first]
    assert await listed(status=Status.RUNNING, name="allocate-to-channel") == [second, first]
    assert await listed(status=Status.STUCK) == await listed(name="other") == await listed(OTHER_TENANT) == []
    assert await storage.sagas.saga(OTHER_TENANT, first) is None
    async with storage.transactions.begin(a_context(OTHER_TENANT)) as tx:
        assert await tx.sagas.lock(first) is None


async def test_a_saga_that_moves_names_what_it_waits_for(storage: Storage) -> None:
    office = await a_stocked_office(storage)
    saga = await office.run(WANTED)
    for wrong in (replace(saga, waits_for=None), replace(saga, status=Status.STUCK)):
        with pytest.raises(TransactionConflict):
            async with storage.transactions.begin(CONTEXT) as tx:
                await tx.sagas.save(wrong)
    with pytest.raises(TransactionConflict):
        async with storage.transactions.begin(CONTEXT) as tx:
            await tx.sagas.add([replace(saga, waits_for=JobId(an_id(3)))])


HELD = partial(ReserveStock, holder=Holder.MANUAL)


async def test_stock_others_took_meanwhile_is_a_refusal(storage: Storage) -> None:
    office = await a_stocked_office(storage)
    saga = await office.run(replace(WANTED, quantity=Decimal(4)))
    async with storage.transactions.begin(a_context()) as tx:
        line = ReservationLine(sku="SKU-1", quantity=Decimal(2))
        await reserve_stock(HELD(lines=(line,)), a_context(), tx, new_id=NEW_ID)
    await office.work()
    ended = await office.saga(saga.id)
    assert ended.status is Status.COMPENSATED
    assert str(ended.at("reserve").reason).startswith("insufficient_stock: ")
    assert (await shelf(storage)).reserved == 2
