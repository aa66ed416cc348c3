"""Keeping what the engine decided: the saga, its story, its next ask and that ask's time limit, all or nothing."""

from dataclasses import replace

from core.kernel.context import Context
from core.kernel.event import NewEvent
from core.kernel.ids import NewId, SagaId, StreamId
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


async def keep(
    reaction: Reaction, context: Context, tx: SagasTransaction, new_id: NewId, *, first: bool = False
) -> Saga:
    """The saga as it is kept; what changed nothing writes nothing."""
    saga = reaction.saga
    if not reaction.events:
        return saga
    waits_for = saga.waits_for if saga.status in MOVING else None
    if reaction.ask is not None:
        step, timeout = jobs_of(saga.id, reaction.ask, context, new_id)
        waits_for = timeout.id
        await tx.queue.put([step, timeout])
    kept = replace(saga, waits_for=waits_for, revision=saga.revision + len(reaction.events))
    await (tx.sagas.add(kept) if first else tx.sagas.save(kept))
    stream = StreamId(saga.id)
    await tx.journal.record(
        [
            NewEvent(tenant=context.tenant, stream=stream, version=version, body=event)
            for version, event in enumerate(reaction.events, start=saga.revision + 1)
        ]
    )
    return kept
