"""Amend, receive and withdraw an expected receipt."""

from core.inventory.balance import BalanceKey
from core.inventory.expected import Changed, ExpectedReceipt, decide, evolve
from core.inventory.expecting import AmendExpected, Change, ExpectedReceiptNotFound, ReceiveExpected, WithdrawExpected
from core.inventory.stock import ReceiveStock
from core.inventory.stock import decide as decide_stock
from core.inventory.use_cases.entering import enter
from core.kernel.context import Context
from core.kernel.event import NewEvent
from core.kernel.ids import GroupId, NewId, StreamId
from ports.inventory import InventoryTransaction, NewEntries


async def amend_expected(command: AmendExpected, context: Context, tx: InventoryTransaction) -> ExpectedReceipt:
    """As it is expected now.

    Raises ExpectedReceiptNotFound, ExpectedReceiptEnded, InvalidExpectation, InvalidQuantity, InvalidMovement.
    """
    expected, event = await _decided(command, tx)
    return await _kept(expected, event, context, tx)


async def receive_expected(
    command: ReceiveExpected, context: Context, tx: InventoryTransaction, *, new_id: NewId
) -> ExpectedReceipt:
    """With what arrived on the shelf.

    Raises ExpectedReceiptNotFound, ExpectedReceiptEnded, InvalidQuantity, InvalidMovement.
    """
    expected, event = await _decided(command, tx)
    after = await _kept(expected, event, context, tx)
    key = BalanceKey(item=expected.item, location=expected.location)
    locked = await tx.ledger.lock([key])
    arrived = ReceiveStock(key=key, quantity=after.received - expected.received, reason=expected.reference)
    act = NewEntries(
        group=GroupId(new_id()),
        movements=decide_stock(locked[key].balance, arrived),
        cause=f"expected:{expected.id}",
    )
    await enter([act], locked, context, tx)
    return after


async def withdraw_expected(command: WithdrawExpected, context: Context, tx: InventoryTransaction) -> ExpectedReceipt:
    """As it ended. Raises ExpectedReceiptNotFound, ExpectedReceiptEnded."""
    expected, event = await _decided(command, tx)
    return await _kept(expected, event, context, tx)


async def _decided(change: Change, tx: InventoryTransaction) -> tuple[ExpectedReceipt, Changed]:
    expected = await tx.expected.lock(change.id)
    if expected is None:
        raise ExpectedReceiptNotFound(f"there is no expected receipt {change.id}")
    return expected, decide(expected, change)


async def _kept(
    expected: ExpectedReceipt, event: Changed, context: Context, tx: InventoryTransaction
) -> ExpectedReceipt:
    after = evolve(expected, event)
    await tx.expected.save(after)
    stream = StreamId(after.id)
    await tx.journal.record([NewEvent(tenant=context.tenant, stream=stream, version=after.version, body=event)])
    return after
