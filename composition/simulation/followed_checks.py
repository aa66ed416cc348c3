"""What must hold of sagas that wait for others when everything has come to rest."""

from collections import Counter
from collections.abc import Collection, Iterator

from adapters.memory.journal import recorded
from adapters.memory.store import Store
from adapters.memory.tables import FULFILMENTS, JOURNAL, ORDERS, RETURNS, SAGAS, TRANSFERS
from composition.simulation.followers import Move
from core.inventory.transfer import TransferState
from core.kernel.ids import TenantId
from core.orders.fulfilment import Fulfilment, FulfilmentState, proposed
from core.orders.returns import RefundState, ReturnState
from core.sagas import fulfil_order, settle_return, transfer_stock
from core.sagas.saga import Saga, Status
from core.sagas.subscriptions import followed

HELD = "order.hold_placed.v1"
ARRIVED = (TransferState.RECEIVED, TransferState.CLOSED_SHORT)
SENT = (FulfilmentState.SHIPPED, FulfilmentState.DELIVERED)
ASKED_FOR = (RefundState.REQUESTED, RefundState.SETTLED)


def broken_followed(store: Store, wanted: Collection[Move], strict: Collection[TenantId]) -> Iterator[str]:
    """Every one that ended otherwise than what it waited for, and whatever was not followed once."""
    begun: Counter[tuple[TenantId, str, str]] = Counter()
    for (tenant, _), row in store.table(SAGAS).items():
        saga = row.saga
        begun[tenant, saga.name, str(saga.key)] += 1
        yield from broken_wait(store, tenant, saga)
    for move in wanted:
        kept = store.table(SAGAS).get((move.tenant, move.saga))
        if kept is None or begun[move.tenant, transfer_stock.NAME, str(kept.saga.key)] != 1:
            yield f"I8: {move.marker} was not begun just once"
    for key, event in store.table(JOURNAL).items():
        for one in followed(recorded(key, event)) if key[0] in strict else ():
            times = begun[key[0], fulfil_order.NAME, one.fulfilment]
            if times != 1:
                yield f"I8: fulfilment order {one.fulfilment} is followed {times} times"


def broken_wait(store: Store, tenant: TenantId, saga: Saga) -> Iterator[str]:
    """What is wrong with one that waits for others and has come to rest."""
    checks = {
        fulfil_order.NAME: _fulfilment,
        transfer_stock.NAME: _transfer,
        settle_return.NAME: _settlement,
    }
    check = checks.get(saga.name)
    if check is None:
        return
    if saga.status not in (Status.COMPLETED, Status.COMPENSATED):
        yield f"I6: saga {saga.id} is {saga.status} for ever: {saga.reason}"
    elif not saga.forgiven:
        wrong = check(store, tenant, saga)
        if wrong:
            yield f"I6: saga {saga.id} of {saga.name} is {saga.status}: {wrong}"


def _fulfilment(store: Store, tenant: TenantId, saga: Saga) -> str | None:
    one = _asked(store, tenant, saga)
    if saga.status is Status.COMPLETED:
        return None if one.state in SENT else f"the fulfilment order is {one.state}"
    known = saga.data["order_id"]
    held = any(key[:2] == (tenant, known) and row.name == HELD for key, row in store.table(JOURNAL).items())
    ended = store.table(ORDERS)[tenant, known].cancelled_at is not None
    left = one.state is FulfilmentState.PROPOSED and not held and not ended
    return "nobody answered, and it is still asked of the location" if left else None


def _asked(store: Store, tenant: TenantId, saga: Saga) -> Fulfilment:
    row = store.table(FULFILMENTS).get((tenant, saga.data["fulfilment_id"]))
    if row is not None:
        return row[1]
    facts = store.table(ORDERS)[tenant, saga.data["order_id"]].facts
    return next(one for one in proposed(facts.order_id, facts.lines) if one.id == saga.data["fulfilment_id"])


def _transfer(store: Store, tenant: TenantId, saga: Saga) -> str | None:
    transfer = store.table(TRANSFERS).get((tenant, saga.data["transfer_id"]))
    state = None if transfer is None else transfer.state
    right = state in ARRIVED if saga.status is Status.COMPLETED else state in (None, TransferState.CANCELLED)
    return None if right else f"the transfer is {state}"


def _settlement(store: Store, tenant: TenantId, saga: Saga) -> str | None:
    _, one = store.table(RETURNS)[tenant, saga.data["return_id"]]
    refunds = [refund.state for refund in one.refunds if refund.reference == saga.data["reference"]]
    if saga.status is Status.COMPLETED:
        whole = one.state is ReturnState.RESOLVED and (not refunds or RefundState.SETTLED in refunds)
        return None if whole else f"the return is {one.state}, its refunds {refunds}"
    return f"money is asked for still: {refunds}" if any(state in ASKED_FOR for state in refunds) else None
