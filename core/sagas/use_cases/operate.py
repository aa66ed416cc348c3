"""A person's word on a saga that is stuck."""

from core.kernel.context import Context
from core.kernel.ids import NewId
from core.sagas.commands import ForgiveSaga, RetrySaga
from core.sagas.definition import Definitions, pinned
from core.sagas.operating import forgive, retry
from core.sagas.saga import Saga
from core.sagas.use_cases.keeping import keep, locked
from ports.sagas import SagasTransaction


async def retry_saga(
    command: RetrySaga, context: Context, tx: SagasTransaction, *, new_id: NewId, definitions: Definitions
) -> Saga:
    """The saga, at work again. Raises SagaNotFound, SagaNotStuck, NothingToRetry, DefinitionUnknown."""
    saga = await locked(command.id, tx)
    definition = pinned(definitions, saga.name, saga.version)
    return await keep(retry(definition, saga, context.now), context, tx, new_id)


async def forgive_saga(command: ForgiveSaga, context: Context, tx: SagasTransaction, *, new_id: NewId) -> Saga:
    """The saga as it ended. Raises SagaNotFound, SagaNotStuck, ReasonMissing."""
    saga = await locked(command.id, tx)
    return await keep(forgive(saga, command.reason), context, tx, new_id)
