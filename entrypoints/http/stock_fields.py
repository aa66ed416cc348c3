"""The structs of stock bodies and answers."""

from datetime import date, datetime
from decimal import Decimal

from core.inventory.balance import Account, EntryKind
from entrypoints.http.fields import Body, Code, NotNegative, Number, Positive, Reason, Shown, Sku
from entrypoints.http.paging import PageQuery


class NewReceipt(Body):
    """Goods from a supplier arrive, `quantity` in `unit` or in the item's unit of measure.

    An item kept by lot or serial names its `lot`; `expires_on` is the last day it may be promised on.
    """

    sku: Sku
    location: Code
    quantity: Positive
    reason: Reason | None = None
    unit: Code | None = None
    lot: Code | None = None
    expires_on: date | None = None


class NewAdjustment(Body):
    """Correct what is available by `quantity`, of either sign."""

    sku: Sku
    location: Code
    quantity: Number
    reason: Reason
    unit: Code | None = None
    lot: Code | None = None


class NewCount(Body):
    """A person counted `quantity` on the shelf, whatever state it is in."""

    sku: Sku
    location: Code
    quantity: NotNegative
    reason: Reason
    unit: Code | None = None
    lot: Code | None = None
    expires_on: date | None = None


class NewMove(Body):
    """Move between available, quality_control, damaged and safety_stock of one location."""

    sku: Sku
    location: Code
    quantity: Positive
    from_bucket: Account
    to_bucket: Account
    reason: Reason
    unit: Code | None = None
    lot: Code | None = None


class Buckets(Shown):
    """What stands where, in the item's unit of measure."""

    on_hand: Decimal
    available: Decimal
    reserved: Decimal
    committed: Decimal
    picked: Decimal
    quality_control: Decimal
    damaged: Decimal
    safety_stock: Decimal
    in_transit: Decimal
    incoming: Decimal
    backordered: Decimal


class ShownStock(Buckets):
    """The balance of one item at one location; of one `lot`, where stock is kept by lot."""

    sku: str
    location: str
    lot: str | None
    updated_at: datetime


class ShownMovement(Shown):
    """One entry of a group."""

    kind: EntryKind
    from_bucket: Account
    to_bucket: Account
    quantity: Decimal
    reason: str | None


class ShownChange(Shown):
    """What an act did: its entries, and the balance afterwards, in the item's unit of measure; `unit` is what it said.

    The last three are there when it made one entry.
    """

    group_id: str
    sku: str
    location: str
    quantity: Decimal
    entries: list[ShownMovement]
    balance: Buckets
    unit: str | None
    lot: str | None
    kind: EntryKind | None = None
    from_bucket: Account | None = None
    to_bucket: Account | None = None


class ShownEntry(ShownMovement):
    """One entry of the ledger, with who made it, when, and because of what."""

    group_id: str
    number: int
    sku: str
    location: str
    lot: str | None
    cause: str | None
    actor: str
    recorded_at: datetime


class ShownProduct(Shown):
    """How much of a product is at one location."""

    product_id: str
    product_name: str
    sku: str
    location: str
    lot: str | None
    current_stock: Decimal
    last_updated: datetime


class StockQuery(PageQuery, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Which balances to list."""

    sku: Sku | None = None
    location: Code | None = None
