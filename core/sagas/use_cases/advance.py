"""Tell a saga what became of its ask, or park it when nobody here knows how it goes on."""

from core.kernel.context import Context
from core.kernel.ids import NewId
from core.sagas.commands import AdvanceSaga, ParkSaga
from core.sagas.definition import Definitions, pinned
from core.sagas.engine import react
from core.sagas.operating import park
from core.sagas.saga import Saga
from core.sagas.use_cases.keeping import keep, locked
from ports.sagas import SagasTransaction


async def advance_saga(
    command: AdvanceSaga, context: Context, tx: SagasTransaction, *, new_id: NewId, definitions: Definitions
) -> Saga:
    """The saga afterwards. Raises LeaseLost, SagaNotFound, DefinitionUnknown.

    If the job's lease is gone, somebody else holds it and will say the same. The saga is held first: whoever hears of
    an answer takes away the time limit, which may be what another is about to tell.
    """
    saga = await locked(command.id, tx)
    await tx.queue.finish(command.job)
    definition = pinned(definitions, saga.name, saga.version)
    return await keep(react(definition, saga, command.said, context.now), context, tx, new_id)


async def park_saga(
    command: ParkSaga, context: Context, tx: SagasTransaction, *, new_id: NewId, definitions: Definitions
) -> Saga:
    """The saga, stuck; as it was where its version is known after all. Raises SagaNotFound."""
    saga = await locked(command.id, tx)
    if (saga.name, saga.version) in definitions:
        return saga
    return await keep(park(saga), context, tx, new_id)
