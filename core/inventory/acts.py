"""What a person does to stock, in a person's words: SKU, location code, lot code, decimal quantity."""

from datetime import date
from decimal import Decimal
from enum import StrEnum

from core.inventory.allocation import Allocation
from core.inventory.balance import Account, Balance, BalanceKey, Movement
from core.inventory.stock import AdjustStock, CountStock, InvalidMovement, MoveStock, ReceiveStock, StockCommand
from core.kernel.errors import Rejected
from core.kernel.goods import Component, Measure, kits
from core.kernel.ids import GroupId, ItemId, LotId
from core.kernel.value import value


class UnknownSku(Rejected):
    """The act names an item there is none of."""

    code = "unknown_item"


class UnknownLocation(Rejected):
    """The act names a location there is none of."""

    code = "unknown_location"


class KitHoldsNoStock(Rejected):
    """The act is about a kit, whose components are what stands on shelves."""

    code = "kit_holds_no_stock"


class Act(StrEnum):
    """The acts there are."""

    RECEIVE = "receive"
    ADJUST = "adjust"
    COUNT = "count"
    MOVE = "move"


BEGINNING = (Act.RECEIVE, Act.COUNT)
"""Acts that may be about a lot nobody knew of: it arrives, or somebody finds it."""


@value
class StockAct:
    """One act on one shelf. ``source`` and ``target`` are for a move alone.

    A receipt or a count may name a ``lot`` nobody knew of, with the day it expires on.

    ``quantity`` is in ``unit``; None: in the item's unit of measure.
    """

    act: Act
    sku: str
    location: str
    quantity: Decimal
    reason: str | None = None
    source: Account | None = None
    target: Account | None = None
    unit: str | None = None
    lot: str | None = None
    expires_on: date | None = None


@value
class ChangeStock:
    """Do each of ``acts`` in order, each after the effects of those before it, because of ``cause``."""

    acts: tuple[StockAct, ...]
    cause: str | None = None


@value
class StockChanged:
    """What one act did: its movements (none when nothing had to change), the shelf afterwards, what is to come.

    ``units`` are the base units the act named.
    """

    group: GroupId
    act: StockAct
    scale: int
    units: int
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
class ItemAllocation:
    """How much of one item was wanted, for a kit as one of its components, and where it comes from.

    ``lots`` has the codes of the lots its parts name.
    """

    item: ItemId
    sku: str
    scale: int
    allocation: Allocation
    lots: dict[LotId, str]


@value
class StockAllocated:
    """``demand`` base units of ``sku`` were wanted; a kit's ``components`` say what one takes.

    ``group`` is the ledger group it was entered as: None when it is short or a dry run.
    """

    sku: str
    scale: int
    demand: int
    allocations: tuple[ItemAllocation, ...]
    group: GroupId | None
    components: tuple[Component, ...] = ()

    @property
    def promised(self) -> int:
        """Base units that can be promised; of a kit, whole ones."""
        if not self.components:
            return self.allocations[0].allocation.quantity
        return kits([(one.item, one.allocation.quantity) for one in self.allocations], self.components)

    @property
    def short(self) -> int:
        """Base units that cannot."""
        return self.demand - self.promised


def units_of(act: StockAct, measure: Measure) -> int:
    """The base units ``act`` names. Raises InvalidQuantity, UnknownUnit."""
    return measure.base_units(act.quantity, act.unit)


def command_of(act: StockAct, key: BalanceKey, measure: Measure) -> StockCommand:
    """The ledger's command for ``act``. Raises as ``units_of``, and InvalidMovement when no reason is given."""
    units = units_of(act, measure)
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
