"""What an order's outcome means for demand: a pure reaction that reads of an order's event only what it needs."""

from collections.abc import Iterable
from datetime import date, datetime

from core.acceptance.events import ACCEPTED, REJECTED
from core.forecasting.demand import DemandChange
from core.kernel.event import RecordedEvent
from core.kernel.goods import Component, kits
from core.kernel.ids import ItemId, TenantId
from core.kernel.value import value

SUBSCRIBER = "demand"
"""The name the demand projection is known by in the inbox."""

COUNTED = (ACCEPTED, REJECTED)
"""A held order has no demand until it is decided."""


@value
class RecordDemand:
    """Add what these events mean for demand. They come as delivered: perhaps again, perhaps out of order."""

    events: tuple[RecordedEvent, ...]


@value
class _Part:
    quantity: int
    item: ItemId | None = None


@value
class _Line:
    item: ItemId
    ordered: int
    parts: tuple[_Part, ...]
    components: tuple[Component, ...] = ()


@value
class _Facts:
    lines: tuple[_Line, ...]
    received_at: datetime


@value
class _Decided:
    facts: _Facts


def demand_of(events: Iterable[RecordedEvent]) -> list[DemandChange]:
    """What every accepted or rejected order among ``events`` asked for, added up: one change for an item and day.

    A line of a kit counts twice, because two people plan by it: under the kit, in kits, for whoever decides what to
    sell, and under each component, in what the kits take of it, for whoever buys it. Sums over items are of components
    and plain items, without kits.
    """
    sums: dict[tuple[TenantId, ItemId, date], tuple[int, int]] = {}
    for event in events:
        if event.name in COUNTED:
            facts = event.read_as(_Decided).facts
            day = facts.received_at.date()
            for line in facts.lines:
                for item, asked, given in _asked(line):
                    key = (event.tenant, item, day)
                    ordered, promised = sums.get(key, (0, 0))
                    sums[key] = (ordered + asked, promised + given)
    return [
        DemandChange(tenant=tenant, item=item, day=day, ordered=ordered, promised=promised)
        for (tenant, item, day), (ordered, promised) in sums.items()
    ]


def _asked(line: _Line) -> list[tuple[ItemId, int, int]]:
    """(item, base units asked for, base units promised) of the line."""
    if not line.components:
        return [(line.item, line.ordered, sum([part.quantity for part in line.parts]))]
    parts = [(part.item or line.item, part.quantity) for part in line.parts]
    asked = [(line.item, line.ordered, kits(parts, line.components))]
    for component in line.components:
        given = sum(quantity for item, quantity in parts if item == component.item)
        asked.append((component.item, line.ordered * component.quantity, given))
    return asked
