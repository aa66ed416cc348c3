"""How many of an order's lines a location could serve whole: asked only where a policy wants few parcels."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace

from core.inventory.allocation import seen_by
from core.inventory.ranking import AllocationPolicy, Candidate
from core.kernel.ids import ItemId, LocationId

RULE = "fewest_splits"
Wanted = Sequence[tuple[ItemId, int]]
"""What one line takes: base units of an item, or of each component of a kit."""


def covering(
    lines: Iterable[Wanted],
    candidates: Mapping[ItemId, Collection[Candidate]],
    policy: AllocationPolicy,
    channel: str | None,
) -> Mapping[LocationId, int]:
    """By location, how many of ``lines`` it covers whole, each after those before it. Empty unless a rule asks."""
    if RULE not in policy.rules:
        return {}
    left: dict[LocationId, dict[ItemId, int]] = {}
    for item, found in candidates.items():
        open_to = seen_by(channel, list(found), policy)[0] if channel is not None else found
        for one in open_to:
            left.setdefault(one.location.id, {})[item] = one.free
    covers = dict.fromkeys(left, 0)
    for wanted in lines:
        for location, shelves in left.items():
            if _covers(shelves, wanted):
                covers[location] += 1
                for item, units in wanted:
                    shelves[item] -= units
    return covers


def _covers(shelves: Mapping[ItemId, int], wanted: Wanted) -> bool:
    return all(shelves.get(item, 0) >= units for item, units in wanted)


def telling(candidates: Sequence[Candidate], covers: Mapping[LocationId, int]) -> Sequence[Candidate]:
    """The candidates, each with what ``covering`` found of it."""
    return [replace(one, covers=covers.get(one.location.id, 0)) for one in candidates] if covers else candidates
