"""What a person does to stock, in a person's words: SKU, location code, decimal quantity."""

from decimal import Decimal
from enum import StrEnum

from core.inventory.allocation import Allocation
from core.inventory.balance import Account, Balance, BalanceKey, Movement
from core.inventory.stock import AdjustStock, CountStock, InvalidMovement, MoveStock, ReceiveStock, StockCommand
from core.kernel.errors import Rejected
from core.kernel.ids import GroupId
from core.kernel.quantity import to_units
from core.kernel.value import value


class UnknownSku(Rejected):
    """The act names an item there is none of."""

    code = "unknown_item"


class UnknownLocation(Rejected):
    """The act names a location there is none of."""

    code = "unknown_location"


class Act(StrEnum):
    """The acts there are."""

    RECEIVE = "receive"
    ADJUST = "adjust"
    COUNT = "count"
    MOVE = "move"


@value
class StockAct:
    """One act on one shelf. ``source`` and ``target`` are for a move alone."""

    act: Act
    sku: str
    location: str
    quantity: Decimal
    reason: str | None = None
    source: Account | None = None
    target: Account | None = None


@value
class ChangeStock:
    """Do each of ``acts`` in order, each after the effects of those before it."""

    acts: tuple[StockAct, ...]


@value
class StockChanged:
    """What one act did: its movements (none when nothing had to change), the shelf afterwards, what is to come."""

    group: GroupId
    act: StockAct
    scale: int
    movements: tuple[Movement, ...]
    balance: Balance
    incoming: int = 0


@value
class AllocateStock:
    """``quantity`` (in the item's unit) of the item called ``name`` (SKU or id) for ``channel``."""

    name: str
    quantity: Decimal
    channel: str
    dry_run: bool = False


@value
class StockAllocated:
    """The allocation, and the ledger group it was entered as: None when it is short or a dry run."""

    allocation: Allocation
    sku: str
    scale: int
    group: GroupId | None


def command_of(act: StockAct, key: BalanceKey, scale: int) -> StockCommand:
    """The ledger's command for ``act``. Raises InvalidQuantity, or InvalidMovement when no reason is given."""
    units = to_units(act.quantity, scale, path="$.quantity")
    if act.act is Act.RECEIVE:
        return ReceiveStock(key=key, quantity=units, reason=act.reason)
    if not act.reason:
        raise InvalidMovement("a reason is required", path="$.reason")
    if act.act is Act.ADJUST:
        return AdjustStock(key=key, change=units, reason=act.reason)
    if act.act is Act.COUNT:
        return CountStock(key=key, counted=units, reason=act.reason)
    if act.source is None or act.target is None:
        raise InvalidMovement("a move names both buckets", path="$.from_bucket")
    return MoveStock(key=key, source=act.source, target=act.target, quantity=units, reason=act.reason)
