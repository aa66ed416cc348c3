"""Begin to allocate stock to a channel."""

from core.kernel.context import Context
from core.kernel.ids import AllotmentId, NewId, ReservationId, SagaId
from core.sagas.allocate_to_channel import NAME, AllocateToChannel, data_of
from core.sagas.definition import Definitions, newest
from core.sagas.engine import begin
from core.sagas.saga import Saga
from core.sagas.use_cases.keeping import add
from ports.sagas import SagasTransaction


async def start_allocation(
    command: AllocateToChannel, context: Context, tx: SagasTransaction, *, new_id: NewId, definitions: Definitions
) -> Saga:
    """The saga that will do it, begun. Raises InvalidAllocation, InvalidQuantity."""
    data = data_of(command, ReservationId(new_id()), AllotmentId(new_id()))
    reaction = begin(newest(definitions, NAME), SagaId(new_id()), data, context.now)
    (saga,) = await add([reaction], context, tx, new_id)
    return saga
