"""Promising anew what is due of an order and promised from nowhere."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace

from core.inventory.allocation import Part, allocate
from core.inventory.covering import Wanted, covering, telling
from core.inventory.ranking import AllocationPolicy, Candidate
from core.kernel.ids import ItemId, LocationId
from core.kernel.value import value
from core.orders.dossier import Dossier
from core.orders.fulfilment import FulfilmentState
from core.orders.order import AllocatedPart

Needs = Mapping[tuple[int, ItemId], int]


@value
class Supply:
    """Where an item could come from, and how far it may be owed."""

    candidates: tuple[Candidate, ...]
    backorder_limit: int


@value
class Reallocated:
    """``promised``: (line, item, part); ``short``: base units that are promised from nowhere still."""

    promised: tuple[tuple[int, ItemId, AllocatedPart], ...]
    short: int


def refusing(dossier: Dossier) -> frozenset[LocationId]:
    """The locations that have rejected this order: they are not asked again."""
    return frozenset(one.location for one in dossier.fulfilments if one.state is FulfilmentState.REJECTED)


def reallocate(
    needs: Needs,
    supplies: Mapping[ItemId, Supply],
    policy: AllocationPolicy,
    *,
    country: str | None,
    channel: str | None,
    among: Collection[LocationId] | None = None,
    without: Collection[LocationId] = (),
) -> Reallocated:
    """Promise ``needs`` as far as there is stock, each after what those before it took.

    Only locations in ``among`` (None: any), and none of ``without``, are asked.
    """
    left = {item: replace(supply, candidates=_asked(supply, among, without)) for item, supply in supplies.items()}
    candidates = {item: supply.candidates for item, supply in left.items()}
    covers = covering(_lines(needs), candidates, policy, channel)
    promised: list[tuple[int, ItemId, AllocatedPart]] = []
    short = 0
    for (line, item), quantity in needs.items():
        supply = left[item]
        done = allocate(
            quantity,
            telling(supply.candidates, covers),
            policy,
            backorder_limit=supply.backorder_limit,
            country=country,
            channel=channel,
        )
        short += done.short
        left[item] = replace(supply, candidates=tuple(_after(one, done.parts) for one in supply.candidates))
        promised += [
            (
                line,
                item,
                AllocatedPart(
                    location=part.location, quantity=part.quantity, backordered=part.backordered, lot=part.lot
                ),
            )
            for part in done.parts
        ]
    return Reallocated(promised=tuple(promised), short=short)


def _asked(
    supply: Supply, among: Collection[LocationId] | None, without: Collection[LocationId]
) -> tuple[Candidate, ...]:
    return tuple(
        one
        for one in supply.candidates
        if one.location.id not in without and (among is None or one.location.id in among)
    )


def _lines(needs: Needs) -> Iterable[Wanted]:
    """The needs by line."""
    by_line: dict[int, list[tuple[ItemId, int]]] = {}
    for (line, item), quantity in needs.items():
        by_line.setdefault(line, []).append((item, quantity))
    return by_line.values()


def _after(candidate: Candidate, parts: Sequence[Part]) -> Candidate:
    """``candidate`` when ``parts`` were taken from it."""
    here = [part for part in parts if part.location == candidate.location.id]
    by_lot = {part.lot: part.quantity for part in here}
    return replace(
        candidate,
        available=candidate.available - sum(part.quantity for part in here),
        lots=tuple(replace(one, available=one.available - by_lot.get(one.lot, 0)) for one in candidate.lots),
    )
