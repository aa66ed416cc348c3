"""What the journal tells sagas: fulfilment orders to be followed, and waits to look again."""

from collections.abc import Sequence
from dataclasses import replace

from core.kernel.context import Context
from core.kernel.event import RecordedEvent
from core.kernel.ids import NewId, StreamId
from core.orders.deadlines import FulfilmentPolicy
from core.sagas.definition import Definitions, newest
from core.sagas.engine import begin
from core.sagas.fulfil_order import NAME, Followed, data_of, saga_of
from core.sagas.queues import Asked, look_again
from core.sagas.saga import Act, Saga, StepState
from core.sagas.subscriptions import BEGINNING, WAKING, WakeSagas, by_tenant, followed
from core.sagas.use_cases.keeping import add
from ports.sagas import SagasTransaction, WakingTransaction

LOOKING = (StepState.ASKED, StepState.UNKNOWN)
"""UNKNOWN: its time was over, and a person is asked; it may have happened all the same."""


async def wake_sagas(
    command: WakeSagas, context: Context, tx: WakingTransaction, *, new_id: NewId, definitions: Definitions
) -> int:
    """How many were begun. Telling the same again begins nothing more; another look does no harm."""
    begun = 0
    asking = {event.tenant for event in command.events if event.name in BEGINNING}
    policies = await tx.policies.fulfilment(asking) if asking else {}
    for tenant, events in sorted(by_tenant(command.events).items()):
        mine, its = replace(context, tenants=(tenant,)), tx.of(tenant)
        await _wake({event.stream for event in events if event.name in WAKING}, mine, its, new_id, definitions)
        policy = policies.get(tenant)
        if policy is not None and policy.answer_within_minutes is not None:
            begun += await _follow(events, policy, mine, its, new_id, definitions)
    return begun


async def _wake(
    subjects: set[StreamId], context: Context, tx: SagasTransaction, new_id: NewId, definitions: Definitions
) -> None:
    """Let every wait about one of ``subjects`` look again."""
    waiting = await tx.sagas.waiting(subjects) if subjects else ()
    jobs = [look_again(it, context, new_id) for saga in waiting for it in _looks(saga, definitions)]
    if jobs:
        await tx.queue.put(jobs)


def _looks(saga: Saga, definitions: Definitions) -> list[Asked]:
    """The wait in hand, if that is where the saga stands; who does not know its version lets it be."""
    definition = definitions.get((saga.name, saga.version))
    if definition is None:
        return []
    return [
        Asked(saga=saga.id, step=at.name, act=Act.DO, attempt=at.attempt)
        for at in saga.steps
        if at.state in LOOKING and definition.step(at.name).waits
    ]


async def _follow(
    events: Sequence[RecordedEvent],
    policy: FulfilmentPolicy,
    context: Context,
    tx: SagasTransaction,
    new_id: NewId,
    definitions: Definitions,
) -> int:
    """Begin to follow what ``events`` ask of locations, each once and for all."""
    wanted: dict[str, Followed] = {one.fulfilment: one for event in events for one in followed(event)}
    known = await tx.sagas.latest(NAME, wanted) if wanted else {}
    reactions = [
        begin(
            newest(definitions, NAME),
            saga_of(one.fulfilment),
            data_of(one, policy),
            context.now,
            subject=StreamId(one.order),
            key=key,
        )
        for key, one in wanted.items()
        if key not in known
    ]
    if reactions:
        await add(reactions, context, tx, new_id)
    return len(reactions)
