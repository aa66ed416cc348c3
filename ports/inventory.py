"""The stock ledger and the places it is kept at."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import field
from datetime import date, datetime
from typing import Protocol

from core.inventory.availability import Availability
from core.inventory.balance import Balance, BalanceKey, Movement
from core.inventory.location import Location
from core.inventory.lot import Lot, first_expired_first, promisable
from core.inventory.ranking import AllocationPolicy, Candidate, StockedLot
from core.kernel.goods import Component, Measure, Tracking
from core.kernel.ids import NO_LOT, GroupId, ItemId, LocationId, LotId, StreamId, TenantId
from core.kernel.value import value
from ports.allotments import Allotments
from ports.expected import ExpectedReceipts
from ports.journal import Journal
from ports.lots import LotRow, Lots
from ports.reservations import Reservations
from ports.supply import Supply
from ports.transfers import Transfers


@value
class Stockable:
    """What the ledger must know of an item: what it is counted in, how far it may be owed, how its stock is kept.

    One with ``components`` is a kit.
    """

    item: ItemId
    sku: str
    measure: Measure
    backorder_limit: int
    tracking: Tracking = Tracking.NONE
    components: tuple[Component, ...] = ()

    @property
    def scale(self) -> int:
        """Its decimals."""
        return self.measure.scale


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
    """One item over the tenant's sellable locations, by priority, and the policy it is allocated by.

    Where stock is kept by lot, a location comes once for each lot that stands there, and ``lots`` are these lots as
    they are while their balances are held. A kit has no places.
    """

    stockable: Stockable
    places: tuple[tuple[Location, LockedBalance], ...]
    policy: AllocationPolicy
    lots: Mapping[LotId, Lot] = field(default_factory=dict)

    def candidates(self, today: date, taken: Mapping[BalanceKey, int] | None = None) -> list[Candidate]:
        """The locations as allocation looks at them, after ``taken``, with lots that may be promised on ``today``."""
        left = {locked.balance.key: locked.balance.available for _, locked in self.places}
        for key, quantity in (taken or {}).items():
            left[key] = left.get(key, 0) - quantity
        by_place: dict[LocationId, tuple[Location, dict[LotId, int]]] = {}
        for place, locked in self.places:
            key = locked.balance.key
            by_place.setdefault(place.id, (place, {}))[1][key.lot] = left[key]
        return [_candidate(place, on_shelf, self.lots, today) for place, on_shelf in by_place.values()]


def _candidate(place: Location, left: Mapping[LotId, int], lots: Mapping[LotId, Lot], today: date) -> Candidate:
    if NO_LOT in left:
        return Candidate(location=place, available=left[NO_LOT])
    going = sorted((lots[lot] for lot in left if promisable(lots[lot], today)), key=first_expired_first)
    stocked = tuple(StockedLot(lot=lot.id, available=left[lot.id], expires_on=lot.expires_on) for lot in going)
    return Candidate(location=place, available=sum(one.available for one in stocked), lots=stocked)


class Locations(Protocol):
    """The tenant's locations, part of a transaction."""

    async def add(self, location: Location) -> bool:
        """Keep a new location; False when its code is taken."""
        ...

    async def by_code(self, codes: Collection[str]) -> Mapping[str, Location]:
        """Those of ``codes`` that exist."""
        ...

    async def in_transit(self) -> Location | None:
        """Where what is under way stands: of the locations of that kind the first by code, None: there is none."""
        ...


class Ledger(Protocol):
    """Balances and entries, part of a transaction."""

    async def stockables(self, skus: Collection[str]) -> Mapping[str, Stockable]:
        """Those of ``skus`` that exist."""
        ...

    async def named(self, name: str) -> Stockable | None:
        """The item of this SKU or, failing that, this id."""
        ...

    async def available_on(self, items: Collection[ItemId]) -> Mapping[ItemId, date]:
        """From which day on those of ``items`` are sent that have such a day."""
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
    def lots(self) -> Lots: ...

    @property
    def reservations(self) -> Reservations: ...

    @property
    def allotments(self) -> Allotments: ...

    @property
    def transfers(self) -> Transfers: ...

    @property
    def expected(self) -> ExpectedReceipts: ...

    @property
    def supply(self) -> Supply: ...

    @property
    def journal(self) -> Journal: ...


@value
class StockRow:
    """A balance as a person reads it: the item's SKU and decimals, its location's and lot's code, what is to come."""

    sku: str
    name: str
    scale: int
    location: str
    balance: Balance
    updated_at: datetime
    incoming: int = 0
    lot: str | None = None


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
    lot: str | None = None


class InventoryView(Protocol):
    """Reading stock, straight from an entrypoint."""

    async def locations(self, tenant: TenantId) -> Sequence[Location]:
        """The tenant's locations by priority, then code."""
        ...

    async def stock(
        self, tenant: TenantId, *, sku: str | None, location: str | None, after: tuple[str, str, str], limit: int
    ) -> Sequence[StockRow]:
        """Up to ``limit`` balances by (SKU, location code, lot code or nothing), greater than ``after``."""
        ...

    async def entries(
        self, tenant: TenantId, sku: str, *, before: tuple[str, int] | None, limit: int
    ) -> Sequence[EntryRow] | None:
        """Up to ``limit`` entries, newest first, older than ``before`` (group, number); None: no such item."""
        ...

    async def availability(self, tenant: TenantId, skus: Collection[str], today: date) -> Sequence[Availability]:
        """What can be promised of those of ``skus`` that exist, by SKU, from sellable locations; nothing is held."""
        ...

    async def lots(
        self,
        tenant: TenantId,
        *,
        sku: str | None,
        expires_before: date | None,
        after: tuple[date, LotId] | None,
        limit: int,
    ) -> Sequence[LotRow]:
        """Up to ``limit`` lots by (day they expire, id), those that never do last, greater than ``after``.

        Only ``sku``'s, and only those whose day is before ``expires_before``, when given.
        """
        ...

    async def lot_codes(self, tenant: TenantId, lots: Collection[LotId]) -> Mapping[LotId, str]:
        """The codes of those of ``lots`` that exist."""
        ...
