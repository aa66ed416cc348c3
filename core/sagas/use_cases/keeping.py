"""Keeping what the engine decided: the saga, its story, its next ask and that ask's time limit, all or nothing."""

from collections.abc import Sequence
from dataclasses import replace

from core.kernel.context import Context
from core.kernel.event import NewEvent
from core.kernel.ids import NewId, SagaId, StreamId
from core.kernel.job import NewJob
from core.sagas.engine import Reaction
from core.sagas.queues import jobs_of
from core.sagas.saga import MOVING, Saga, SagaNotFound
from ports.sagas import SagasTransaction


async def locked(saga: SagaId, tx: SagasTransaction) -> Saga:
    """The saga, held. Raises SagaNotFound."""
    found = await tx.sagas.lock(saga)
    if found is None:
        raise SagaNotFound(f"there is no saga {saga}")
    return found


async def add(reactions: Sequence[Reaction], context: Context, tx: SagasTransaction, new_id: NewId) -> Sequence[Saga]:
    """The sagas these begin, as they are kept. Raises TransactionConflict when one of a key is running."""
    drafts = [_kept(reaction, context, new_id) for reaction in reactions]
    await tx.queue.put([job for _, jobs in drafts for job in jobs])
    sagas = [saga for saga, _ in drafts]
    await tx.sagas.add(sagas)
    await tx.journal.record([event for reaction in reactions for event in _told(reaction, context)])
    return sagas


async def keep(reaction: Reaction, context: Context, tx: SagasTransaction, new_id: NewId) -> Saga:
    """The saga as it is kept; what changed nothing writes nothing. The time limit of what is answered is over."""
    changed = reaction.saga
    if not reaction.events:
        return changed
    kept, jobs = _kept(reaction, context, new_id)
    if jobs:
        await tx.queue.put(jobs)
    answered = changed.waits_for if changed.parked_as is None else None
    if answered is not None and answered != kept.waits_for:
        await tx.queue.withdraw(answered)
    await tx.sagas.save(kept)
    await tx.journal.record(_told(reaction, context))
    return kept


def _kept(reaction: Reaction, context: Context, new_id: NewId) -> tuple[Saga, Sequence[NewJob]]:
    """The saga with the job it waits for, and the jobs to be put."""
    saga = reaction.saga
    waits_for = saga.waits_for if saga.status in MOVING else None
    jobs: Sequence[NewJob] = ()
    if reaction.ask is not None:
        jobs = jobs_of(saga.id, reaction.ask, context, new_id)
        waits_for = jobs[-1].id
    return replace(saga, waits_for=waits_for, revision=saga.revision + len(reaction.events)), jobs


def _told(reaction: Reaction, context: Context) -> list[NewEvent]:
    stream = StreamId(reaction.saga.id)
    return [
        NewEvent(tenant=context.tenant, stream=stream, version=version, body=event)
        for version, event in enumerate(reaction.events, start=reaction.saga.revision + 1)
    ]
