"""What a decision about an exchange must know, and submitting what is sent."""

from collections.abc import Iterable

from core.execution.exchanging import replacement_request
from core.inventory.acts import UnknownSku
from core.kernel.ids import IntakeId, NewId, OrderId
from core.kernel.quantity import to_units
from core.orders.dossier import Dossier
from core.orders.exchanging import NOTHING, Exchange
from core.orders.return_events import ReturnEvent, ReturnReplaced
from core.orders.returning import ApproveReturn, RequestReturn, ReturnChange
from core.orders.returns import ReturnKind
from ports.execution import ExecutionTransaction


async def exchange_of(
    dossier: Dossier, change: RequestReturn | ReturnChange, tx: ExecutionTransaction, new_id: NewId
) -> Exchange:
    """The order submitted last in exchange as it stands, and ids for the next. Raises UnknownSku, InvalidQuantity."""
    if isinstance(change, RequestReturn):
        await _check(change, tx)
        return NOTHING
    one = dossier.return_of(change.one)
    if one.kind is not ReturnKind.EXCHANGE:
        return NOTHING
    order = await tx.dossiers.order(one.replaced_by[-1]) if one.replaced_by else None
    if not isinstance(change, ApproveReturn):
        return Exchange(order=order)
    return Exchange(order=order, next_order=OrderId(new_id()), next_job=IntakeId(new_id()))


async def submit_replacements(events: Iterable[ReturnEvent], after: Dossier, tx: ExecutionTransaction) -> None:
    """Take in the orders that ``events`` submit in exchange; they are decided once this is committed."""
    for event in events:
        if isinstance(event, ReturnReplaced):
            original = await tx.dossiers.request(after)
            request = replacement_request(after.order.facts, original, after.return_of(event.return_id))
            await tx.intake.submit(event.job_id, event.replaced_by, request, exchange_of=event.order_id)


async def _check(change: RequestReturn, tx: ExecutionTransaction) -> None:
    """What is to be sent is something there is, so that nobody approves what can only be refused."""
    known = await tx.ledger.stockables({wish.sku for wish in change.replacements}) if change.replacements else {}
    for place, wish in enumerate(change.replacements):
        path = f"$.replacements[{place}]"
        if wish.sku not in known:
            raise UnknownSku(f"there is no item with the SKU '{wish.sku}'", path=f"{path}.sku")
        to_units(wish.quantity, known[wish.sku].scale, path=f"{path}.quantity")
