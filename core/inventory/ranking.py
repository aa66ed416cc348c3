"""What a tenant may say about where stock is promised from, and the rules that rank locations by it.

A policy is a list of named rules walked in order, and the data some of them look at. Beside the rules it may close a
location to a channel (``excluded``), and keep the last units there for one (``kept``): other channels see what stands
above them. What is kept is counted in whole base units of whichever item: a share would shrink with each order that
took its part. Where the channel is not known nothing is excluded and nothing kept.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import field
from datetime import date

from core.inventory.location import Location
from core.kernel.errors import Rejected
from core.kernel.ids import LotId, made_at
from core.kernel.value import value

COST_MAX = 10**12
ANY = "*"
"""Any country, in ``costs``; any location, in ``kept``."""


class UnknownRule(Rejected):
    """An allocation policy names a rule there is none of."""

    code = "unknown_rule"


class InvalidAllocationPolicy(Rejected):
    """A number in an allocation policy that is below nothing, or out of range."""

    code = "invalid_allocation_policy"


@value
class StockedLot:
    """Base units of one lot that may be promised, up to and on ``expires_on``."""

    lot: LotId
    available: int
    expires_on: date | None = None


@value
class Candidate:
    """A location and the base units of the item it has available (negative when it owes backorders).

    Where stock is kept by lot, ``available`` is what its ``lots`` have in all, first expired first. ``covers`` is how
    many of the order's lines it can serve whole, and ``kept`` how many units there are for other channels alone.
    """

    location: Location
    available: int
    lots: tuple[StockedLot, ...] = ()
    covers: int = 0
    kept: int = 0

    @property
    def free(self) -> int:
        """What may be promised to whoever asks; what it owes it owes to everybody."""
        return self.available if self.kept == 0 else min(self.available, max(0, self.available - self.kept))


@value
class AllocationPolicy:
    """The rules in order, and what they look at.

    ``preferred``: location codes, best first. ``costs``: by location code, then by the country shipped to or "*", any
    number the tenant means. ``excluded``: by channel, the location codes it gets nothing from. ``kept``: by channel,
    then by location code or "*", the base units of each item that are for that channel alone.
    """

    rules: tuple[str, ...] = ("whole_line", "priority")
    preferred: tuple[str, ...] = ()
    costs: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    excluded: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    kept: Mapping[str, Mapping[str, int]] = field(default_factory=dict)


Rule = Callable[[Candidate, int, str | None, AllocationPolicy], int]


def _preferred(candidate: Candidate, demand: int, country: str | None, policy: AllocationPolicy) -> int:
    code = candidate.location.code
    return policy.preferred.index(code) if code in policy.preferred else len(policy.preferred)


def _cost(candidate: Candidate, demand: int, country: str | None, policy: AllocationPolicy) -> int:
    costs = policy.costs.get(candidate.location.code, {})
    return costs.get(country or ANY, costs.get(ANY, COST_MAX + 1))


def _first_expiring(candidate: Candidate, demand: int, country: str | None, policy: AllocationPolicy) -> int:
    return _first_day(lot.expires_on or date.max for lot in candidate.lots if lot.available > 0)


def _oldest_stock(candidate: Candidate, demand: int, country: str | None, policy: AllocationPolicy) -> int:
    # A lot gets its id when it comes in for the first time. Units that are not kept by lot have no age.
    return _first_day(made_at(lot.lot).date() for lot in candidate.lots if lot.available > 0)


def _first_day(days: Iterable[date]) -> int:
    return min((day.toordinal() for day in days), default=date.max.toordinal() + 1)


RULES: Mapping[str, Rule] = {
    "whole_line": lambda candidate, demand, country, policy: (
        0 if (candidate.free if candidate.kept else candidate.available) >= demand else 1
    ),
    "priority": lambda candidate, demand, country, policy: candidate.location.priority,
    "in_country": lambda candidate, demand, country, policy: (
        0 if country and candidate.location.country == country else 1
    ),
    "most_stock": lambda candidate, demand, country, policy: -candidate.free,
    "preferred": _preferred,
    "cost": _cost,
    "fewest_splits": lambda candidate, demand, country, policy: -candidate.covers,
    "first_expiring": _first_expiring,
    "oldest_stock": _oldest_stock,
}
"""Each rule by its name: (candidate, demand, country shipped to, policy) -> rank, smaller first."""


def check_policy(policy: AllocationPolicy) -> None:
    """Raise UnknownRule for no rule or one that does not exist, InvalidAllocationPolicy for a number out of range."""
    if not policy.rules:
        raise UnknownRule(f"name at least one of {', '.join(RULES)}", path="$.rules")
    for index, name in enumerate(policy.rules):
        if name not in RULES:
            raise UnknownRule(f"'{name}' is none of {', '.join(RULES)}", path=f"$.rules[{index}]")
    for group, table in (("costs", policy.costs), ("kept", policy.kept)):
        for outer, numbers in table.items():
            for inner, number in numbers.items():
                if not 0 <= number <= COST_MAX:
                    raise InvalidAllocationPolicy(
                        f"{number} is not between 0 and {COST_MAX}", path=f"$.{group}.{outer}.{inner}"
                    )


def kept_from(policy: AllocationPolicy, channel: str, code: str) -> int:
    """Base units of an item at the location ``code`` that are for other channels than ``channel``."""
    return sum([of.get(code, of.get(ANY, 0)) for keeper, of in policy.kept.items() if keeper != channel])
