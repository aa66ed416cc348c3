"""From lines to parts: where each line comes from, after what the lines before it took; a kit by its components."""

from collections.abc import Mapping, Sequence

from core.acceptance.events import LineExplanation
from core.acceptance.facts import OnShelves, Requested, Working
from core.acceptance.lines import ReadLine
from core.catalogue.item import Item
from core.intake.submission import OrderRequest
from core.inventory.allocation import Allocation, allocate
from core.inventory.covering import RULE, Wanted, covering, telling
from core.inventory.ranking import Candidate
from core.kernel.ids import ItemId, LocationId
from core.kernel.value import maker, value
from core.orders.order import AllocatedPart, Reason


@value
class Promise:
    """The parts of each line, why they are so, and what stands against it; promised only when nothing does."""

    parts: tuple[tuple[AllocatedPart, ...], ...]
    explained: tuple[LineExplanation, ...]
    reasons: tuple[Reason, ...]


_part = maker(AllocatedPart)
_explained = maker(LineExplanation)
_promise = maker(Promise)


def promise_lines(requested: Requested, working: Working, lines: Sequence[ReadLine]) -> Promise:
    """An allocation for each line, for the line of a kit one for each component. ``working`` is only looked at."""
    taking = _Taking(requested, working, lines)
    parts: list[tuple[AllocatedPart, ...]] = []
    explained: list[LineExplanation] = []
    reasons: list[Reason] = []
    for number, line in enumerate(lines, start=1):
        item = line.item
        if item.components:
            parts.append(_kit(number, line, taking, explained, reasons))
            continue
        allocation = taking.take(item, line.units)
        if allocation.short:
            reasons.append(_short(number, item.sku, allocation, line.units, "base units"))
        explained.append(_explained(number=number, allocation=allocation))
        taken = [
            _part(location=part.location, quantity=part.quantity, backordered=part.backordered, lot=part.lot)
            for part in allocation.parts
        ]
        parts.append(tuple(taken))
    return _promise(parts=tuple(parts), explained=tuple(explained), reasons=tuple(reasons))


def country_of(request: OrderRequest) -> str | None:
    """Where it ships to."""
    return request.ship_to.country if request.ship_to else None


class _Taking:
    """What is left for one order's lines, as they take it."""

    def __init__(self, requested: Requested, working: Working, lines: Sequence[ReadLine]) -> None:
        self._tenant = requested.submission.tenant
        self._policy = working.policies(self._tenant).allocation
        self._country = country_of(requested.request)
        self._channel = requested.submission.channel
        self._working = working
        self._left: dict[ItemId, dict[LocationId, int]] = {}
        self._lots: dict[ItemId, OnShelves] = {}
        self._covers: Mapping[LocationId, int] = {}
        if RULE in self._policy.rules:
            self._covers = self._covering(lines)

    def component(self, item: ItemId) -> Item:
        """What a kit is made of."""
        found = self._working.item(self._tenant, item)
        assert found is not None, "an item is never deleted"
        return found

    def take(self, item: Item, units: int) -> Allocation:
        """Where ``units`` base units come from."""
        left = self._left.get(item.id)
        if left is None:
            stocked = self._working.lots(item.id)
            if stocked is not None:
                return self._take_lots(item.id, stocked, units)
            left = self._left[item.id] = self._working.available(item.id).copy()
        allocation = self._allocated(units, self._working.candidates(left), item.backorder_limit)
        for part in allocation.parts:
            left[part.location] -= part.quantity
        return allocation

    def _take_lots(self, item: ItemId, stocked: OnShelves, units: int) -> Allocation:
        left = self._lots.get(item)
        if left is None:
            left = self._lots[item] = {location: lots.copy() for location, lots in stocked.items()}
        allocation = self._allocated(units, self._working.candidates_by_lot(left), 0)
        for part in allocation.parts:
            assert part.lot is not None, "what is kept by lot is promised by lot"
            left[part.location][part.lot] -= part.quantity
        return allocation

    def _allocated(self, units: int, candidates: Sequence[Candidate], limit: int) -> Allocation:
        return allocate(
            units,
            telling(candidates, self._covers) if self._covers else candidates,
            self._policy,
            backorder_limit=limit,
            country=self._country,
            channel=self._channel,
        )

    def _covering(self, lines: Sequence[ReadLine]) -> Mapping[LocationId, int]:
        """How many of the lines each location covers, before any of them takes anything."""
        wanted = [_wanted(line) for line in lines]
        working = self._working
        candidates: dict[ItemId, Sequence[Candidate]] = {}
        for item in {item for one in wanted for item, _ in one}:
            stocked = working.lots(item)
            candidates[item] = (
                working.candidates(working.available(item)) if stocked is None else working.candidates_by_lot(stocked)
            )
        return covering(wanted, candidates, self._policy, self._channel)


def _wanted(line: ReadLine) -> Wanted:
    if not line.item.components:
        return [(line.item.id, line.units)]
    return [(component.item, line.units * component.quantity) for component in line.item.components]


def _kit(
    number: int, line: ReadLine, taking: _Taking, explained: list[LineExplanation], reasons: list[Reason]
) -> tuple[AllocatedPart, ...]:
    parts: list[AllocatedPart] = []
    for component in line.item.components:
        wanted = line.units * component.quantity
        allocation = taking.take(taking.component(component.item), wanted)
        if allocation.short:
            of = f"base units of {component.sku}"
            reasons.append(_short(number, line.item.sku, allocation, wanted, of))
        explained.append(LineExplanation(number=number, allocation=allocation, component=component.sku))
        parts += [
            AllocatedPart(
                location=part.location,
                quantity=part.quantity,
                backordered=part.backordered,
                lot=part.lot,
                item=component.item,
            )
            for part in allocation.parts
        ]
    return tuple(parts)


def _short(number: int, sku: str, allocation: Allocation, wanted: int, what: str) -> Reason:
    return Reason(
        code="insufficient_stock",
        detail=f"{sku}: {allocation.short} of {wanted} {what} are not available",
        path=f"$.items[{number - 1}].quantity",
    )
