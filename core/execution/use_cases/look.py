"""Look whether something has happened to a fulfilment order or a return that somebody waits for."""

from typing import assert_never

from core.kernel.context import Context
from core.orders.dossier import Dossier
from core.orders.fulfilment import FulfilmentNotFound
from core.orders.looking import (
    Look,
    LookForAnswer,
    LookForInspection,
    LookForRefund,
    LookForShipment,
    check_answered,
    check_inspected,
    check_refunded,
    check_sent,
)
from core.orders.returns import ReturnNotFound
from ports.execution import ExecutionTransaction


async def look(command: Look, context: Context, tx: ExecutionTransaction) -> Dossier:
    """The order it has happened to. Raises FulfilmentNotFound, ReturnNotFound and the errors of core.orders.looking."""
    dossier = await _held(command, tx)
    match command:
        case LookForAnswer():
            check_answered(dossier.fulfilment(command.fulfilment))
        case LookForShipment():
            check_sent(dossier.fulfilment(command.fulfilment))
        case LookForInspection():
            check_inspected(dossier.return_of(command.one))
        case LookForRefund():
            check_refunded(dossier.return_of(command.one), command.reference)
        case _:
            assert_never(command)
    return dossier


async def _held(what: Look, tx: ExecutionTransaction) -> Dossier:
    if isinstance(what, LookForAnswer | LookForShipment):
        dossier = await tx.dossiers.lock_of(what.fulfilment)
        if dossier is None:
            raise FulfilmentNotFound(f"there is no fulfilment order {what.fulfilment}")
        return dossier
    dossier = await tx.dossiers.lock_returned(what.one)
    if dossier is None:
        raise ReturnNotFound(f"there is no return {what.one}")
    return dossier
