"""Which locations a demand is promised from, and why.

The policy is a list of named rules, each giving every candidate a rank; candidates are taken in the order of the
first rule, ties by the second, and so on; the location code settles what is left, so the answer never depends on
the order facts came in. A demand no single location covers is split. What stock does not cover may be promised
against the item's backorder limit, at the first candidate; what is left after that is *short*.
Where stock is kept by lot, a candidate says which lots it may be promised from, in the order they are to be taken.
The total promised for one item is min(demand, available + backorder allowance), whatever the order of requests.
"""

from collections.abc import Callable, Mapping, Sequence

from core.inventory.location import Location
from core.kernel.errors import Rejected
from core.kernel.ids import LocationId, LotId
from core.kernel.value import value


class UnknownRule(Rejected):
    """An allocation policy names a rule there is none of."""

    code = "unknown_rule"


@value
class StockedLot:
    """Base units of one lot that may be promised."""

    lot: LotId
    available: int


@value
class Candidate:
    """A location and the base units of the item it has available (negative when it owes backorders).

    Where stock is kept by lot, ``available`` is what its ``lots`` have in all, first expired first.
    """

    location: Location
    available: int
    lots: tuple[StockedLot, ...] = ()


@value
class AllocationPolicy:
    """The rules in order. ``destination`` rules look at the country the order ships to."""

    rules: tuple[str, ...] = ("whole_line", "priority")


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
    """A candidate as it stood when it was its turn."""

    location: LocationId
    code: str
    available: int


@value
class Allocation:
    """Parts that add up to demand - short, and every candidate in the order of the rules."""

    parts: tuple[Part, ...]
    short: int
    tried: tuple[Tried, ...]
    rules: tuple[str, ...]

    @property
    def quantity(self) -> int:
        """Base units promised in all."""
        return sum(part.quantity for part in self.parts)


Rule = Callable[[Candidate, int, str | None], int]

RULES: Mapping[str, Rule] = {
    "whole_line": lambda candidate, demand, country: 0 if candidate.available >= demand else 1,
    "priority": lambda candidate, demand, country: candidate.location.priority,
    "in_country": lambda candidate, demand, country: 0 if country and candidate.location.country == country else 1,
    "most_stock": lambda candidate, demand, country: -candidate.available,
}
"""Each rule by its name: (candidate, demand, country shipped to) -> rank, smaller first."""


def check_policy(policy: AllocationPolicy) -> None:
    """Raise UnknownRule when the policy names no rule, or one that does not exist."""
    if not policy.rules:
        raise UnknownRule(f"name at least one of {', '.join(RULES)}", path="$.rules")
    for index, name in enumerate(policy.rules):
        if name not in RULES:
            raise UnknownRule(f"'{name}' is none of {', '.join(RULES)}", path=f"$.rules[{index}]")


def allocate(
    demand: int,
    candidates: Sequence[Candidate],
    policy: AllocationPolicy,
    *,
    backorder_limit: int = 0,
    country: str | None = None,
) -> Allocation:
    """Promise ``demand`` base units (> 0) of one item over its sellable ``candidates``; pure, moves nothing."""
    ordered = _in_order(demand, candidates, policy, country)
    parts: list[Part] = []
    left = demand
    for candidate in ordered:
        taken = min(left, candidate.available)
        if taken > 0:
            if candidate.lots:
                parts += _of_lots(candidate, taken)
            else:
                parts.append(Part(location=candidate.location.id, quantity=taken))
            left -= taken
            if left == 0:
                break
    if left and backorder_limit and ordered:
        owed = sum(-candidate.available for candidate in ordered if candidate.available < 0)
        promised = min(left, max(0, backorder_limit - owed))
        if promised:
            _add_backorder(parts, ordered[0].location.id, promised)
            left -= promised
    tried = tuple([Tried(location=one.location.id, code=one.location.code, available=one.available) for one in ordered])
    return Allocation(parts=tuple(parts), short=left, tried=tried, rules=policy.rules)


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
) -> Sequence[Candidate]:
    if len(candidates) < 2:
        return candidates
    ranks = [RULES[name] for name in policy.rules]
    return sorted(
        candidates,
        key=lambda candidate: (*(rank(candidate, demand, country) for rank in ranks), candidate.location.code),
    )


def _add_backorder(parts: list[Part], location: LocationId, quantity: int) -> None:
    """Owe ``quantity`` at ``location``, in the same part as what is taken from its shelf."""
    for index, part in enumerate(parts):
        if part.location == location:
            parts[index] = Part(location=location, quantity=part.quantity + quantity, backordered=quantity)
            return
    parts.append(Part(location=location, quantity=quantity, backordered=quantity))
