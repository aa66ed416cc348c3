"""Begin a transfer that is followed until it has arrived."""

from core.kernel.context import Context
from core.kernel.ids import NewId, SagaId, StreamId, TransferId
from core.sagas.definition import Definitions, newest
from core.sagas.engine import begin
from core.sagas.saga import Saga
from core.sagas.transfer_stock import NAME, TransferStock, data_of
from core.sagas.use_cases.keeping import add
from ports.sagas import SagasTransaction


async def begin_transfer(
    command: TransferStock, context: Context, tx: SagasTransaction, *, new_id: NewId, definitions: Definitions
) -> Saga:
    """The saga that will do it, begun; its data names the transfer. Raises InvalidTransfer."""
    transfer = TransferId(new_id())
    data = data_of(command, transfer, context.now)
    reaction = begin(
        newest(definitions, NAME), SagaId(new_id()), data, context.now, subject=StreamId(transfer), key=transfer
    )
    (saga,) = await add([reaction], context, tx, new_id)
    return saga
