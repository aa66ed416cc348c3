"""What would have been: the locations a demand was not promised from whole, only because stock was missing there."""

from collections.abc import Callable, Mapping

from core.inventory.allocation import Allocation, Tried, Why
from core.kernel.ids import LocationId
from core.kernel.value import value

_WITH_THE_STOCK: Mapping[str, Callable[[int, int], int]] = {
    "whole_line": lambda rank, demand: 0,
    "most_stock": lambda rank, demand: -demand,
    "fewest_splits": lambda rank, demand: rank - 1,
}
"""How a location that just covers the demand would rank by the rules that look at stock: (rank it had, demand)."""


@value
class PassedOver:
    """With ``missing`` base units more the location ``code`` would have sent all of the demand."""

    location: LocationId
    code: str
    missing: int

    @property
    def words(self) -> str:
        """The same for a person."""
        return f"would have been {self.code} with {self.missing} base units more"


def counterfactual(allocation: Allocation) -> tuple[PassedOver, ...]:
    """Each location that would have sent the whole demand had it had more, and how many more it would have taken.

    From the record alone; of allocations recorded without ranks nothing can be said.
    """
    demand = allocation.quantity + allocation.short
    open_to = [one for one in allocation.tried if one.why is not Why.EXCLUDED]
    if len(open_to) > 1 and any(len(one.ranks) != len(allocation.rules) for one in open_to):
        return ()
    found = []
    for one in open_to:
        missing = demand + one.kept - one.available
        # What has nothing is asked in vain: it does not stand in the way.
        others = [(two.ranks, two.code) for two in open_to if two is not one and two.available > two.kept]
        if missing > 0 and (not others or _with_stock(one, demand, allocation.rules) < min(others)):
            found.append(PassedOver(location=one.location, code=one.code, missing=missing))
    return tuple(found)


def _with_stock(one: Tried, demand: int, rules: tuple[str, ...]) -> tuple[tuple[int, ...], str]:
    ranks = [
        _WITH_THE_STOCK[rule](rank, demand) if rule in _WITH_THE_STOCK else rank
        for rule, rank in zip(rules, one.ranks, strict=False)
    ]
    return tuple(ranks), one.code
