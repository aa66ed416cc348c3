"""Which lots a swap may mean: held before any balance is, and the one that is given may be promised."""

from core.inventory.lot import InvalidLot, promisable
from core.kernel.context import Context
from core.kernel.ids import ItemId, LotId
from core.orders.changing import SwapLot
from core.orders.dossier import Dossier
from core.orders.swapping import tracked
from ports.execution import ExecutionTransaction


async def lots_of(
    dossier: Dossier, swap: SwapLot, context: Context, tx: ExecutionTransaction
) -> dict[tuple[ItemId, str], LotId]:
    """The lots ``swap`` names, by item and code. Raises InvalidLot when the one that is given may not be promised."""
    names = {(item, code) for item in tracked(dossier, swap) for code in (swap.promised, swap.given)}
    found = await tx.lots.lock(names) if names else {}
    for (_, code), lot in found.items():
        if code == swap.given and not promisable(lot, context.now.date()):
            raise InvalidLot(f"lot '{code}' is {lot.status} or past its day: it is promised to nobody", path="$.lot")
    return {name: lot.id for name, lot in found.items()}
