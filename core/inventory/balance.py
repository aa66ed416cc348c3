"""Where quantity can stand, one shelf of the ledger, and a movement between two accounts."""

from enum import StrEnum
from typing import Final

from core.kernel.ids import NO_LOT, GroupId, ItemId, LocationId, LotId
from core.kernel.value import value


class Account(StrEnum):
    """Where quantity can stand: the buckets of a balance, then the nominal accounts for the world outside.

    ``transfer`` is a clearing account: within a group, what leaves one shelf through it arrives at another.
    """

    AVAILABLE = "available"
    RESERVED = "reserved"
    COMMITTED = "committed"
    PICKED = "picked"
    QUALITY_CONTROL = "quality_control"
    DAMAGED = "damaged"
    SAFETY_STOCK = "safety_stock"
    IN_TRANSIT = "in_transit"
    SUPPLIER = "supplier"
    CUSTOMER = "customer"
    ADJUSTMENT = "adjustment"
    SCRAP = "scrap"
    TRANSFER = "transfer"


NOMINAL = (Account.SUPPLIER, Account.CUSTOMER, Account.ADJUSTMENT, Account.SCRAP, Account.TRANSFER)
BUCKETS = tuple(account for account in Account if account not in NOMINAL)
PHYSICAL = tuple(bucket for bucket in BUCKETS if bucket is not Account.IN_TRANSIT)
MOVABLE = (Account.AVAILABLE, Account.QUALITY_CONTROL, Account.DAMAGED, Account.SAFETY_STOCK)
"""Buckets a person may move quantity between: the others belong to orders and to transfers."""


class EntryKind(StrEnum):
    """What act an entry records."""

    RECEIVE = "receive"
    ADJUST = "adjust"
    COUNT = "count"
    MOVE = "move"
    DAMAGE = "damage"
    SET_SAFETY = "set_safety"
    COMMIT = "commit"
    UNCOMMIT = "uncommit"
    RESERVE = "reserve"
    RELEASE = "release"
    PICK = "pick"
    UNPICK = "unpick"
    SHIP = "ship"
    RETURN_RECEIVE = "return_receive"
    INSPECT_PASS = "inspect_pass"
    INSPECT_FAIL = "inspect_fail"
    SCRAP = "scrap"
    TRANSFER_SHIP = "transfer_ship"
    TRANSFER_RECEIVE = "transfer_receive"


@value
class BalanceKey:
    """One shelf of the ledger. Sort by it before locking."""

    item: ItemId
    location: LocationId
    lot: LotId = NO_LOT


@value
class Balance:
    """Base units in each bucket. ``version`` counts the journal events of this balance."""

    key: BalanceKey
    available: int = 0
    reserved: int = 0
    committed: int = 0
    picked: int = 0
    quality_control: int = 0
    damaged: int = 0
    safety_stock: int = 0
    in_transit: int = 0
    backorder_limit: int = 0
    version: int = 0

    @property
    def on_hand(self) -> int:
        """What a person can count on the shelf: the sum of the physical buckets."""
        return sum(getattr(self, bucket) for bucket in PHYSICAL)


@value
class Movement:
    """``quantity`` base units (> 0) go from ``source`` to ``target`` at ``key``."""

    key: BalanceKey
    kind: EntryKind
    source: Account
    target: Account
    quantity: int
    reason: str | None = None


@value
class StockMoved:
    """The journal's record of one act on one balance: its entries carry ``group`` in the ledger."""

    group: GroupId
    movements: tuple[Movement, ...]


MOVED: Final = "stock.moved.v1"
"""Its name on the wire, for whoever subscribes to it by name."""
