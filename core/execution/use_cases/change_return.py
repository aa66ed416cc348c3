"""One change of an order's return: goods go through quality control, money is asked for, each by itself."""

from core.credit import account as credit
from core.execution.stock import movements_of
from core.execution.use_cases.exchanging import exchange_of, submit_replacements
from core.execution.use_cases.keeping import Enter, enter_movements, keep
from core.inventory.acts import UnknownLocation
from core.kernel.context import Context
from core.kernel.decider import replay
from core.kernel.ids import LocationId, NewId
from core.orders.dossier import Dossier, evolve
from core.orders.order import OrderNotFound
from core.orders.return_decisions import decide_return
from core.orders.return_events import RefundRefused, RefundRequested, ReturnEvent
from core.orders.returning import ReceiveReturn, RequestReturn, ReturnChange
from core.orders.returns import RefundMethod, ReturnNotFound
from ports.execution import ExecutionTransaction


async def change_return(
    command: RequestReturn | ReturnChange,
    context: Context,
    tx: ExecutionTransaction,
    *,
    new_id: NewId,
    enter: Enter,
) -> Dossier:
    """The order as it is now; a new return is its last.

    Raises OrderNotFound, ReturnNotFound, UnknownLocation, UnknownSku and the errors of core.orders.returns, .changing
    and .exchanging.
    """
    dossier = await _held(command, tx)
    exchange = await exchange_of(dossier, command, tx, new_id)
    events = decide_return(dossier, command, context.now, await _places(command, tx), exchange)
    if not events:
        return dossier
    after = replay(evolve, dossier, events)
    cause = f"return:{after.returns[-1].id if isinstance(command, RequestReturn) else command.one}"
    await enter_movements(movements_of(events), cause, context, tx, new_id=new_id, enter=enter)
    for event in events:
        await _credit(_credited(event, after), after, tx)
    await submit_replacements(events, after, tx)
    await keep(events, after, context, tx)
    return after


async def _held(change: RequestReturn | ReturnChange, tx: ExecutionTransaction) -> Dossier:
    if isinstance(change, RequestReturn):
        dossier = await tx.dossiers.lock(change.order)
        if dossier is None:
            raise OrderNotFound(f"there is no order {change.order}")
        return dossier
    dossier = await tx.dossiers.lock_returned(change.one)
    if dossier is None:
        raise ReturnNotFound(f"there is no return {change.one}")
    return dossier


async def _places(change: RequestReturn | ReturnChange, tx: ExecutionTransaction) -> dict[str, LocationId]:
    if not isinstance(change, ReceiveReturn):
        return {}
    found = (await tx.locations.by_code([change.location])).get(change.location)
    if found is None:
        raise UnknownLocation(f"there is no location '{change.location}'", path="$.location")
    return {found.code: found.id}


def _credited(event: ReturnEvent, after: Dossier) -> int:
    """Minor units that less is owed because of ``event``; negative where a credit is taken back."""
    match event:
        case RefundRequested(refund=refund) if refund.method is RefundMethod.CREDIT:
            return refund.amount
        case RefundRefused():
            refund = after.return_of(event.return_id).refunds[event.number - 1]
            return -refund.amount if refund.method is RefundMethod.CREDIT else 0
        case _:
            return 0


async def _credit(amount: int, after: Dossier, tx: ExecutionTransaction) -> None:
    if not amount:
        return
    customer = after.order.facts.customer
    account = await tx.accounts.lock(customer) if customer is not None else None
    assert account is not None, "an order on account has one"
    await tx.accounts.expose(credit.free(account, amount) if amount > 0 else credit.hold(account, -amount))
