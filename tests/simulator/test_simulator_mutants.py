"""Defects planted on purpose, one at a time: a defect the simulator does not find is a check it does not have."""

from collections.abc import Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import pytest

from adapters.memory.acceptance import MemoryAcceptance
from adapters.memory.database import MemoryDatabase
from adapters.memory.expected import MemoryExpectedReceipts
from adapters.memory.intake import MemoryIntakeLog
from adapters.memory.inventory import MemoryLedger, in_order
from adapters.memory.journal import MemoryJournalFeed, place_of, recorded
from adapters.memory.queue import MemoryJobSource, MemoryQueue
from adapters.memory.reservations import MemoryReservations
from adapters.memory.tables import BALANCES, INTAKE_JOBS, JOBS, JOURNAL
from adapters.memory.transaction import MemoryTransaction, MemoryTransactions
from adapters.memory.transfers import MemoryTransfers
from adapters.memory.work import MemoryClaimed, MemoryWork
from composition.simulation.parts import Parts
from composition.simulation.plan import KINDS
from composition.simulation.process import Process
from composition.simulation.run import simulate
from core.acceptance.demand import SUBSCRIBER, RecordDemand, demand_of
from core.acceptance.facts import Facts, Outcome, Requested
from core.intake.submission import Receipt, Submission
from core.inventory.balance import BalanceKey
from core.inventory.lot import Lot, LotStatus, promisable
from core.inventory.transfer import Transfer, has_ended
from core.inventory.transfer import decide as decide_transfer
from core.inventory.transfer import evolve as evolve_transfer
from core.inventory.transfer_events import TransferCancelled
from core.inventory.transferring import CancelTransfer
from core.kernel.event import Cursor, NewEvent, RecordedEvent
from core.kernel.ids import IntakeId, OrderId, StreamId
from core.kernel.job import LeasedJob, NewJob
from core.sagas.queues import STEPS
from entrypoints.dispatch import UseCase
from entrypoints.worker.relay import BATCH, Relay
from ports.storage import CommitUnknown, StorageUnavailable, TransactionConflict

SEEDS_MAX = 400
AGAIN_SECONDS = 30.0


async def skips_the_inbox(command: RecordDemand, context: Any, tx: Any) -> None:
    await tx.demand.add(demand_of(command.events))


async def remembers_nothing(command: RecordDemand, context: Any, tx: Any) -> None:
    """Adds what is fresh and forgets the inbox' rows of one event."""
    fresh = await tx.inbox.fresh(SUBSCRIBER, command.events)
    await tx.demand.add(demand_of(fresh[1:]))


class AdvancesFirst(Relay):
    async def step(self) -> int:
        cursor = await self._position.take(self._name)
        events = await self._feed.read(cursor, BATCH) if cursor is not None else []
        if events:
            await self._position.advance(self._name, events[-1].cursor)
            await self._publisher.publish(events)
        return len(events)


class AdvancesPastFailures(Relay):
    async def step(self) -> int:
        cursor = await self._position.take(self._name)
        events = await self._feed.read(cursor, BATCH) if cursor is not None else []
        if events:
            try:
                await self._publisher.publish(events)
            except (StorageUnavailable, CommitUnknown, TransactionConflict):
                self._telemetry.log("warning", "could not publish")
            await self._position.advance(self._name, events[-1].cursor)
        return len(events)


class IgnoresRunning(MemoryJournalFeed):
    """Reads whatever is committed after its cursor."""

    async def read(self, after: Cursor, limit: int) -> Sequence[RecordedEvent]:
        async with self._database.dispatching() as session:
            rows = sorted(session.scan(JOURNAL), key=lambda found: found[1].place)
            return [recorded(key, row) for key, row in rows if row.place > place_of(after)][:limit]


class ForgetsTheLease(MemoryQueue):
    async def finish(self, job: LeasedJob) -> None:
        await self._session.statement()
        await self._session.delete(JOBS, (job.tenant, job.id))


class DropsPoison(MemoryQueue):
    async def put(self, jobs: Sequence[NewJob]) -> None:
        await super().put([job for job in jobs if job.delay_seconds is None])


class LooksAtItsOwnClock(MemoryDatabase):
    """For leases."""

    def __init__(self, process: Process) -> None:
        super().__init__(process.database.store, process.name)
        self._clock = process.clock

    @asynccontextmanager
    async def dispatching(self) -> Any:
        async with super().dispatching() as session:
            session.now = self._clock.now()
            yield session


class CountsLater(MemoryJobSource):
    async def lease(self, queue: str, limit: int, seconds: float) -> Sequence[LeasedJob]:
        leased = await super().lease(queue, limit, seconds)
        for job in leased:
            rows = self._database.store.table(JOBS)
            if (job.tenant, job.id) in rows:
                row = rows[job.tenant, job.id]
                rows[job.tenant, job.id] = replace(row, attempts=0)
        return leased


class AnswersFirst(MemoryIntakeLog):
    """Says that all is durable, then writes."""

    def __init__(self, process: Process) -> None:
        super().__init__(process.database)
        self._process = process

    async def append(self, submissions: Sequence[Submission]) -> Any:
        self._process.spawn(self._later(submissions))
        return [Receipt(id=new.id, order_id=new.order_id) for new in submissions]

    async def _later(self, submissions: Sequence[Submission]) -> None:
        try:
            await super().append(submissions)
        except (StorageUnavailable, CommitUnknown, TransactionConflict):
            return


class MakesNewIds(MemoryIntakeLog):
    """Tries again after an unknown commit as if it were another request."""

    def __init__(self, process: Process) -> None:
        super().__init__(process.database)
        self._process = process

    async def append(self, submissions: Sequence[Submission]) -> Any:
        new_id = self._process.new_id
        fresh = [replace(new, id=IntakeId(new_id()), order_id=OrderId(new_id())) for new in submissions]
        return await super().append(fresh)


class ForgetsExternalIds(MemoryIntakeLog):
    async def append(self, submissions: Sequence[Submission]) -> Any:
        return await super().append([replace(new, external_id=None) for new in submissions])


class ForgetsKeys(MemoryIntakeLog):
    async def append(self, submissions: Sequence[Submission]) -> Any:
        return await super().append([replace(new, key_hash=None) for new in submissions])


class DeletesFirst(MemoryWork):
    """Takes jobs away in one transaction, does the work in another."""

    @asynccontextmanager
    async def claim(self, shards: Any, lanes: Any, limit: int, context: Any) -> Any:
        async with super().claim(shards, lanes, limit, context) as claimed:
            batch, narrowed = claimed.batch, claimed.context
        async with self._database.begin(narrowed.tenants) as session:
            yield MemoryClaimed(
                batch=batch, context=narrowed, transaction=MemoryTransaction(session, narrowed, self._new_id)
            )


class GivesBackTwice(MemoryWork):
    """Leaves the job where it is."""

    @asynccontextmanager
    async def claim(self, shards: Any, lanes: Any, limit: int, context: Any) -> Any:
        async with super().claim(shards, lanes, limit, context) as claimed:
            claimed.transaction._session.writes.pop(INTAKE_JOBS, None)
            yield claimed


class Mutant(MemoryTransaction):
    """A transaction with one thing wrong."""

    queue_of: Any = MemoryQueue
    acceptance_of: Any = MemoryAcceptance

    def __init__(self, session: Any, context: Any, new_id: Any) -> None:
        super().__init__(session, context, new_id)
        self.queue = self.queue_of(session, context)
        self.acceptance = self.acceptance_of(session, context, new_id)


class ComesBack(MemoryQueue):
    """A saga's step that was done is to be done again half a minute later."""

    async def finish(self, job: LeasedJob) -> None:
        await super().finish(job)
        if job.queue == STEPS:
            again = NewJob(
                id=job.id,
                tenant=job.tenant,
                queue=job.queue,
                payload=job.payload,
                correlation=job.correlation,
                delay_seconds=AGAIN_SECONDS,
                max_attempts=job.max_attempts,
            )
            await self.put([again])


class NeverDone(Mutant):
    queue_of = ComesBack


class Unfenced(Mutant):
    queue_of = ForgetsTheLease


class Dropping(Mutant):
    queue_of = DropsPoison


class KeepsFailedParts(Mutant):
    @asynccontextmanager
    async def savepoint(self) -> Any:
        await self._session.statement()
        yield


class ForgetsAnswers(Mutant):
    def __init__(self, session: Any, context: Any, new_id: Any) -> None:
        super().__init__(session, context, new_id)
        self.answers = _NoAnswers()  # type: ignore[assignment]


class _NoAnswers:
    async def claim(self, key: bytes, fingerprint: bytes) -> None:
        return None

    async def keep(self, key: bytes, answer: Any) -> None:
        return None


class Careless(MemoryAcceptance):
    """Reads balances without holding them and writes back what it thinks they are."""

    async def gather(self, batch: Sequence[Requested]) -> Facts:
        self._session.lock = _no_lock  # type: ignore[method-assign]
        try:
            self._seen = await super().gather(batch)
        finally:
            del self._session.lock  # type: ignore[attr-defined]
        return self._seen

    async def save(self, outcomes: Sequence[Outcome]) -> None:
        await super().save(outcomes)
        own = self._session.writes.get(BALANCES, {})
        shelves = [(i, place, units) for i, found in self._seen.available.items() for place, units in found.items()]
        for item, location, units in shelves:
            key = BalanceKey(item=item, location=location)
            moved = [m for outcome in outcomes for m in outcome.movements if m.key == key]
            place = (outcomes[0].tenant, *in_order(key))
            if moved and place in own:
                left = units - sum(movement.quantity for movement in moved)
                own[place] = replace(own[place], balance=replace(own[place].balance, available=left))


async def _no_lock(table: Any, key: Any) -> None:
    return None


class ForgetsDays(MemoryAcceptance):
    """Takes lots in the order they came."""

    async def gather(self, batch: Sequence[Requested]) -> Facts:
        facts = await super().gather(batch)
        return with_lots(facts, lambda lot: replace(lot, expires_on=None) if promisable(lot, facts.today) else lot)


class ForgetsBlocks(MemoryAcceptance):
    """Takes any lot whose day is not over."""

    async def gather(self, batch: Sequence[Requested]) -> Facts:
        return with_lots(await super().gather(batch), lambda lot: replace(lot, status=LotStatus.AVAILABLE))


class ForgetsAComponent(MemoryAcceptance):
    async def gather(self, batch: Sequence[Requested]) -> Facts:
        facts = await super().gather(batch)
        items = {name: replace(item, components=item.components[:1]) for name, item in facts.items.items()}
        return replace(facts, items=items)


def with_lots(facts: Facts, seen: Callable[[Lot], Lot]) -> Facts:
    return replace(
        facts,
        lots={item: [replace(one, lot=seen(one.lot)) for one in found] for item, found in facts.lots.items()},
    )


class HoldsAnything(MemoryLedger):
    """Lots are as good as new to whoever holds stock."""

    async def shelves(self, name: str) -> Any:
        found = await super().shelves(name)
        fresh = {key: replace(lot, status=LotStatus.AVAILABLE, expires_on=None) for key, lot in found.lots.items()}
        return replace(found, lots=fresh)


class IgnoresDays(Mutant):
    acceptance_of = ForgetsDays


class IgnoresBlocks(Mutant):
    acceptance_of = ForgetsBlocks


class IgnoresComponents(Mutant):
    acceptance_of = ForgetsAComponent


class HoldsBlocked(Mutant):
    def __init__(self, session: Any, context: Any, new_id: Any) -> None:
        super().__init__(session, context, new_id)
        self.ledger = HoldsAnything(session, context, new_id)


class Unlocked(Mutant):
    acceptance_of = Careless


class KeepsNoEnds(MemoryReservations):
    """A hold that ended is still held."""

    async def save(self, reservations: Any) -> None:
        await self._session.statement()


class LooksAtTheProcesssTime(MemoryReservations):
    """A hold is over when the process thinks so."""

    async def now(self) -> Any:
        await self._session.statement()
        return self._context.now


class ForgetsEnds(Mutant):
    def __init__(self, session: Any, context: Any, new_id: Any) -> None:
        super().__init__(session, context, new_id)
        self.reservations = KeepsNoEnds(session, context)


class TrustsProcesses(Mutant):
    def __init__(self, session: Any, context: Any, new_id: Any) -> None:
        super().__init__(session, context, new_id)
        self.reservations = LooksAtTheProcesssTime(session, context)


class KeepsNoTransferEnds(MemoryTransfers):
    """A transfer that ended is still under way."""

    async def save(self, transfer: Transfer) -> None:
        await self._session.statement()
        if not has_ended(transfer.state):
            await super().save(transfer)


class KeepsNoDeliveries(MemoryExpectedReceipts):
    """What arrived is still expected."""

    async def save(self, expected: Any) -> None:
        await self._session.statement()


class ForgetsTransferEnds(Mutant):
    def __init__(self, session: Any, context: Any, new_id: Any) -> None:
        super().__init__(session, context, new_id)
        self.transfers = KeepsNoTransferEnds(session, context)


class ForgetsDeliveries(Mutant):
    def __init__(self, session: Any, context: Any, new_id: Any) -> None:
        super().__init__(session, context, new_id)
        self.expected = KeepsNoDeliveries(session, context)


async def leaves_it_on_the_way(command: CancelTransfer, context: Any, tx: Any) -> Transfer:
    """Calls a transfer off and gives nothing back."""
    transfer = await tx.transfers.lock(command.id)
    after = evolve_transfer(transfer, decide_transfer(transfer, command))
    await tx.transfers.save(after)
    event = TransferCancelled(transfer_id=transfer.id, parts=(), reason=command.reason)
    await tx.journal.record(
        [NewEvent(tenant=context.tenant, stream=StreamId(transfer.id), version=after.version, body=event)]
    )
    return after


class Transactions(MemoryTransactions):
    """Lends out mutants."""

    def __init__(self, process: Process, kind: type[Mutant]) -> None:
        super().__init__(process.database, process.new_id)
        self._kind = kind

    @asynccontextmanager
    async def begin(self, context: Any) -> Any:
        async with self._database.begin(context.tenants) as session:
            yield self._kind(session, context, self._new_id)


class Work(MemoryWork):
    """Claims with mutants."""

    def __init__(self, process: Process, kind: type[Mutant]) -> None:
        super().__init__(process.database, process.new_id)
        self._kind = kind

    @asynccontextmanager
    async def claim(self, shards: Any, lanes: Any, limit: int, context: Any) -> Any:
        async with super().claim(shards, lanes, limit, context) as claimed:
            mutant = self._kind(claimed.transaction._session, claimed.context, self._new_id)
            yield MemoryClaimed(batch=claimed.batch, context=claimed.context, transaction=mutant)


def adding_outside() -> Parts:
    """Demand is added in a transaction of its own, before the inbox's."""

    async def run(command: RecordDemand, context: Any, tx: Any) -> None:
        fresh = await tx.inbox.fresh(SUBSCRIBER, command.events)
        session = tx._session
        database = MemoryDatabase(session.store, session.process)
        async with MemoryTransactions(database, lambda: "").begin(context) as other:
            await other.demand.add(demand_of(fresh))

    return Parts(use_cases={RecordDemand: UseCase(scope=None, run=run)})


def with_transactions(kind: type[Mutant]) -> Callable[[], Parts]:
    return lambda: Parts(transactions=lambda it: Transactions(it, kind), work=lambda it: Work(it, kind))


def with_demand(run: Any) -> Callable[[], Parts]:
    return lambda: Parts(use_cases={RecordDemand: UseCase(scope=None, run=run)})


MUTANTS: dict[str, Callable[[], Parts]] = {
    "the inbox is skipped": with_demand(skips_the_inbox),
    "an event is marked applied and not applied": with_demand(remembers_nothing),
    "demand is added outside the inbox's transaction": adding_outside,
    "the relay advances before it publishes": lambda: Parts(relay=AdvancesFirst),
    "the relay advances past failures": lambda: Parts(relay=AdvancesPastFailures),
    "the relay ignores running transactions": lambda: Parts(feed=lambda it: IgnoresRunning(it.database)),
    "stock is updated without lock or bound": with_transactions(Unlocked),
    "a job is finished without looking at its fence": with_transactions(Unfenced),
    "a lease is judged by the process's clock": lambda: Parts(jobs=lambda it: MemoryJobSource(LooksAtItsOwnClock(it))),
    "attempts are not counted": lambda: Parts(jobs=lambda it: CountsLater(it.database)),
    "poison is dropped": with_transactions(Dropping),
    "a step comes back for ever": with_transactions(NeverDone),
    "a failed part is not undone": with_transactions(KeepsFailedParts),
    "answers are forgotten": with_transactions(ForgetsAnswers),
    "intake answers before it is durable": lambda: Parts(intake_log=AnswersFirst),
    "intake tries again under new ids": lambda: Parts(intake_log=MakesNewIds),
    "external ids are forgotten": lambda: Parts(intake_log=lambda it: ForgetsExternalIds(it.database)),
    "idempotency keys are forgotten": lambda: Parts(intake_log=lambda it: ForgetsKeys(it.database)),
    "jobs are deleted before the work": lambda: Parts(work=lambda it: DeletesFirst(it.database, it.new_id)),
    "the end of a hold is not kept": with_transactions(ForgetsEnds),
    "holds run out by the process's clock": with_transactions(TrustsProcesses),
    "the end of a transfer is not kept": with_transactions(ForgetsTransferEnds),
    "a delivery is still expected": with_transactions(ForgetsDeliveries),
    "what is called off stays on the way": lambda: Parts(
        use_cases={CancelTransfer: UseCase(scope=None, run=leaves_it_on_the_way)}
    ),
    "lots are taken in the order they came": with_transactions(IgnoresDays),
    "a blocked lot is promised": with_transactions(IgnoresBlocks),
    "a kit's component is forgotten": with_transactions(IgnoresComponents),
    "a blocked or expired lot is held": with_transactions(HoldsBlocked),
    "jobs are not deleted with the work": lambda: Parts(work=lambda it: GivesBackTwice(it.database, it.new_id)),
}


@pytest.mark.parametrize("name", MUTANTS)
def test_a_planted_defect_is_found(name: str, record_property: Callable[[str, object], None]) -> None:
    kinds = [kind for kind in KINDS if kind != "killer"]
    for seed in range(1, SEEDS_MAX + 1):
        result = simulate(seed, kinds, MUTANTS[name]())
        if result.violations:
            record_property("seeds", seed)
            return
    pytest.fail(f"{SEEDS_MAX} seeds and nobody noticed that {name}")
