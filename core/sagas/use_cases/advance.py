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

    The job ends first: if its lease is gone, somebody else holds it and will say the same, for what a step's command
    was answered, a refusal too, is remembered under its key.
    """
    await tx.queue.finish(command.job)
    saga = await locked(command.id, tx)
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
