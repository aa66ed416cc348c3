"""What would have been under another allocation policy: the orders of a time decided once more, against the stock then.

A replay begins with the stock as of a moment. *Supply* moves what is available as it really did: receipts, counts,
adjustments, transfers, holds. What orders did themselves is left out, for that is decided anew; so are changes of
orders after they were decided, and what was promised to a channel outside an order. Only what depends on stock is
replayed: an order that was rejected or held for another reason is no demand. Nothing is written anywhere.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from core.acceptance.facts import Facts, LotOnShelf, Requested
from core.acceptance.facts import Working as Shelves
from core.acceptance.lines import ReadLine
from core.acceptance.policies import Policies
from core.acceptance.promising import Promise, promise_lines
from core.acceptance.tally import Tally
from core.catalogue.item import Item
from core.intake.submission import Address, Lane, OrderRequest, Submission
from core.inventory.balance import Account, BalanceKey, EntryKind, Movement
from core.inventory.location import Location
from core.inventory.lot import Lot
from core.inventory.ranking import AllocationPolicy
from core.kernel.goods import Tracking
from core.kernel.ids import NO_LOT, ItemId, LocationId, LotId, TenantId
from core.kernel.value import value
from core.orders.order import OrderFacts

OF_ORDERS = frozenset(
    (EntryKind.COMMIT, EntryKind.UNCOMMIT, EntryKind.RETURN_RECEIVE, EntryKind.INSPECT_PASS, EntryKind.INSPECT_FAIL)
)
"""Entries that orders make, or that follow from them."""
SHORT = "insufficient_stock"


@value
class Decided:
    """An order as it was decided at ``at``; ``refusals`` are the codes of why it was rejected, none: accepted."""

    facts: OrderFacts
    country: str | None
    refusals: tuple[str, ...]
    at: datetime

    @property
    def about_stock(self) -> bool:
        """Whether stock alone was against it, if anything was."""
        return all(code == SHORT for code in self.refusals)


@value
class Supplied:
    """Stock moved at ``at``, whatever for."""

    movements: tuple[Movement, ...]
    at: datetime


Happening = Decided | Supplied


@value
class Stage:
    """The tenant's items, sellable locations and lots, and what was available on each shelf as the time begins."""

    tenant: TenantId
    items: Mapping[ItemId, Item]
    locations: Sequence[Location]
    lots: Mapping[LotId, Lot]
    available: Mapping[BalanceKey, int]


class Replay:
    """One policy's way through the happenings of a time, one after the other; ``tally`` says how it went."""

    def __init__(self, stage: Stage, policy: AllocationPolicy) -> None:
        self.tally = Tally({place.id: place.code for place in stage.locations})
        self._stage = stage
        self._policies = {stage.tenant: Policies(allocation=policy)}
        self._places = {stage.tenant: stage.locations}
        self._shelves: dict[ItemId, dict[LocationId, dict[LotId, int]]] = {}
        for key, units in stage.available.items():
            self._move(key, units)
        for item in stage.items.values():
            for place in stage.locations if item.backorder_limit else ():
                self._move(BalanceKey(item=item.id, location=place.id), 0)

    def happen(self, happening: Happening) -> None:
        """What ``happening`` makes of the stock, and of the tally."""
        if isinstance(happening, Supplied):
            for movement in happening.movements:
                self._supply(movement)
        elif happening.about_stock and all(line.item in self._stage.items for line in happening.facts.lines):
            self._decide(happening)

    def left(self) -> dict[BalanceKey, int]:
        """What is available on each shelf by now."""
        return {
            BalanceKey(item=item, location=place, lot=lot): units
            for item, places in self._shelves.items()
            for place, lots in places.items()
            for lot, units in lots.items()
        }

    def _supply(self, movement: Movement) -> None:
        if movement.kind not in OF_ORDERS:
            for account, change in ((movement.source, -movement.quantity), (movement.target, movement.quantity)):
                if account is Account.AVAILABLE:
                    self._move(movement.key, change)

    def _decide(self, order: Decided) -> None:
        promise = promise_lines(_requested(order, self._stage.tenant), self._near(order), self._lines(order.facts))
        taken = () if promise.reasons else promise.parts
        for line, parts in zip(order.facts.lines, taken, strict=False):
            for part in parts:
                key = BalanceKey(item=part.item or line.item, location=part.location, lot=part.lot or NO_LOT)
                self._move(key, -part.quantity)
        self.tally.count(order.facts, promise, as_it_was=_same(order, promise))

    def _lines(self, facts: OrderFacts) -> list[ReadLine]:
        items = self._stage.items
        return [
            ReadLine(item=replace(items[line.item], components=line.components), units=line.ordered, price=None)
            for line in facts.lines
        ]

    def _near(self, order: Decided) -> Shelves:
        """The shelves this order may be promised from."""
        known, tenant = self._stage.items, self._stage.tenant
        names = {line.item for line in order.facts.lines}
        names |= {component.item for line in order.facts.lines for component in line.components}
        items = [known[name] for name in names if name in known]
        plain = [item.id for item in items if item.tracking is Tracking.NONE]
        by_lot = [item.id for item in items if item.tracking is not Tracking.NONE]
        return Shelves(
            Facts(
                items={(tenant, item.id): item for item in items},
                locations=self._places,
                available={
                    item: {place: lots[NO_LOT] for place, lots in self._shelves.get(item, {}).items()} for item in plain
                },
                lots={item: list(self._lots_of(item)) for item in by_lot},
                today=order.at.date(),
                policies=self._policies,
            )
        )

    def _lots_of(self, item: ItemId) -> Iterable[LotOnShelf]:
        known = self._stage.lots
        for place, lots in self._shelves.get(item, {}).items():
            for lot, units in lots.items():
                if lot in known and units > 0:
                    yield LotOnShelf(lot=known[lot], location=place, available=units)

    def _move(self, key: BalanceKey, change: int) -> None:
        lots = self._shelves.setdefault(key.item, {}).setdefault(key.location, {})
        lots[key.lot] = lots.get(key.lot, 0) + change


def _requested(order: Decided, tenant: TenantId) -> Requested:
    facts = order.facts
    return Requested(
        submission=Submission(
            tenant=tenant,
            id=facts.intake_id,
            order_id=facts.order_id,
            lane=Lane.NORMAL,
            channel=facts.channel,
            external_id=facts.external_id,
            key_hash=None,
            body_hash=b"",
            body=b"",
            received_at=facts.received_at,
            actor="",
            correlation="",
        ),
        request=OrderRequest(items=(), ship_to=Address(country=order.country)),
    )


def _same(order: Decided, promise: Promise) -> bool:
    """Whether the promise is what was decided in truth."""
    if promise.reasons or order.refusals:
        return bool(promise.reasons) and bool(order.refusals)
    return tuple(line.parts for line in order.facts.lines) == promise.parts
