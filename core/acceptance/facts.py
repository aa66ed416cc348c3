"""What a batch's decisions depend on, and how each decision changes it for the next."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import field
from datetime import date

from core.acceptance.events import OrderEvent
from core.acceptance.policies import DEFAULT, Policies
from core.catalogue.item import Item
from core.credit.account import CreditAccount
from core.intake.submission import OrderRequest, Submission
from core.inventory.balance import Account, BalanceKey, EntryKind, Movement
from core.inventory.location import Location
from core.inventory.lot import Lot, first_expired_first, promisable
from core.inventory.ranking import Candidate, StockedLot
from core.kernel.ids import NO_LOT, ItemId, LocationId, LotId, TenantId
from core.kernel.value import maker, value
from core.risk.assessment import CustomerHistory

_candidate = maker(Candidate)
Customer = tuple[TenantId, str]
OnShelves = dict[LocationId, dict[LotId, int]]
"""Base units by location and lot, a location's lots in the order they are to be taken."""


@value
class Requested:
    """A submission with its body read. ``reviewed``: a person has passed it, so risk is not asked again."""

    submission: Submission
    request: OrderRequest
    reviewed: bool = False


@value
class LotOnShelf:
    """Base units a lot has available at a location."""

    lot: Lot
    location: LocationId
    available: int


@value
class Facts:
    """Gathered in one go, balances, histories and accounts locked until the transaction ends.

    ``items`` holds every item named by the batch under the (tenant, SKU) or (tenant, id) it is named by, and what kits
    among them are made of under (tenant, id). ``available`` holds, for each of those items, the base units its balances
    without a lot have available, by location, and ``lots`` what stands of its lots; ``reserved`` names those of which
    somebody holds stock. ``today`` is the day lots are judged by.
    """

    items: Mapping[tuple[TenantId, str], Item] = field(default_factory=dict)
    locations: Mapping[TenantId, Sequence[Location]] = field(default_factory=dict)
    available: Mapping[ItemId, Mapping[LocationId, int]] = field(default_factory=dict)
    lots: Mapping[ItemId, Sequence[LotOnShelf]] = field(default_factory=dict)
    today: date = date.min
    reserved: Mapping[TenantId, Collection[ItemId]] = field(default_factory=dict)
    histories: Mapping[Customer, CustomerHistory] = field(default_factory=dict)
    accounts: Mapping[Customer, CreditAccount] = field(default_factory=dict)
    policies: Mapping[TenantId, Policies] = field(default_factory=dict)


@value
class Outcome:
    """What was decided of one submission, and what it changes."""

    requested: Requested
    event: OrderEvent
    history: CustomerHistory | None = None
    account: CreditAccount | None = None

    @property
    def tenant(self) -> TenantId:
        """Whose it is."""
        return self.requested.submission.tenant

    @property
    def customer(self) -> Customer | None:
        """Whose history and account it changes, if anybody's."""
        customer = self.requested.request.customer
        return (self.tenant, customer) if customer else None

    @property
    def promised(self) -> list[tuple[ItemId, LocationId, LotId | None, int]]:
        """What it takes from the shelves, line by line: base units of an item, of its lot if any, at a location."""
        return [
            (part.item or line.item, part.location, part.lot, part.quantity)
            for line in self.event.facts.lines
            for part in line.parts
        ]

    @property
    def movements(self) -> tuple[Movement, ...]:
        """The same as the ledger puts it: what is promised is available units that are committed."""
        return tuple(
            Movement(
                key=BalanceKey(item=item, location=location, lot=lot or NO_LOT),
                kind=EntryKind.COMMIT,
                source=Account.AVAILABLE,
                target=Account.COMMITTED,
                quantity=quantity,
            )
            for item, location, lot, quantity in self.promised
        )


class Working:
    """The facts as they stand while a batch is folded. Private to one fold, so that it may change in place."""

    def __init__(self, facts: Facts) -> None:
        self._facts = facts
        self._locations = {place.id: place for places in facts.locations.values() for place in places}
        self._available: dict[ItemId, dict[LocationId, int]] = {}
        self._lots: dict[ItemId, OnShelves] = {}
        self._days: dict[LotId, date | None] = {}
        self._histories: dict[Customer, CustomerHistory] = {}
        self._accounts: dict[Customer, CreditAccount] = {}

    def item(self, tenant: TenantId, name: str) -> Item | None:
        """The tenant's item of this SKU or id."""
        return self._facts.items.get((tenant, name))

    def policies(self, tenant: TenantId) -> Policies:
        """The tenant's policies."""
        return self._facts.policies.get(tenant, DEFAULT)

    def history(self, customer: Customer) -> CustomerHistory:
        """What is known of the customer by now."""
        return self._histories.get(customer) or self._facts.histories.get(customer) or CustomerHistory()

    def account(self, customer: Customer) -> CreditAccount | None:
        """The customer's account by now."""
        return self._accounts.get(customer) or self._facts.accounts.get(customer)

    def available(self, item: ItemId) -> dict[LocationId, int]:
        """Available base units by location, by now."""
        by_location = self._available.get(item)
        if by_location is None:
            by_location = self._available[item] = dict(self._facts.available.get(item, {}))
        return by_location

    def lots(self, item: ItemId) -> OnShelves | None:
        """What may be promised of each lot of the item by now, first expired first; None: it is not kept by lot."""
        by_location = self._lots.get(item)
        if by_location is None and item in self._facts.lots:
            by_location = self._lots[item] = _promisable(self._facts.lots[item], self._facts.today)
            self._days.update({one.lot.id: one.lot.expires_on for one in self._facts.lots[item]})
        return by_location

    def candidates(self, available: Mapping[LocationId, int]) -> tuple[Candidate, ...]:
        """The sellable locations among those with a balance."""
        places = self._locations
        return tuple(
            [
                _candidate(location=places[location], available=units)
                for location, units in available.items()
                if location in places
            ]
        )

    def candidates_by_lot(self, lots: OnShelves) -> tuple[Candidate, ...]:
        """The same where stock is kept by lot."""
        return tuple(
            Candidate(
                location=self._locations[location],
                available=sum(stocked.values()),
                lots=tuple(
                    StockedLot(lot=lot, available=units, expires_on=self._days[lot]) for lot, units in stocked.items()
                ),
            )
            for location, stocked in lots.items()
            if location in self._locations
        )

    def apply(self, outcome: Outcome) -> None:
        """Let the next decision see this one."""
        for line in outcome.event.facts.lines:
            for part in line.parts:
                self._take(part.item or line.item, part.location, part.lot, part.quantity)
        customer = outcome.customer
        if customer and outcome.history:
            self._histories[customer] = outcome.history
        if customer and outcome.account:
            self._accounts[customer] = outcome.account

    def _take(self, item: ItemId, location: LocationId, lot: LotId | None, quantity: int) -> None:
        stocked = None if lot is None else self.lots(item)
        if lot is None or stocked is None:
            self.available(item)[location] -= quantity
        else:
            stocked[location][lot] -= quantity


def names_of(batch: Iterable[Requested]) -> set[tuple[TenantId, str]]:
    """Every (tenant, SKU or item id) the batch asks for."""
    return {
        (requested.submission.tenant, line.sku or line.product_id or "")
        for requested in batch
        for line in requested.request.items
    }


def _promisable(lots: Sequence[LotOnShelf], today: date) -> OnShelves:
    """Each location's lots that may be promised, in the order they are to be taken."""
    stocked: OnShelves = {}
    for one in sorted(lots, key=lambda one: first_expired_first(one.lot)):
        if promisable(one.lot, today):
            stocked.setdefault(one.location, {})[one.lot.id] = one.available
    return stocked
