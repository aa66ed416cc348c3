"""Receive a delivery, or what was not received of it yet."""

from collections.abc import Sequence

from core.inventory.acts import ChangeStock, StockChanged
from core.inventory.delivery import LinesReceived, ReceiveDelivery, page_of, stream_of
from core.inventory.use_cases.change_stock import change_stock
from core.kernel.context import Context
from core.kernel.errors import DomainError
from core.kernel.event import NewEvent
from core.kernel.ids import NewId
from ports.inventory import InventoryTransaction


async def receive_delivery(
    command: ReceiveDelivery, context: Context, tx: InventoryTransaction, *, new_id: NewId
) -> list[StockChanged | DomainError | None]:
    """What each line did, the error it was refused with, or None when it was received before; in order.

    Errors as of change_stock. Raises TransactionConflict when somebody else receives the same page at the same time.
    """
    known: set[int] = set()
    versions: dict[int, int] = {}
    for page in sorted({page_of(line.number) for line in command.lines}):
        history = await tx.journal.history(stream_of(context.tenant, command.name, page))
        known.update(number for event in history for number in event.read_as(LinesReceived).lines)
        versions[page] = len(history)
    fresh = {line.number: line.act for line in command.lines if line.number not in known}
    changed = await change_stock(ChangeStock(acts=tuple(fresh.values())), context, tx, new_id=new_id)
    outcomes = dict(zip(fresh, changed, strict=True))
    received = [number for number, outcome in outcomes.items() if isinstance(outcome, StockChanged)]
    await tx.journal.record(
        [
            NewEvent(
                tenant=context.tenant,
                stream=stream_of(context.tenant, command.name, page),
                version=version + 1,
                body=LinesReceived(delivery=command.name, lines=lines),
            )
            for page, version in versions.items()
            if (lines := _on_page(page, received))
        ]
    )
    return [outcomes.get(line.number) for line in command.lines]


def _on_page(page: int, numbers: Sequence[int]) -> tuple[int, ...]:
    return tuple(number for number in numbers if page_of(number) == page)
