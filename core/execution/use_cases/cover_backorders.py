"""Stock has come: the orders that wait for it get it, the oldest first."""

from core.execution.covering import CoverBackorders, due_to
from core.execution.use_cases.keeping import keep
from core.kernel.context import Context
from core.kernel.decider import replay
from core.orders.dossier import evolve
from core.orders.waiting import cover
from ports.execution import ExecutionTransaction

AT_ONCE = 32
"""So many orders are held in one go."""


async def cover_backorders(command: CoverBackorders, context: Context, tx: ExecutionTransaction) -> int:
    """How many orders it looked at because something was due to them: ask again until there is none.

    Balances are only looked at, so whoever takes stock meanwhile is not kept waiting: he adds as much to what waits as
    to what is owed. What an order waits for is changed by nobody but who holds it, so once the orders are held, what
    is due to them is read again.
    """
    oldest = list(due_to(await tx.dossiers.backlog(command.shelves)))[:AT_ONCE]
    held = [await tx.dossiers.lock(order) for order in sorted(oldest)]
    due = due_to(await tx.dossiers.backlog(command.shelves)) if held else {}
    for dossier in held:
        share = due.get(dossier.order.facts.order_id) if dossier else None
        if dossier and share:
            events = cover(dossier, share)
            await keep(events, replay(evolve, dossier, events), context, tx)
    return len(oldest)
