"""Which locations a demand is promised from, and why.

The policy is a list of named rules, each giving every candidate a rank; candidates are taken in the order of the
first rule, ties by the second, and so on; the location code settles what is left, so the answer never depends on
the order facts came in. A demand no single location covers is split. What stock does not cover may be promised
against the item's backorder limit, at the first candidate where nothing is kept for others; what is left after that
is *short*. Where stock is kept by lot, a candidate says which lots it may be promised from, in the order they are to
be taken. The total promised for one item is min(demand, available + backorder allowance), whatever the order of
requests.
"""

from collections.abc import Sequence
from dataclasses import replace
from enum import StrEnum
from operator import itemgetter

from core.inventory.ranking import RULES, AllocationPolicy, Candidate, kept_from
from core.kernel.ids import LocationId, LotId
from core.kernel.value import maker, value


class Why(StrEnum):
    """Why a candidate was not taken, or only in part."""

    SHORT = "short"
    EXCLUDED = "excluded"
    KEPT = "kept"
    NOT_NEEDED = "not_needed"


@value
class Part:
    """``quantity`` base units promised from ``location``; ``backordered`` of them are not on the shelf.

    ``lot`` is None where stock is not kept by lot.
    """

    location: LocationId
    quantity: int
    backordered: int = 0
    lot: LotId | None = None


@value
class Tried:
    """A candidate as it stood when it was its turn.

    ``why`` is None when it covered all that was left. ``kept``: base units there that are for other channels.
    ``ranks``: by each rule, where there was a choice.
    """

    location: LocationId
    code: str
    available: int
    why: Why | None = None
    kept: int = 0
    ranks: tuple[int, ...] = ()


@value
class Allocation:
    """Parts that add up to demand - short, and every candidate in the order of the rules, excluded ones last."""

    parts: tuple[Part, ...]
    short: int
    tried: tuple[Tried, ...]
    rules: tuple[str, ...]

    @property
    def quantity(self) -> int:
        """Base units promised in all."""
        return sum(part.quantity for part in self.parts)


_part = maker(Part)
_tried = maker(Tried)
_allocation = maker(Allocation)
Ranked = tuple[tuple[int, ...], str, Candidate]
"""Its ranks, its code, itself."""
BY_RANK = itemgetter(0, 1)
NOT_NEEDED: Why | None = Why.NOT_NEEDED


def allocate(
    demand: int,
    candidates: Sequence[Candidate],
    policy: AllocationPolicy,
    *,
    backorder_limit: int = 0,
    country: str | None = None,
    channel: str | None = None,
) -> Allocation:
    """Promise ``demand`` base units (> 0) of one item over its sellable ``candidates``; pure, moves nothing."""
    open_to: Sequence[Candidate] = candidates
    closed: Sequence[Candidate] = ()
    if channel is not None and (policy.excluded or policy.kept):
        open_to, closed = seen_by(channel, candidates, policy)
    ordered = _in_order(demand, open_to, policy, country)
    parts: list[Part] = []
    tried: list[Tried] = []
    left = demand
    for ranks, code, candidate in ordered:
        location, available, kept, why = candidate.location.id, candidate.available, candidate.kept, NOT_NEEDED
        if left:
            free, why = candidate.free if kept else available, None
            taken = min(left, free)
            if taken > 0:
                if candidate.lots:
                    parts += _of_lots(candidate, taken)
                else:
                    parts.append(_part(location=location, quantity=taken))
                left -= taken
            if left:
                why = Why.KEPT if free < available else Why.SHORT
        tried.append(_tried(location=location, code=code, available=available, why=why, kept=kept, ranks=ranks))
    if left and backorder_limit:
        left -= _owe(left, backorder_limit, candidates, ordered, parts)
    for one in closed:
        tried.append(Tried(location=one.location.id, code=one.location.code, available=one.available, why=Why.EXCLUDED))
    return _allocation(parts=tuple(parts), short=left, tried=tuple(tried), rules=policy.rules)


def seen_by(
    channel: str, candidates: Sequence[Candidate], policy: AllocationPolicy
) -> tuple[Sequence[Candidate], Sequence[Candidate]]:
    """The candidates as ``channel`` may be promised from them, and those it is shut out of, by code."""
    shut = policy.excluded.get(channel, ())
    open_to = [
        replace(one, kept=kept_from(policy, channel, one.location.code)) if policy.kept else one
        for one in candidates
        if one.location.code not in shut
    ]
    closed = [one for one in candidates if one.location.code in shut]
    return open_to, sorted(closed, key=lambda one: one.location.code)


def _of_lots(candidate: Candidate, quantity: int) -> list[Part]:
    """``quantity`` from the candidate's lots, the first until it is empty, then the next."""
    parts = []
    for stocked in candidate.lots:
        taken = min(quantity, stocked.available)
        if taken > 0:
            parts.append(Part(location=candidate.location.id, quantity=taken, lot=stocked.lot))
            quantity -= taken
    return parts


def _in_order(
    demand: int, candidates: Sequence[Candidate], policy: AllocationPolicy, country: str | None
) -> Sequence[Ranked]:
    if len(candidates) < 2:
        return [((), one.location.code, one) for one in candidates]
    rules = [RULES[name] for name in policy.rules]
    ranked = [
        (tuple([rule(one, demand, country, policy) for rule in rules]), one.location.code, one) for one in candidates
    ]
    ranked.sort(key=BY_RANK)
    return ranked


def _owe(left: int, limit: int, candidates: Sequence[Candidate], ordered: Sequence[Ranked], parts: list[Part]) -> int:
    """Owe as much of ``left`` as the limit allows; answers how much. All locations owe together.

    Where units are kept for others nothing is owed: the shelf would give those units away.
    """
    owed = sum(-candidate.available for candidate in candidates if candidate.available < 0)
    promised = min(left, max(0, limit - owed))
    place = next((one.location.id for _, _, one in ordered if one.free == one.available), None)
    if promised == 0 or place is None:
        return 0
    _add_backorder(parts, place, promised)
    return promised


def _add_backorder(parts: list[Part], location: LocationId, quantity: int) -> None:
    """Owe ``quantity`` at ``location``, in the same part as what is taken from its shelf."""
    for index, part in enumerate(parts):
        if part.location == location:
            parts[index] = Part(location=location, quantity=part.quantity + quantity, backordered=quantity)
            return
    parts.append(Part(location=location, quantity=quantity, backordered=quantity))
