"""Amend, receive and withdraw an expected receipt."""

from core.inventory.acts import Act, ChangeStock, StockAct
from core.inventory.expected import Changed, ExpectedReceipt, decide, evolve
from core.inventory.expecting import AmendExpected, Change, ExpectedReceiptNotFound, ReceiveExpected, WithdrawExpected
from core.inventory.use_cases.change_stock import change_stock
from core.kernel.context import Context
from core.kernel.errors import DomainError
from core.kernel.event import NewEvent
from core.kernel.ids import NewId, StreamId
from core.kernel.quantity import to_amount
from ports.inventory import InventoryTransaction


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

    Raises ExpectedReceiptNotFound, ExpectedReceiptEnded, InvalidQuantity, InvalidMovement, and of lots InvalidLot,
    SerialInStock.
    """
    expected, event = await _decided(command, tx)
    after = await _kept(expected, event, context, tx)
    act = StockAct(
        act=Act.RECEIVE,
        sku=expected.sku,
        location=expected.location_code,
        quantity=to_amount(after.received - expected.received, expected.scale),
        reason=expected.reference,
        lot=command.lot,
        expires_on=command.expires_on,
    )
    received = ChangeStock(acts=(act,), cause=f"expected:{expected.id}")
    (outcome,) = await change_stock(received, context, tx, new_id=new_id)
    if isinstance(outcome, DomainError):
        raise outcome
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
