"""One change of an open order: decided by the order, entered in the ledger, settled with the customer's account."""

from collections.abc import Iterable

from core.credit import account as credit
from core.execution.shortfall import shortfall
from core.execution.stock import movements_of
from core.execution.use_cases.keeping import Enter, enter_movements, keep
from core.execution.use_cases.promise_again import EndExpired, promise_again
from core.execution.use_cases.swapping import lots_of
from core.kernel.context import Context
from core.kernel.decider import replay
from core.kernel.errors import Conflict
from core.kernel.ids import JobId, NewId
from core.orders.changes import FulfilmentShipped, LineAmended, LinesCancelled, OrderEvent, OrderReopened
from core.orders.changing import FulfilmentChange, OrderChange, SwapLot
from core.orders.dossier import Dossier, evolve
from core.orders.fulfilment import FulfilmentNotFound
from core.orders.lifecycle import decide
from core.orders.order import OrderNotFound
from core.orders.releasing import check_released
from ports.execution import ExecutionTransaction


class CreditLimitExceeded(Conflict):
    """The customer would owe more than the limit allows."""

    code = "credit_limit_exceeded"


async def change_order(
    command: OrderChange | FulfilmentChange,
    context: Context,
    tx: ExecutionTransaction,
    *,
    new_id: NewId,
    enter: Enter,
    end_expired: EndExpired,
) -> Dossier:
    """The order as it is now. A change that changes nothing is no event; what is cancelled need not be reviewed.

    Raises OrderNotFound, FulfilmentNotFound, InsufficientStock, CreditLimitExceeded, UnknownLocation, NotReleased and
    the errors of core.orders.changing.
    """
    dossier = await _held(command, tx)
    lots = await lots_of(dossier, command, context, tx) if isinstance(command, SwapLot) else {}
    events = decide(dossier, command, context.now, lots)
    await _check_days(events, dossier, context, tx)
    after = replay(evolve, dossier, events)
    more: tuple[OrderEvent, ...] = await promise_again(command, events, after, context, tx, end_expired)
    events, after = (*events, *more), replay(evolve, after, more)
    more = shortfall(command, after, context.now)
    events, after = (*events, *more), replay(evolve, after, more)
    if not events:
        return dossier
    if dossier.order.held_at and after.order.cancelled_at:
        await tx.queue.withdraw(JobId(after.order.facts.intake_id))
    cause = f"order:{dossier.order.facts.order_id}"
    await enter_movements(movements_of(events), cause, context, tx, new_id=new_id, enter=enter)
    await _settle(events, after, tx)
    await keep(events, after, context, tx)
    return after


async def _held(change: OrderChange | FulfilmentChange, tx: ExecutionTransaction) -> Dossier:
    if isinstance(change, FulfilmentChange):
        dossier = await tx.dossiers.lock_of(change.fulfilment)
        if dossier is None:
            raise FulfilmentNotFound(f"there is no fulfilment order {change.fulfilment}")
        return dossier
    dossier = await tx.dossiers.lock(change.order)
    if dossier is None:
        raise OrderNotFound(f"there is no order {change.order}")
    return dossier


async def _check_days(
    events: Iterable[OrderEvent], dossier: Dossier, context: Context, tx: ExecutionTransaction
) -> None:
    for event in events:
        if isinstance(event, FulfilmentShipped):
            days = await tx.ledger.available_on({units.item for units in event.units})
            check_released(dossier.order, event, days, context.now.date())


async def _settle(events: Iterable[OrderEvent], after: Dossier, tx: ExecutionTransaction) -> None:
    """What is owed follows what is due. More of an order is checked against the limit as a new order is.

    So is an order that is opened again: whoever owes more than he may meanwhile does not go on with it.
    """
    customer = after.order.facts.customer
    more = sum(event.amount for event in events if isinstance(event, LineAmended))
    less = sum(event.amount for event in events if isinstance(event, LinesCancelled))
    again = after.order.on_account and any(isinstance(event, OrderReopened) for event in events)
    if customer is None or not (more or less or again):
        return
    account = await tx.accounts.lock(customer)
    if account is None:
        return
    refusal = credit.refusal(account, more, after.order.facts.currency) if more or again else None
    if refusal:
        raise CreditLimitExceeded(refusal, path="$.quantity" if more else None)
    if after.order.on_account and (more or less):
        await tx.accounts.expose(credit.hold(credit.free(account, less), more))
