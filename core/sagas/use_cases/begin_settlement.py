"""Begin to settle a return."""

from core.kernel.context import Context
from core.kernel.ids import NewId, SagaId, StreamId
from core.orders.looking import ReturnOver
from core.orders.returns import ENDED, ReturnNotFound
from core.sagas.definition import Definitions, newest
from core.sagas.engine import begin
from core.sagas.saga import OPEN, Saga, SagaOpen
from core.sagas.settle_return import NAME, SettleReturn, data_of
from core.sagas.use_cases.keeping import add
from ports.sagas import SettlementTransaction


async def begin_settlement(
    command: SettleReturn, context: Context, tx: SettlementTransaction, *, new_id: NewId, definitions: Definitions
) -> Saga:
    """The saga that will do it, begun. Raises ReturnNotFound, ReturnOver, SagaOpen, InvalidSettlement."""
    dossier = await tx.dossiers.lock_returned(command.one)
    if dossier is None:
        raise ReturnNotFound(f"there is no return {command.one}")
    one = dossier.return_of(command.one)
    if one.state in ENDED:
        raise ReturnOver(f"the return is {one.state}")
    standing = (await tx.sagas.latest(NAME, [command.one])).get(command.one)
    if standing in OPEN:
        raise SagaOpen(f"return {command.one} is being settled: that is {standing}")
    saga_id = SagaId(new_id())
    data = data_of(command, one.order, saga_id)
    definition = newest(definitions, NAME)
    reaction = begin(definition, saga_id, data, context.now, subject=StreamId(one.order), key=command.one)
    (saga,) = await add([reaction], context, tx, new_id)
    return saga
