"""The stock ledger and the places it is kept at."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from core.inventory.allocation import AllocationPolicy
from core.inventory.balance import Balance, BalanceKey, Movement
from core.inventory.location import Location
from core.kernel.ids import GroupId, ItemId, StreamId, TenantId
from core.kernel.value import value
from ports.allotments import Allotments
from ports.journal import Journal
from ports.reservations import Reservations


@value
class Stockable:
    """What the ledger must know of an item: its id, its decimals, how far it may be owed."""

    item: ItemId
    sku: str
    scale: int
    backorder_limit: int


@value
class LockedBalance:
    """A balance held against other writers, and the stream its history is kept in."""

    balance: Balance
    stream: StreamId


@value
class NewEntries:
    """The movements of one act: they enter the ledger as one group, numbered in order, and change the balances."""

    group: GroupId
    movements: tuple[Movement, ...]
    cause: str | None = None


@value
class Shelves:
    """One item over the tenant's sellable locations, by priority, and the policy it is allocated by."""

    stockable: Stockable
    places: tuple[tuple[Location, LockedBalance], ...]
    policy: AllocationPolicy


class Locations(Protocol):
    """The tenant's locations, part of a transaction."""

    async def add(self, location: Location) -> bool:
        """Keep a new location; False when its code is taken."""
        ...

    async def by_code(self, codes: Collection[str]) -> Mapping[str, Location]:
        """Those of ``codes`` that exist."""
        ...


class Ledger(Protocol):
    """Balances and entries, part of a transaction."""

    async def stockables(self, skus: Collection[str]) -> Mapping[str, Stockable]:
        """Those of ``skus`` that exist."""
        ...

    async def lock(self, keys: Collection[BalanceKey]) -> Mapping[BalanceKey, LockedBalance]:
        """Hold each balance, in key order; one that does not exist yet begins empty."""
        ...

    async def shelves(self, name: str) -> Shelves | None:
        """The item of this SKU or id with its balances at every sellable location, all held; None: no such item."""
        ...

    async def enter(self, groups: Sequence[NewEntries]) -> None:
        """Append the entries and apply them to their balances, which the transaction holds.

        Versions of the balances grow by one a group. Raises TransactionConflict when a balance's bound would break:
        the database refuses an oversell on its own.
        """
        ...


class InventoryTransaction(Protocol):
    """What inventory use cases may touch."""

    @property
    def locations(self) -> Locations: ...

    @property
    def ledger(self) -> Ledger: ...

    @property
    def reservations(self) -> Reservations: ...

    @property
    def allotments(self) -> Allotments: ...

    @property
    def journal(self) -> Journal: ...


@value
class StockRow:
    """One balance as a person reads it, with the item's SKU and decimals and the location's code."""

    sku: str
    name: str
    scale: int
    location: str
    balance: Balance
    updated_at: datetime


@value
class EntryRow:
    """One ledger entry as a person reads it. ``number`` is its place in its group."""

    group: GroupId
    number: int
    sku: str
    scale: int
    location: str
    movement: Movement
    cause: str | None
    actor: str
    recorded_at: datetime


class InventoryView(Protocol):
    """Reading stock, straight from an entrypoint."""

    async def locations(self, tenant: TenantId) -> Sequence[Location]:
        """The tenant's locations by priority, then code."""
        ...

    async def stock(
        self, tenant: TenantId, *, sku: str | None, location: str | None, after: tuple[str, str], limit: int
    ) -> Sequence[StockRow]:
        """Up to ``limit`` balances by (SKU, location code), greater than ``after``."""
        ...

    async def entries(
        self, tenant: TenantId, sku: str, *, before: tuple[str, int] | None, limit: int
    ) -> Sequence[EntryRow] | None:
        """Up to ``limit`` entries, newest first, older than ``before`` (group, number); None: no such item."""
        ...
